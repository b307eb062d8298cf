"""Very many people, each with a workspace; one in twenty of them pays, or did."""

from uploadm8.domain.admin.counts import recount
from uploadm8.infra.db.engine import DB

_SUBSCRIBED = 0.05
_PEOPLE = "(SELECT id FROM users WHERE email LIKE 'person%')"
_FILL = (
    (
        "INSERT INTO users (id, email, password_hash, display_name)"
        " SELECT gen_random_uuid(), 'person' || lpad(n::text, 7, '0') || '@example.com', 'x', ''"
        " FROM generate_series(1, $1::int) n"
    ),
    f"INSERT INTO workspaces (id, name) SELECT id, 'w' FROM {_PEOPLE} u",
    (
        'INSERT INTO memberships (id, workspace, "user", role)'
        f" SELECT gen_random_uuid(), id, id, 'owner' FROM {_PEOPLE} u"
    ),
    (
        "INSERT INTO billing_customers (id, workspace, stripe_id)"
        f" SELECT gen_random_uuid(), id, 'cus_' || id FROM {_PEOPLE} u"
    ),
    (
        "INSERT INTO billing_subscriptions (id, workspace, stripe_id, stripe_customer_id, status, tier,"
        " period_start, period_end, ended_at, stripe_created_at)"
        " SELECT gen_random_uuid(), id, 'sub_' || id, 'cus_' || id, status, tier,"
        " now() - interval '10 days', now() + interval '20 days',"
        " CASE status WHEN 'canceled' THEN now() - interval '300 days' * random() END,"
        " now() - interval '400 days'"
        " FROM (SELECT id, CASE WHEN random() < 0.8 THEN 'active' WHEN random() < 0.8 THEN 'canceled'"
        " ELSE 'past_due' END AS status,"
        " (ARRAY['solo', 'creator', 'growth', 'studio', 'agency'])[1 + floor(5 * random())] AS tier"
        f" FROM {_PEOPLE} u WHERE random() < {_SUBSCRIBED}) s"
    ),
)


async def fill_people(people: int) -> None:
    """Write them; `DB` must be open, without a short statement timeout."""
    for statement in _FILL:
        await DB.rows(statement, *([people] if "$1" in statement else []))
    await recount()
    await DB.rows("VACUUM ANALYZE")
