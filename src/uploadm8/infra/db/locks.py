"""Row locks; the order in which they are taken is that of docs/decisions/0007-lock-order.md."""

from typing import Any

from piccolo.table import Table

from uploadm8.infra.db.engine import DB


async def lock_row(table: type[Table], row_id: Any) -> bool:
    """Hold a row until the end of the caller's transaction; False if there is none.

    Rows that refer to it can be made meanwhile: foreign keys ask for less than this lock excludes.

    Raises:
        RuntimeError: there is no transaction; a bug of the caller.
    """
    if not DB.transaction_exists():
        raise RuntimeError("a row is locked in the transaction that relies on it")
    name = table._meta.tablename  # noqa: SLF001
    query = f'SELECT 1 FROM "{name}" WHERE id=$1 FOR NO KEY UPDATE'  # noqa: S608
    return bool(await DB.rows(query, row_id))
