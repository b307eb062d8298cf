"""A changed, added or removed entry of a sealed day shows."""

from datetime import UTC, datetime, timedelta

import pytest

from uploadm8.infra.audit.actions import Action
from uploadm8.infra.audit.record import record
from uploadm8.infra.audit.seal import broken, seal
from uploadm8.infra.audit.tables import AuditSeal
from uploadm8.infra.clock import now
from uploadm8.infra.db.engine import DB
from uploadm8.infra.db.transaction import transaction

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("db")]

DAY = timedelta(days=1)
ADDED = "SELECT gen_random_uuid(), 'system', 'x', $1::timestamptz - interval '1 h'"


async def act(at: datetime) -> None:
    async with transaction():
        await record(Action.EXPORTED, workspace_id=None, subject=("export", "posts"))
        await unguarded(
            "UPDATE audit_log SET at=$1 WHERE id=(SELECT max(id::text)::uuid FROM audit_log)", at
        )


async def unguarded(sql: str, *values: object) -> None:
    """As someone who may switch the guard off."""
    async with transaction():
        await DB.rows("SET LOCAL session_replication_role = replica")
        await DB.rows(sql, *values)
        await DB.rows("SET LOCAL session_replication_role = origin")


async def three_days() -> datetime:
    first = datetime.combine(now().astimezone(UTC).date() - 4 * DAY, datetime.min.time(), UTC)
    for number in range(3):
        for _ in range(2):
            await act(first + number * DAY + DAY / 2)
    return first


async def test_days_that_ended_are_sealed_once_and_hold() -> None:
    await three_days()
    assert await seal() == 3 + int(now().hour >= 1)
    assert await seal() == 0
    assert [row["entries"] for row in await AuditSeal.select().order_by(AuditSeal.day)][:3] == [
        2
    ] * 3
    assert await broken(7) == []
    assert await broken(1) == []


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit_log SET reason='another' WHERE at < $1",
        "DELETE FROM audit_log WHERE at < $1 AND id=(SELECT min(id::text)::uuid FROM audit_log)",
        "INSERT INTO audit_log (id, actor_kind, action, at) " + ADDED,
    ],
)
async def test_a_change_behind_the_guards_back_shows(change: str) -> None:
    first = await three_days()
    await seal()
    await unguarded(change, first + DAY)
    assert await broken(7) == [first.date()]


async def test_a_seal_written_anew_breaks_the_chain_after_it() -> None:
    first = await three_days()
    await seal()
    await DB.rows("UPDATE audit_seals SET digest=repeat('a', 64) WHERE day=$1", first.date())
    assert await broken(7) == [first.date(), first.date() + DAY]


async def test_forgetting_an_erased_persons_address_breaks_nothing() -> None:
    first = await three_days()
    await unguarded("UPDATE audit_log SET address='192.0.2.1'")
    await seal()
    await unguarded("UPDATE audit_log SET address=NULL WHERE at < $1", first + DAY)
    assert await broken(7) == []
