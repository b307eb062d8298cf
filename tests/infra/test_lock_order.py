"""The watch over the order of locks: it sees what it is for, and its page knows every table."""

import pytest

from lock_order import PLACE, Locks
from uploadm8 import piccolo_app

pytestmark = pytest.mark.anyio


def after(*queries: str) -> list[str]:
    """What is wrong with a transaction of these statements."""
    locks = Locks()
    for query in queries:
        locks.note(query)
    return [one.splitlines()[0] for one in locks.wrong]


def test_every_table_has_its_place() -> None:
    ours = {table._meta.tablename for table in piccolo_app.APP_CONFIG.table_classes}
    assert ours == set(PLACE)


WORKSPACE = "SELECT 1 FROM workspaces WHERE id=$1 FOR NO KEY UPDATE"
ACCOUNT = 'UPDATE "connected_accounts" SET state=$1'


def test_crosswise_locks_are_seen() -> None:
    assert after(WORKSPACE, ACCOUNT) == []
    assert after(ACCOUNT, WORKSPACE) == ["workspaces after connected_accounts:"]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT d.x FROM deliveries d JOIN workspaces w ON true FOR NO KEY UPDATE OF w",
        "SELECT x FROM workspaces WHERE id=(SELECT a FROM jobs WHERE b) FOR UPDATE",
        "INSERT INTO workspaces (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET name=''",
        "WITH gone AS (DELETE FROM workspaces RETURNING id) SELECT 1",
    ],
)
def test_the_table_is_found_in(query: str) -> None:
    assert after(ACCOUNT, query) == ["workspaces after connected_accounts:"]


def test_what_waits_for_nobody_or_is_new_may_come_late() -> None:
    assert after(ACCOUNT, f"{WORKSPACE} SKIP LOCKED") == []
    assert after(ACCOUNT, "INSERT INTO workspaces (id) VALUES (1)", WORKSPACE) == []


def test_a_table_without_a_place_is_named() -> None:
    assert after("DELETE FROM surprises")[0].startswith("surprises has no place")
