"""Chunk arithmetic: the vectors of the documents, and what holds for every size."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uploadm8.domain.platforms.clients.chunks import (
    TIKTOK_CHUNK,
    TIKTOK_WHOLE,
    YOUTUBE_CHUNK,
    YOUTUBE_UNIT,
    ChunkPlan,
    content_range,
    stored_by_content_range,
    stored_by_range,
    tiktok_plan,
    tiktok_resume,
    youtube_last_start,
    youtube_next,
)

SIZES = st.integers(min_value=1, max_value=4_000_000_000)
MB = 1_000_000


def test_a_small_tiktok_file_is_one_chunk_of_its_own_size() -> None:
    plan = tiktok_plan(3_145_728)
    assert (plan.chunk_size, plan.count, plan.bounds(0)) == (3_145_728, 1, (0, 3_145_728))


def test_the_documented_ranges_of_fifty_megabytes_in_ten() -> None:
    plan = ChunkPlan(50_000_123, 10_000_000, 5)
    ranges = [content_range(*plan.bounds(i), plan.size) for i in range(plan.count)]
    assert ranges[0] == "bytes 0-9999999/50000123"
    assert ranges[-1] == "bytes 40000000-50000122/50000123"


def test_a_large_tiktok_file_merges_the_remainder_into_the_last_chunk() -> None:
    plan = tiktok_plan(150_000_000)
    start, end = plan.bounds(13)
    assert (plan.chunk_size, plan.count, end - start) == (10_485_760, 14, 13_685_120)


@pytest.mark.parametrize("size", [TIKTOK_WHOLE, TIKTOK_WHOLE + 1, 66_000_000, 94_000_000])
def test_around_the_largest_chunk_a_single_chunk_always_equals_the_size(size: int) -> None:
    plan = tiktok_plan(size)
    assert plan.count > 1 or plan.chunk_size == size


@given(SIZES)
def test_every_tiktok_plan_keeps_the_rules_in_both_readings_of_mb(size: int) -> None:
    plan = tiktok_plan(size)
    assert plan.count == size // plan.chunk_size
    assert 1 <= plan.count <= 1000
    if plan.count > 1:
        start, end = plan.bounds(plan.count - 1)
        assert 5 * 1024 * 1024 <= plan.chunk_size <= 64 * MB
        assert end - start <= 128 * MB
    assert plan.bounds(plan.count - 1)[1] == size


@given(st.integers(TIKTOK_WHOLE + 1, 4_000_000_000), st.integers(1, 400))
def test_tiktok_resumes_alike_from_a_count_and_from_a_last_byte(size: int, done: int) -> None:
    plan = tiktok_plan(size)
    done = min(done, plan.count - 1)
    stored = done * TIKTOK_CHUNK
    assert tiktok_resume(plan, stored) == tiktok_resume(plan, stored - 1) == done


@given(SIZES)
def test_youtube_chunks_are_multiples_and_leave_the_last_byte(size: int) -> None:
    size %= 40 * YOUTUBE_CHUNK
    size = max(size, 1)
    offset = 0
    while True:
        start, end = youtube_next(size, offset)
        if start == end:
            break
        assert start == offset
        assert (end - start) % YOUTUBE_UNIT == 0
        assert end < size
        offset = end
    assert offset == youtube_last_start(size)
    assert 0 < size - offset <= YOUTUBE_CHUNK


@given(st.integers(1, 60_000_000), st.integers(0, 60_000_000))
def test_youtube_goes_on_from_any_offset_the_server_names(size: int, offset: int) -> None:
    offset %= size
    start, end = youtube_next(size, offset)
    assert start == offset
    assert start <= end < size or start == end == offset
    assert (end - start) % YOUTUBE_UNIT == 0


@pytest.mark.parametrize(
    ("header", "stored"),
    [("bytes=0-262143", 262_144), ("0-262143", 262_144), (None, 0), ("nonsense", 0)],
)
def test_the_range_of_308_is_read_with_and_without_its_prefix(
    header: str | None, stored: int
) -> None:
    assert stored_by_range(header) == stored


def test_the_content_range_of_tiktok_is_read() -> None:
    assert stored_by_content_range("bytes 0-10485760/70000000") == 10_485_760
    assert stored_by_content_range(None) is None


@pytest.mark.parametrize("size", [0, -1])
def test_an_empty_file_has_no_plan(size: int) -> None:
    with pytest.raises(ValueError, match="at least one byte"):
        tiktok_plan(size)
    with pytest.raises(ValueError, match="at least one byte"):
        youtube_last_start(size)
