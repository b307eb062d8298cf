"""How many users and workspaces there are, without counting a million rows for every answer.

Triggers note what is added and removed, a row for each statement, so that nobody waits for anybody.
"""

from typing import Final

from uploadm8.infra.db.engine import DB
from uploadm8.infra.db.transaction import snapshot

COUNTED: Final = ("users", "workspaces")


def count_sql(name: str) -> str:
    """SQL of the number of rows of one of `COUNTED`."""
    return f"(SELECT coalesce(sum(n), 0)::bigint FROM row_counts WHERE name='{name}')"


async def recount() -> None:
    """Count again, in the place of all that was noted; exact while rows come and go.

    What commits meanwhile is not in the count, and its note stays.

    Raises:
        SerializationError: somebody else is at it.
    """
    async with snapshot():
        await DB.rows("DELETE FROM row_counts")
        for name in COUNTED:
            await DB.rows(f"INSERT INTO row_counts (name, n) SELECT '{name}', count(*) FROM {name}")
