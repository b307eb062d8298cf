"""Watches in which order transactions lock rows; docs/decisions/0007-lock-order.md has the order."""

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from uploadm8.infra.db.transaction import LeakProofTransaction

_PAGE = Path(__file__).parents[1] / "docs/decisions/0007-lock-order.md"
_LINES = _PAGE.read_text().split("```")[1].strip().splitlines()
PLACE = {table: place for place, line in enumerate(_LINES) for table in line.split()}

_ACT = re.compile(
    r'(?<!DO )(?<!KEY )(?<!FOR )\bUPDATE\s+"?(?P<changed>\w+)'
    r'|\bDELETE\s+FROM\s+"?(?P<deleted>\w+)'
    r'|\bINSERT\s+INTO\s+"?(?P<inserted>\w+)'
    r"|\bFOR\s+(?:NO KEY\s+)?UPDATE\b(?:\s+OF\s+(?P<alias>\w+))?"
)
_CLOSED = re.compile(r"\([^()]*\)")


class Locks:
    """What one transaction has locked so far, and where it went back in the order."""

    def __init__(self) -> None:
        self._held: dict[str, str] = {}
        self._own: set[str] = set()
        self.wrong: list[str] = []

    def note(self, query: str) -> None:
        """A statement is run. Rows that the transaction has inserted are nobody else's yet."""
        for table, makes, waits in _acts(query):
            if makes:
                self._own.add(table)
            elif table not in self._own and table not in self._held:
                if waits:
                    self._check(table, query)
                self._held[table] = query

    def _check(self, table: str, query: str) -> None:
        if table not in PLACE:
            self.wrong.append(f"{table} has no place in {_PAGE.name}: {query}")
            return
        for held, before in self._held.items():
            if PLACE.get(held, -1) > PLACE[table]:
                self.wrong.append(f"{table} after {held}:\n  {before}\n  {query}")


@lru_cache(maxsize=4096)
def _acts(query: str) -> list[tuple[str, bool, bool]]:
    """The tables that a statement locks rows of: whether it makes them, and whether it may wait."""
    found = []
    for act in _ACT.finditer(query):
        table = act["changed"] or act["deleted"] or act["inserted"] or _selected(query, act)
        makes = act["inserted"] is not None and "DO UPDATE" not in query
        found.append((table, makes, "SKIP LOCKED" not in query))
    return found


def _selected(query: str, act: re.Match[str]) -> str:
    """The table of a SELECT ... FOR UPDATE, whose own FROM stands at its depth of parentheses."""
    before, shorter = query[: act.start()], ""
    while shorter != before:
        before, shorter = _CLOSED.sub("", before), before
    if act["alias"]:
        named = rf'(?:FROM|JOIN|,)\s+"?(\w+)"?\s+(?:AS\s+)?{act["alias"]}\b'
        return str(re.findall(named, before)[-1])
    return str(re.findall(r'FROM\s+"?(\w+)', before)[-1])


class _Watched:
    """A connection that notes what is run on it."""

    def __init__(self, connection: Any) -> None:
        self.connection, self.locks = connection, Locks()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.connection, name)

    async def fetch(self, query: str, *values: Any) -> Any:
        self.locks.note(query)
        return await self.connection.fetch(query, *values)


@pytest.fixture(autouse=True, scope="session")
def watched_transactions() -> Iterator[list[str]]:
    """Watch every transaction of this process; yields the list of what was wrong."""
    patch, wrong = pytest.MonkeyPatch(), list[str]()
    begin, leave = LeakProofTransaction.begin, LeakProofTransaction.__aexit__

    async def begun(self: LeakProofTransaction) -> None:
        await begin(self)
        self.connection = _Watched(self.connection)

    async def left(self: LeakProofTransaction, *error: Any) -> bool:
        watched = getattr(self, "connection", None)  # a transaction inside of another has none
        if isinstance(watched, _Watched):
            self.connection = watched.connection
            wrong.extend(watched.locks.wrong)
        return await leave(self, *error)

    patch.setattr(LeakProofTransaction, "begin", begun)
    patch.setattr(LeakProofTransaction, "__aexit__", left)
    yield wrong
    patch.undo()


@pytest.fixture(autouse=True)
def one_lock_order(watched_transactions: list[str]) -> Iterator[None]:
    """Fail a test in which a transaction went back in the order of locks."""
    watched_transactions.clear()
    yield
    assert not watched_transactions, "\n".join(watched_transactions)
