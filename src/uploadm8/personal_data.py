"""Everything a workspace has in the database: erased in order, or copied into a ZIP."""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from piccolo.querystring import QueryString
from piccolo.table import TABLE_REGISTRY, sort_table_classes

from uploadm8.infra.db.engine import DB
from uploadm8.infra.spreadsheet import lines

Rows = Sequence[Mapping[str, Any]]

# What an erased workspace did stays on record without a name until its retention ends.
_KEPT = frozenset({"audit_log"})
_LAST = frozenset({"memberships"})  # goes with the workspace, which is found by its owner
_SECRET = ("_enc", "_hash", "secret", "token")


async def erase_rows(workspace_id: UUID) -> None:
    """Delete every row of a workspace, children before parents, and the workspace itself.

    Each table by itself: everyone else locks parents first. After a crash it is done again.
    """
    for table, column in reversed(_owned_tables()):
        if table not in _KEPT | _LAST:
            await _run(f'DELETE FROM "{table}" WHERE "{column}"={{}}', workspace_id)  # noqa: S608
    await _run("DELETE FROM workspaces WHERE id={}", workspace_id)


async def archive(user_id: UUID, workspaces: list[UUID], more: Mapping[str, Rows]) -> bytes:
    """A ZIP with one JSON and one CSV file per table; nothing that could be used to sign in.

    Args:
        user_id: whose data.
        workspaces: those that are the user's alone.
        more: further files by name, instead of a table of that name.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archived:
        _write(archived, "user", await _run("SELECT * FROM users WHERE id={}", user_id))
        for table in ("sessions", "api_keys", "memberships"):
            rows = await _run(f'SELECT * FROM {table} WHERE "user"={{}}', user_id)  # noqa: S608
            _write(archived, table, rows)
        acts = await _run("SELECT * FROM audit_log WHERE actor_id={} ORDER BY id", user_id)
        _write(archived, "audit_log", acts)
        for table, column in _owned_tables():
            rows = []
            for workspace_id in workspaces:
                query = f'SELECT * FROM "{table}" WHERE "{column}"={{}}'  # noqa: S608
                rows += await _run(query, workspace_id)
            if table not in ("api_keys", "memberships", *_KEPT, *more):
                _write(archived, table, rows)
        for name, told in more.items():
            _write(archived, name, told)
    return out.getvalue()


def _owned_tables() -> list[tuple[str, str]]:
    """Tables with a column that names the workspace, parents before children."""
    found: list[tuple[str, str]] = []
    # Migrations define stubs of some tables; ours live beside their subjects.
    ours = [one for one in TABLE_REGISTRY if one.__module__.endswith((".tables", ".idempotency"))]
    for table in sort_table_classes(ours):
        names = {column._meta.name for column in table._meta.columns}  # noqa: SLF001
        column = next((name for name in ("workspace", "workspace_id") if name in names), None)
        if column is not None:
            found.append((table._meta.tablename, column))  # noqa: SLF001
    return found


async def _run(query: str, *args: object) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = await DB.run_querystring(QueryString(query, *args))
    return rows or []


def _write(archived: zipfile.ZipFile, name: str, rows: Rows) -> None:
    kept = [
        {key: value for key, value in row.items() if not any(mark in key for mark in _SECRET)}
        for row in rows
    ]
    archived.writestr(f"{name}.json", json.dumps(kept, default=str, indent=1, ensure_ascii=False))
    if not kept:
        return
    archived.writestr(f"{name}.csv", lines([list(kept[0]), *(row.values() for row in kept)]))
