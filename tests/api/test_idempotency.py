"""Idempotency-Key: one effect per key."""

import asyncio
from uuid import uuid4

import pytest

from uploadm8.api.idempotency import Idempotency, InProgressError, KeyReusedError
from uploadm8.api.principal import Principal
from uploadm8.domain.workspaces.tables import Workspace

pytestmark = pytest.mark.anyio

_WHO = Principal(user_id=uuid4(), workspace_id=uuid4(), role="owner")


async def _make() -> dict[str, str]:
    workspace_id = uuid4()
    await Workspace.raw("INSERT INTO workspaces (id, name) VALUES ({}, 'x')", workspace_id)
    return {"id": str(workspace_id)}


async def test_the_second_request_gets_the_first_answer(db: None) -> None:
    once = Idempotency(_WHO, "k", "hash").once
    first, second = await once(_make), await once(_make)
    assert first.content == second.content
    assert second.headers["Idempotency-Replayed"] == "true"
    assert await Workspace.count() == 1


async def test_the_same_key_with_another_body_is_refused(db: None) -> None:
    await Idempotency(_WHO, "k", "hash").once(_make)
    with pytest.raises(KeyReusedError):
        await Idempotency(_WHO, "k", "other").once(_make)


async def test_a_failed_action_stores_nothing_and_may_be_repeated(db: None) -> None:
    async def fail() -> None:
        await _make()
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await Idempotency(_WHO, "k", "hash").once(fail)
    assert await Workspace.count() == 0
    await Idempotency(_WHO, "k", "hash").once(_make)
    assert await Workspace.count() == 1


async def test_two_at_once_have_one_effect_and_one_is_told_to_wait(db: None) -> None:
    started, go = asyncio.Event(), asyncio.Event()

    async def slow() -> dict[str, str]:
        started.set()
        await go.wait()
        return await _make()

    first = asyncio.create_task(Idempotency(_WHO, "k", "hash").once(slow))
    await started.wait()
    with pytest.raises(InProgressError):
        await Idempotency(_WHO, "k", "hash").once(_make)
    go.set()
    await first
    assert await Workspace.count() == 1


async def test_another_users_key_is_another_key(db: None) -> None:
    other = Principal(user_id=uuid4(), workspace_id=_WHO.workspace_id, role="editor")
    await Idempotency(_WHO, "k", "hash").once(_make)
    await Idempotency(other, "k", "hash").once(_make)
    assert await Workspace.count() == 2
