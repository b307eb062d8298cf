"""The audit log takes entries and gives none back."""

from uuid import UUID, uuid4

import asyncpg
import pytest

from uploadm8.domain.accounts.tables import User
from uploadm8.infra.audit import origin
from uploadm8.infra.audit.actions import Action
from uploadm8.infra.audit.record import record
from uploadm8.infra.audit.tables import KEEP_DAYS, ActorKind, AuditEntry
from uploadm8.infra.db.transaction import transaction

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("db")]


async def entry(actor_id: UUID | None = None) -> UUID:
    row = AuditEntry(
        actor_kind="system", action=Action.EXPORTED.value, address="a", actor_id=actor_id
    )
    await row.save()
    return UUID(str(row.id))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET action='x'",
        "UPDATE audit_log SET address=NULL",
        "UPDATE audit_log SET at=now()",
        "DELETE FROM audit_log",
        "TRUNCATE audit_log",
    ],
)
async def test_an_entry_can_neither_be_changed_nor_deleted(statement: str) -> None:
    person = uuid4()
    await User.raw(
        "INSERT INTO users (id, email, password_hash, display_name) VALUES ({}, 'a@b.c', '', '')",
        person,
    )
    await entry(actor_id=person)
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
        await AuditEntry.raw(statement)
    assert await AuditEntry.count() == 1


async def test_entries_past_their_retention_may_be_deleted_and_only_those() -> None:
    kept = await entry()
    await AuditEntry.raw(
        "INSERT INTO audit_log (actor_kind, action, at) VALUES ('system', 'export.made',"
        f" now() - interval '{KEEP_DAYS + 1} days')"
    )
    await AuditEntry.raw(f"DELETE FROM audit_log WHERE at < now() - interval '{KEEP_DAYS} days'")
    assert await AuditEntry.select(AuditEntry.id).output(as_list=True) == [kept]


async def test_the_address_of_an_erased_person_can_be_forgotten_and_nothing_else() -> None:
    await entry(actor_id=uuid4())
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await AuditEntry.raw("UPDATE audit_log SET address=NULL, reason='never happened'")
    await AuditEntry.raw("UPDATE audit_log SET address=NULL")
    assert await AuditEntry.select(AuditEntry.address).output(as_list=True) == [None]


async def test_an_entry_commits_and_falls_with_the_act() -> None:
    async def act(*, fails: bool) -> None:
        async with transaction():
            await record(Action.EXPORTED, workspace_id=None)
            if fails:
                raise LookupError

    with pytest.raises(LookupError):
        await act(fails=True)
    assert await AuditEntry.count() == 0
    await act(fails=False)
    assert await AuditEntry.count() == 1


async def test_an_entry_outside_of_a_transaction_is_a_bug() -> None:
    with pytest.raises(RuntimeError):
        await record(Action.EXPORTED, workspace_id=None)


async def test_an_entry_says_who_from_where_what_to_what_and_why() -> None:
    workspace, person, key = uuid4(), uuid4(), uuid4()
    origin.enter("request-1", "203.0.113.7")
    origin.identify(origin.Actor(ActorKind.API_KEY, person, key))
    try:
        async with transaction():
            await record(
                Action.MEMBER_REMOVED,
                workspace_id=workspace,
                subject=("member", person),
                reason="left the company",
                details={"role": "editor"},
            )
    finally:
        origin.leave()
    row = await AuditEntry.select().first()
    assert row is not None
    told = {name: row[name] for name in row if name not in ("id", "at")}
    assert told == {
        "workspace_id": workspace,
        "actor_kind": "api_key",
        "actor_id": person,
        "key_id": key,
        "action": "member.removed",
        "subject_kind": "member",
        "subject_id": str(person),
        "reason": "left the company",
        "details": '{"role": "editor"}',
        "address": "203.0.113.7",
        "request_id": "request-1",
    }


async def test_without_a_request_the_system_acts() -> None:
    async with transaction():
        await record(Action.REFUND_NOTED, workspace_id=None)
    row = await AuditEntry.select().first()
    assert row is not None
    assert (row["actor_kind"], row["address"]) == ("system", None)
