"""The line of an account's posts: who goes before whom, and when the turn of one comes."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from uploadm8.infra.db.engine import DB

# What waits for something other than its turn holds nobody up. The index publications_in_line has
# the same states.
_LINE = (
    "account = $1 AND state IN ('scheduled', 'queued', 'preparing', 'transferring', 'retry_wait')"
    " AND (state <> 'retry_wait' OR error_code IN ('account_spacing', 'account_daily_cap'))"
)
_DUE = "COALESCE(publish_at, accepted_at)"
# The last one goes when it is due, and each before it pushes it back by what lies between them.
_TURN = (
    "WITH me AS (SELECT id, COALESCE(publish_at, accepted_at) AS due FROM publications"  # noqa: S608
    f" WHERE id = $2), line AS (SELECT {_DUE} AS due, row_number() OVER (ORDER BY {_DUE} DESC,"
    f" id DESC) AS n FROM publications WHERE {_LINE}"
    f" AND ({_DUE}, id) < ((SELECT due FROM me), $2)"
    " UNION ALL SELECT due, 0 FROM me),"
    " line_up AS (SELECT max(GREATEST(due, clock_timestamp()) + make_interval(secs => n * $3))"
    " AS free_at, count(*) - 1 AS ahead FROM line)"
    " SELECT ahead, extract(epoch FROM GREATEST(free_at, (SELECT last_commit_at FROM account_paces"
    " WHERE account = $1) + make_interval(secs => (ahead + 1) * $3)) - clock_timestamp())::float8"
    " AS wait_s FROM line_up"
)
_OF_THE_DAY = (
    "SELECT extract(epoch FROM first_commit_at + interval '24 hours' - now())::float8 AS left_s"
    " FROM publications WHERE account = $1 AND first_commit_at > now() - interval '24 hours'"
    " ORDER BY first_commit_at DESC LIMIT $2"
)
_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Turn:
    """When an account's turn for a post comes.

    Attributes:
        ahead: posts of the account that go before it.
        wait_s: seconds until then, as things are; 0 when it has come.
    """

    ahead: int
    wait_s: float


async def turn_of(publication_id: UUID, account_id: UUID, spacing_s: float) -> Turn:
    """Work out the turn of a post from those in line before it, `spacing_s` apart."""
    rows: list[Any] = await DB.rows(_TURN, account_id, publication_id, float(spacing_s))
    return Turn(rows[0]["ahead"], max(0.0, rows[0]["wait_s"]))


async def day_is_full_for_s(account_id: UUID, cap: int, ahead: int = 0) -> float:
    """Seconds until an account may post again, with at most `cap` posts in any 24 hours.

    Args:
        account_id: the account.
        cap: posts it may make.
        ahead: how many go first; each takes a place.

    Returns:
        0 when there is a place.
    """
    rows: list[Any] = await DB.rows(_OF_THE_DAY, account_id, max(1, cap))
    over = len(rows) + ahead - cap
    if over < 0:
        return 0.0
    # The oldest posts make room, one after the other; who comes after these waits for today's.
    oldest = [row["left_s"] for row in reversed(rows)]
    left: float = oldest[over] if over < len(oldest) else _DAY_S
    return max(1.0, left)
