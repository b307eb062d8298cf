"""Which picture fills which slot."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filmed import spec
from media import Clip, make
from uploadm8.core.video.pacing import pacing_for
from uploadm8.core.video.probe import probe
from uploadm8.core.video.source import SourceInfo


@pytest.fixture(scope="module")
def info(tmp_path_factory: pytest.TempPathFactory) -> SourceInfo:
    return probe(make(tmp_path_factory.mktemp("pacing") / "clip.mp4", Clip(audio=None)))


def even(info: SourceInfo, rate: Fraction) -> SourceInfo:
    return replace(info, nominal_fps=rate, fps=rate)


@given(
    rate=st.sampled_from([Fraction(n) for n in (15, 24, 25, 30, 50, 60, 120, 240)]),
    ntsc=st.booleans(),
    cap=st.sampled_from([24, 30, 60]),
)
def test_pictures_are_dropped_or_doubled_evenly(
    info: SourceInfo, rate: Fraction, ntsc: bool, cap: int
) -> None:
    rate = rate * 1000 / 1001 if ntsc else rate
    pacing = pacing_for(even(info, rate), spec(max_fps=Fraction(cap)))
    pictures = [pacing.slots(n / rate, (n + 1) / rate) for n in range(120)]
    filled = [slot for slots in pictures for slot in slots]
    assert filled == list(range(len(filled)))
    every = max(1, int(rate / pacing.rate))
    assert {len(slots) for slots in pictures[::every]} == {max(1, int(pacing.rate / rate))}
    assert pacing.rate <= cap


@given(st.lists(st.floats(-0.3, 0.3), min_size=2, max_size=60))
def test_a_trembling_clock_neither_drops_nor_doubles(info: SourceInfo, shifts: list[float]) -> None:
    pacing = pacing_for(info, spec())
    times = [(n + Fraction(shift)) / 30 for n, shift in enumerate(shifts)]
    times.append(Fraction(len(shifts), 30))
    slots = [pacing.slots(a, b) for a, b in pairwise(times)]
    assert slots == [range(n, n + 1) for n in range(len(shifts))]


@given(st.lists(st.floats(0.001, 0.5), min_size=2, max_size=60))
def test_every_slot_shows_the_latest_picture_there_is(info: SourceInfo, steps: list[float]) -> None:
    pacing = pacing_for(replace(info, variable=True), spec())
    times = [Fraction(0)]
    for step in steps:
        times.append(times[-1] + Fraction(step))
    shown = {}
    for number, (time, following) in enumerate(pairwise(times)):
        shown.update(dict.fromkeys(pacing.slots(time, following), number))
    assert list(shown) == list(range(len(shown)))
    for slot, number in shown.items():
        moment = slot / pacing.rate + pacing.early / pacing.rate
        assert times[number] <= moment <= times[number + 1]
