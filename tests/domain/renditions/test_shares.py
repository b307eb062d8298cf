"""How a long render is cut for the workers at hand."""

import math

from hypothesis import given
from hypothesis import strategies as st

from uploadm8.domain.renditions.fleet import LONGEST_SEGMENT, segment_seconds


def test_no_worker_waits_while_another_makes_the_odd_segment() -> None:
    assert segment_seconds(30.0, 2, 10.0) == 15.0
    assert segment_seconds(50.0, 2, 10.0) == 12.5
    assert segment_seconds(60.0, 2, 10.0) == 10.0
    assert segment_seconds(180.0, 2, 10.0) == 30.0


@given(st.floats(1.0, 3600.0), st.integers(2, 40), st.floats(1.0, 60.0))
def test_segments_are_shared_evenly_within_their_bounds(
    duration: float, workers: int, shortest: float
) -> None:
    seconds = segment_seconds(duration, workers, shortest)
    assert shortest <= seconds <= LONGEST_SEGMENT * shortest * (1 + 1e-9)
    if seconds > shortest:
        each = duration / seconds / workers
        assert math.isclose(each, round(each), rel_tol=1e-6)
