"""How many threads decoders and encoders get of the cores there are."""

import os
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

import pytest

from uploadm8.core.video import threads
from uploadm8.core.video.threads import cores, decoder_threads, encoder_threads, settle, shares

HD, UHD = 1920 * 1080, 3840 * 2160


@pytest.fixture
def group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The control group of a process on a machine of 64 cores."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)))
    monkeypatch.setattr(threads, "_GROUPS", tmp_path / "groups")
    monkeypatch.setattr(threads, "_OWN_GROUP", tmp_path / "own")
    (tmp_path / "own").write_text("1:name=old:/x\n0::/box/work\n")
    folder = tmp_path / "groups" / "box" / "work"
    folder.mkdir(parents=True)
    return folder


def test_a_process_without_quota_may_use_all_it_sees(group: Path) -> None:
    assert cores() == 64
    (group / "cpu.max").write_text("max 100000\n")
    assert cores() == 64


@pytest.mark.parametrize(
    ("quota", "expected"), [("150000 100000", 2), ("50000 100000", 1), ("junk", 64), ("1 0", 64)]
)
def test_a_container_counts_the_cores_it_is_given(group: Path, quota: str, expected: int) -> None:
    (group / "cpu.max").write_text(quota)
    assert cores() == expected


def test_the_tightest_quota_around_a_process_counts(group: Path) -> None:
    (group / "cpu.max").write_text("800000 100000")
    (group.parent / "cpu.max").write_text("300000 100000")
    assert cores() == 3


def test_a_machine_that_tells_nothing_of_groups_is_taken_whole(
    group: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "_OWN_GROUP", group / "absent")
    assert cores() == 64


def test_encoders_have_no_more_threads_between_them_than_there_are_cores() -> None:
    assert [encoder_threads(8, Fraction(1, n)) for n in (1, 2, 3, 4)] == [8, 4, 3, 2]
    assert encoder_threads(1, Fraction(1, 2)) == 1


def test_a_decoder_beside_an_encoder_takes_half_of_the_cores_up_to_full_hd() -> None:
    assert decoder_threads(HD, 4, encodes=True) == 2
    assert decoder_threads(UHD, 4, encodes=True) == decoder_threads(HD, 4) == 4
    assert decoder_threads(HD, 1, encodes=True) == 1
    assert decoder_threads(HD, 64) == 8


def test_encoders_that_work_side_by_side_share_by_their_pixels() -> None:
    assert shares([(3, Fraction(10)), (1, Fraction(10))]) == [Fraction(3, 4), Fraction(1, 4)]


def test_what_ends_early_leaves_its_share_to_what_goes_on() -> None:
    long, short = shares([(1, Fraction(90)), (1, Fraction(10))])
    assert long == Fraction(9, 10)
    assert short == Fraction(1, 2)
    assert shares([(1, Fraction(10)), (1, Fraction(0))]) == [1, 1], "one has nothing to do"


@pytest.mark.skipif(not hasattr(os, "SCHED_BATCH"), reason="only Linux knows batches")
def test_a_settled_thread_and_those_it_starts_are_a_batch() -> None:
    def policies() -> tuple[int, int]:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
        settle()
        with ThreadPoolExecutor(1) as started:
            return os.sched_getscheduler(0), started.submit(os.sched_getscheduler, 0).result()

    with ThreadPoolExecutor(1) as alone:
        assert alone.submit(policies).result() == (os.SCHED_BATCH, os.SCHED_BATCH)


@pytest.mark.skipif(not hasattr(os, "SCHED_BATCH"), reason="only Linux knows batches")
def test_a_thread_that_may_not_choose_goes_on_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def forbidden(thread: int, *_: object) -> None:
        asked.append(thread)
        raise PermissionError

    monkeypatch.setattr(os, "sched_getscheduler", lambda _: os.SCHED_OTHER)
    monkeypatch.setattr(os, "sched_setscheduler", forbidden)
    settle()
    assert asked == [0]
