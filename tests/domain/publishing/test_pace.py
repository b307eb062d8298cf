"""Posts of one account are kept apart and capped; a failing platform is left alone."""

import asyncio
from uuid import UUID

import pytest

from publishing_desk import CIPHER, Desk, copy_of
from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.domain.platforms.tokens import TokenKeeper
from uploadm8.domain.platforms.vault import Vault
from uploadm8.domain.publishing import circuit
from uploadm8.domain.publishing.actors import PublishingJobs
from uploadm8.domain.publishing.circuit import CircuitOpenError
from uploadm8.domain.publishing.delivery import Delivery
from uploadm8.domain.publishing.pace import Pace, PaceError, read_caps
from uploadm8.domain.publishing.tables import AccountPace, PlatformCircuit, Publication
from uploadm8.errors import InvalidRequestError
from uploadm8.infra.db.locks import lock_row
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.jobs.handlers import Handler
from uploadm8.infra.jobs.tables import JobRow

pytestmark = pytest.mark.anyio


def with_pace(desk: Desk, pace: Pace) -> dict[str, Handler]:
    """The desk's publishing handlers, for accounts that post no faster than this."""
    keeper = TokenKeeper(desk.clients.oauth, Vault(CIPHER))
    delivery = Delivery(keeper, desk.clients.publishers, desk.storage, CIPHER, pace)
    return {handler.kind.name: handler for handler in PublishingJobs(delivery).handlers()}


CAPPED = {Platform.FACEBOOK: 3}


async def several(desk: Desk, count: int) -> list[UUID]:
    """Posts of one account that are due, the first one first in line."""
    first = await desk.publication(Platform.FACEBOOK)
    return [first, *[await copy_of(desk, first, slot=n) for n in range(1, count)]]


async def turn(desk: Desk, pace: Pace, publication: UUID) -> float:
    """0 when the post may go, which it does at once, else the seconds until its turn."""
    row = await desk.row(publication)
    async with transaction():
        await lock_row(Publication, publication)  # as the delivery does
        try:
            await pace.take_turn(publication, row["account"], Platform.FACEBOOK)
        except PaceError as error:
            return error.retry_after or -1.0
        await Publication.raw(
            "UPDATE publications SET state = 'confirming', first_commit_at = now() WHERE id = {}",
            publication,
        )
    return 0.0


async def wait_before_sending(desk: Desk, pace: Pace, publication: UUID) -> float:
    """0 when its bytes may be sent now, else the seconds until that is looked at again."""
    row = await desk.row(publication)
    try:
        await pace.require_near(publication, row["account"], Platform.FACEBOOK)
    except PaceError as error:
        return error.retry_after or -1.0
    return 0.0


async def test_of_many_at_once_one_goes_and_the_others_get_turns_a_minute_apart(
    desk: Desk,
) -> None:
    posts = await several(desk, 8)
    waits = sorted(await asyncio.gather(*(turn(desk, Pace(60.0), post) for post in posts)))
    assert waits[0] == 0.0
    assert [round(wait / 60) for wait in waits[1:]] == list(range(1, 8))


async def test_the_next_may_go_once_the_minute_is_over(desk: Desk) -> None:
    first, second = await several(desk, 2)
    assert await turn(desk, Pace(60.0), first) == 0.0
    await AccountPace.raw("UPDATE account_paces SET last_commit_at = now() - interval '61 s'")
    assert await turn(desk, Pace(60.0), second) == 0.0


async def test_one_account_does_not_wait_for_another(desk: Desk) -> None:
    first = await desk.publication(Platform.FACEBOOK)
    second = await desk.publication(Platform.YOUTUBE)
    assert await turn(desk, Pace(60.0), first) == 0.0
    assert await turn(desk, Pace(60.0), second) == 0.0


async def test_a_capped_account_waits_until_its_oldest_post_of_the_day_is_a_day_old(
    desk: Desk,
) -> None:
    old, new = await several(desk, 2)
    await Publication.raw(
        "UPDATE publications SET first_commit_at = now() - interval '20 hours' WHERE id = {}", old
    )
    wait = await turn(desk, Pace(0, {Platform.FACEBOOK: 1}), new)
    assert 3.9 * 3600 < wait <= 4 * 3600
    assert await turn(desk, Pace(0, {Platform.FACEBOOK: 2}), new) == 0.0


async def test_bytes_are_sent_a_quarter_of_an_hour_before_the_turn_and_not_earlier(
    desk: Desk,
) -> None:
    posts = await several(desk, 19)
    waits = [await wait_before_sending(desk, Pace(60.0), post) for post in posts]
    assert [round(wait) for wait in waits] == [0] * 16 + [60, 120, 180]


async def test_a_post_that_left_the_line_makes_the_others_move_up(desk: Desk) -> None:
    posts = await several(desk, 18)
    assert await wait_before_sending(desk, Pace(60.0), posts[-1]) > 0
    await Publication.raw(
        "UPDATE publications SET state = 'canceled' WHERE id = ANY({}::uuid[])", posts[:5]
    )
    assert await wait_before_sending(desk, Pace(60.0), posts[-1]) == 0.0


async def test_a_later_post_and_one_that_waits_for_something_else_hold_nobody_up(
    desk: Desk,
) -> None:
    posts = await several(desk, 18)
    await Publication.raw(
        "UPDATE publications SET state = 'retry_wait', error_code = 'platform_unreachable'"
        " WHERE id = ANY({}::uuid[])",
        posts[:4],
    )
    await Publication.raw(
        "UPDATE publications SET publish_at = now() + interval '3 days' WHERE id = ANY({}::uuid[])",
        posts[4:8],
    )
    assert await wait_before_sending(desk, Pace(60.0), posts[-1]) == 0.0


async def test_what_exceeds_the_cap_of_the_day_is_not_even_sent(desk: Desk) -> None:
    posts = await several(desk, 5)
    await Publication.raw(
        "UPDATE publications SET state = 'published', first_commit_at = now() - interval '23 hours'"
        " WHERE id = {}",
        posts[0],
    )
    waits = [await wait_before_sending(desk, Pace(0, CAPPED), post) for post in posts[1:]]
    assert waits[:2] == [0.0, 0.0]
    assert 44 * 60 < waits[2] <= 45 * 60  # the place of the first one, when it is a day old
    assert waits[3] == 3600.0  # a day from now; looked at again earlier


async def test_a_post_far_from_its_turn_waits_with_its_bytes_unsent_and_says_when(
    desk: Desk,
) -> None:
    posts = await several(desk, 18)
    await JobRow.raw(
        "UPDATE jobs SET run_at = now() + interval '1 day' WHERE ref_id <> {}", posts[-1]
    )
    desk.handlers |= with_pace(desk, Pace(60.0))
    await desk.run_due(kinds="publishing.publish")
    row = await desk.row(posts[-1])
    assert (row["state"], row["error_code"]) == ("retry_wait", "account_spacing")
    assert (row["handle_enc"], row["bytes_sent"]) == (None, 0)
    assert "17 posts of this account go first" in row["error_detail"]


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
