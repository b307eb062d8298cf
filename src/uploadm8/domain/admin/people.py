"""Finding people: by the beginning of an address, by an id, by a Stripe customer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from uploadm8.domain.accounts.tables import User
from uploadm8.domain.admin.schemas import FoundUser

_FOUND_SQL = """
    SELECT u.id, u.email, u.display_name, u.role, u.created_at, u.last_login_at, u.disabled_at,
        u.email_verified_at IS NOT NULL AS verified, u.totp_enabled_at IS NOT NULL AS two_step,
        w.workspace AS workspace_id, c.stripe_id AS stripe_customer_id
    FROM ({}) found
    JOIN users u ON u.id=found.id
    LEFT JOIN LATERAL (SELECT workspace FROM memberships WHERE "user"=u.id AND role='owner'
        ORDER BY created_at LIMIT 1) w ON true
    LEFT JOIN billing_customers c ON c.workspace=w.workspace
    ORDER BY u.email COLLATE "C"
"""
# Each finds the ids by one index. An address is compared by bytes (~>=~), in which order its
# beginning is a range of the index users_email_prefix, and a page never reads more than itself.
_BY_ADDRESS = (
    "SELECT id FROM users WHERE email ~>=~ {} AND email ~<~ {} AND email ~>~ {}"
    " ORDER BY email USING ~<~ LIMIT {}"
)
_BY_ID = (
    "SELECT id FROM users WHERE id={} UNION"
    " SELECT \"user\" FROM memberships WHERE workspace={} AND role='owner'"
)
_BY_CUSTOMER = (
    'SELECT m."user" AS id FROM billing_customers c JOIN memberships m ON m.workspace=c.workspace'
    " WHERE c.stripe_id={} AND m.role='owner'"
)
_LAST = "\U0010ffff"  # after every character an address may contain


@dataclass(frozen=True, slots=True)
class People:
    """Everybody who can sign in."""

    async def search(self, text: str, limit: int, after: str | None) -> Sequence[FoundUser]:
        """Users by the beginning of the address, a user's or workspace's id, or a Stripe customer.

        Sorted by address; `after` is the last address of the page before.
        """
        found, values = search_query(text.strip(), limit, after)
        rows = await User.raw(_FOUND_SQL.format(found), *values)
        return [FoundUser(**row) for row in rows]


async def found_user(user_id: UUID) -> FoundUser | None:
    """One user as administrators see them."""
    rows = await User.raw(_FOUND_SQL.format("SELECT id FROM users WHERE id={}"), user_id)
    return FoundUser(**rows[0]) if rows else None


def search_query(text: str, limit: int, after: str | None) -> tuple[str, list[Any]]:
    """The query for the ids of whom a text means, and its arguments."""
    if text.startswith("cus_"):
        return _BY_CUSTOMER, [text]
    try:
        known = UUID(text)
    except ValueError:
        prefix = text.lower()
        return _BY_ADDRESS, [prefix, prefix + _LAST, after or "", limit]
    return _BY_ID, [known, known]
