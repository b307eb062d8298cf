"""Posts of one account are kept apart and capped; a failing platform is left alone."""

import asyncio
from uuid import UUID

import pytest

from publishing_desk import Desk
from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.domain.publishing import circuit
from uploadm8.domain.publishing.circuit import CircuitOpenError
from uploadm8.domain.publishing.pace import Pace, PaceError, read_caps
from uploadm8.domain.publishing.tables import AccountPace, PlatformCircuit, Publication
from uploadm8.errors import InvalidRequestError
from uploadm8.infra.db.transaction import transaction

pytestmark = pytest.mark.anyio


async def account_of(desk: Desk, platform: Platform = Platform.FACEBOOK) -> UUID:
    account: UUID = (await desk.row(await desk.publication(platform)))["account"]
    return account


async def turn(pace: Pace, account: UUID) -> float:
    """0 when the account may commit, else the seconds until its reserved turn."""
    async with transaction():
        try:
            await pace.take_turn(account, Platform.FACEBOOK)
        except PaceError as error:
            return error.retry_after or -1.0
    return 0.0


async def test_of_many_at_once_one_goes_and_the_others_get_turns_a_minute_apart(
    desk: Desk,
) -> None:
    account = await account_of(desk)
    waits = sorted(await asyncio.gather(*(turn(Pace(60.0), account) for _ in range(8))))
    assert waits[0] == 0.0
    assert [round(wait / 60) for wait in waits[1:]] == list(range(1, 8))


async def test_the_next_may_go_once_the_minute_is_over(desk: Desk) -> None:
    account = await account_of(desk)
    assert await turn(Pace(60.0), account) == 0.0
    await AccountPace.raw("UPDATE account_paces SET last_commit_at = now() - interval '61 s'")
    assert await turn(Pace(60.0), account) == 0.0


async def test_one_account_does_not_wait_for_another(desk: Desk) -> None:
    first, second = await account_of(desk), await account_of(desk, Platform.YOUTUBE)
    assert await turn(Pace(60.0), first) == 0.0
    assert await turn(Pace(60.0), second) == 0.0


async def test_a_capped_account_waits_until_its_oldest_post_of_the_day_is_a_day_old(
    desk: Desk,
) -> None:
    account = await account_of(desk)
    await Publication.raw("UPDATE publications SET first_commit_at = now() - interval '20 hours'")
    wait = await turn(Pace(0, {Platform.FACEBOOK: 1}), account)
    assert 3.9 * 3600 < wait <= 4 * 3600
    assert await turn(Pace(0, {Platform.FACEBOOK: 2}), account) == 0.0


def test_caps_are_read_and_wrong_ones_named() -> None:
    assert read_caps("facebook=30, tiktok=15") == {Platform.FACEBOOK: 30, Platform.TIKTOK: 15}
    assert read_caps("") == {}
    with pytest.raises(InvalidRequestError, match="myspace=3"):
        read_caps("myspace=3")


async def fail(times: int) -> None:
    for _ in range(times):
        await circuit.note(Platform.TIKTOK, failed=True)


async def pause() -> int:
    row = await PlatformCircuit.select().first()
    assert row is not None
    return int(row["pause_s"])


async def elapse() -> None:
    await PlatformCircuit.raw("UPDATE platform_circuits SET opens_at = now() - interval '1 s'")


async def test_half_of_ten_calls_failing_opens_the_circuit_of_that_platform_only(db: None) -> None:
    for _ in range(5):
        await circuit.note(Platform.TIKTOK, failed=False)
    await fail(4)
    await circuit.admit(Platform.TIKTOK)
    await fail(1)
    with pytest.raises(CircuitOpenError) as paused:
        await circuit.admit(Platform.TIKTOK)
    assert 30 < (paused.value.retry_after or 0) <= 41
    assert paused.value.retry == "rate_limited"
    await circuit.admit(Platform.YOUTUBE)


async def test_two_probes_pass_when_the_pause_is_over(db: None) -> None:
    await fail(10)
    await elapse()
    await circuit.admit(Platform.TIKTOK)
    await circuit.admit(Platform.TIKTOK)
    with pytest.raises(CircuitOpenError):
        await circuit.admit(Platform.TIKTOK)


async def test_a_failing_probe_doubles_the_pause_up_to_five_minutes(db: None) -> None:
    await fail(10)
    pauses = [await pause()]
    for _ in range(5):
        await elapse()
        await fail(1)
        pauses.append(await pause())
    assert pauses == [30, 60, 120, 240, 300, 300]


async def test_a_probe_that_gets_through_closes_the_circuit(db: None) -> None:
    await fail(10)
    await elapse()
    await circuit.note(Platform.TIKTOK, failed=False)
    assert await pause() == 0
    await circuit.admit(Platform.TIKTOK)


async def test_while_the_circuit_is_open_a_post_waits_without_losing_an_attempt(
    desk: Desk,
) -> None:
    publication = await desk.publication(Platform.TIKTOK)
    await fail(10)
    await desk.run_due(kinds="publishing.publish")
    row = await desk.row(publication)
    assert (row["state"], row["error_code"], row["attempts"]) == (
        "retry_wait",
        "platform_paused",
        0,
    )
