"""Renders in segments, and what a crash leaves of them."""

import re
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filmed import Film, boxes, job, spec, watch
from media import Clip, make
from uploadm8.core.video.job import RenderJob
from uploadm8.core.video.join import decoding_times, join
from uploadm8.core.video.render import render
from uploadm8.core.video.rendition import Pace, Quality
from uploadm8.core.video.resume import render_resumable
from uploadm8.core.video.segments import plan_segments, render_segment, segment_path
from uploadm8.core.video.writer import part_of
from uploadm8.errors import MediaError


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = Clip(frames=200, flash=frozenset({30, 61, 150}), gop=20)
    return make(tmp_path_factory.mktemp("segments") / "clip.mp4", made)


def in_segments(one: RenderJob, folder: Path, seconds: float, order: int = 1) -> list[Film]:
    """Each segment by a session of its own, as separate workers would do it."""
    folder.mkdir(exist_ok=True)
    spans = plan_segments(one, seconds)
    for number in range(len(spans))[::order]:
        render_segment(one, spans, number, folder)
    for output in one.outputs:
        join(one, output, spans, folder)
    return [watch(output.path) for output in one.outputs]


def test_spans_cover_the_whole_and_begin_at_key_frames(clip: Path, tmp_path: Path) -> None:
    spans = plan_segments(job(clip, tmp_path, spec()), 2.0)
    assert spans[0].start == 0
    assert spans[-1].end == Fraction(200, 30)
    assert all(a.end == b.start for a, b in pairwise(spans))
    assert all((span.start * 30) % 20 == 0 for span in spans)


def test_joined_segments_show_what_one_render_shows(clip: Path, tmp_path: Path) -> None:
    whole = job(clip, tmp_path, spec(name="whole"), spec(180, 320, name="tall"))
    render(whole)
    parts = job(clip, tmp_path, spec(name="joined"), spec(180, 320, name="tall-joined"))
    wide, tall = in_segments(parts, tmp_path / "s", 2.0, order=-1)
    for one, other in ((watch(tmp_path / "whole.mp4"), wide), (watch(tmp_path / "tall.mp4"), tall)):
        assert other.times == pytest.approx(one.times, abs=1e-6)
        assert other.numbers == one.numbers
        assert other.tags == one.tags
        assert len(other.times) == 200
        for a, b in zip(one.luma, other.luma, strict=True):
            assert np.abs(a.astype(int) - b).mean() < 2
        np.testing.assert_array_equal(one.sound, other.sound)


def test_a_joined_file_is_as_clean_as_a_rendered_one(clip: Path, tmp_path: Path) -> None:
    (film,) = in_segments(job(clip, tmp_path, spec(name="out")), tmp_path / "s", 1.5)
    path = tmp_path / "out.mp4"
    names, head = boxes(path), path.read_bytes().split(b"mdat")[0]
    assert names.index(b"moov") < names.index(b"mdat")
    assert b"elst" not in head
    assert "comment" not in film.metadata
    assert film.times[0] == 0
    assert film.beeps() == pytest.approx(film.flashes(), abs=1 / 30)
    with av.open(str(path)) as file:
        stamps = [(p.dts, p.pts) for p in file.demux(file.streams.video[0]) if p.pts is not None]
    decoded = [d for d, _ in stamps if d is not None]
    assert decoded == sorted(set(decoded))
    assert all(d is not None and p is not None and d <= p for d, p in stamps)


def test_uneven_pictures_survive_being_cut(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    times = list(np.cumsum(rng.uniform(0.02, 0.09, 120)))
    source = make(tmp_path / "in.mp4", Clip(frames=120, times=times, audio=None))
    for pace in Pace:
        render(job(source, tmp_path, spec(name="whole", pace=pace)))
        parts = job(source, tmp_path, spec(name="joined", pace=pace))
        (film,) = in_segments(parts, tmp_path / pace.value, 1.3)
        whole = watch(tmp_path / "whole.mp4")
        assert film.times == pytest.approx(whole.times, abs=1e-4)
        assert film.numbers == whole.numbers


def test_parts_and_caps_survive_being_cut(clip: Path, tmp_path: Path) -> None:
    short, long = spec(name="short", duration_cap_s=2.5), spec(name="long")
    parts = job(clip, tmp_path, short, long, trim=(1.0, 6.0))
    films = in_segments(parts, tmp_path / "s", 1.0)
    assert [film.numbers for film in films] == [list(range(30, 105)), list(range(30, 180))]
    assert len(films[0].sound) / films[0].rate == pytest.approx(2.5, abs=0.03)


def test_a_crash_costs_only_the_unfinished_segment(clip: Path, tmp_path: Path) -> None:
    one = job(clip, tmp_path, spec())
    spans = plan_segments(one, 1.0)
    for number in (0, 1, 4):
        render_segment(one, spans, number, tmp_path)
    paths = [segment_path(tmp_path, one.outputs[0], number) for number in (0, 1, 4)]
    kept = [path.stat().st_mtime_ns for path in paths]
    unfinished = segment_path(tmp_path, one.outputs[0], 2)
    part_of(unfinished).write_bytes(paths[0].read_bytes()[:5000])
    report = render_resumable(one, tmp_path, seconds=1.0)
    assert [path.stat().st_mtime_ns for path in paths] == kept
    missing = sum(spans[n].seconds for n in range(len(spans)) if n not in (0, 1, 4))
    assert report.pictures == round(missing * 30)
    assert watch(one.outputs[0].path).numbers == list(range(200))


def test_segments_of_another_job_are_not_used(clip: Path, tmp_path: Path) -> None:
    one = job(clip, tmp_path, spec())
    render_resumable(one, tmp_path, seconds=3.0)
    again = render_resumable(one, tmp_path, seconds=3.0)
    changed = render_resumable(replace(one, quality=Quality.QUICK), tmp_path, seconds=3.0)
    assert (again.pictures, changed.pictures) == (0, 200)


def test_of_two_renditions_the_one_that_is_left_keeps_its_segments(
    clip: Path, tmp_path: Path
) -> None:
    both = job(clip, tmp_path, spec(name="wide"), spec(180, 320, name="tall"))
    spans = plan_segments(both, 1.0)
    render_segment(both, spans, 0, tmp_path)
    left = replace(both, outputs=both.outputs[1:])  # the other is finished by now
    report = render_resumable(left, tmp_path, seconds=1.0)
    assert report.pictures == 200 - round(spans[0].seconds * 30)
    assert len(watch(left.outputs[0].path).times) == 200


def test_what_goes_on_after_the_others_ended_has_all_threads(clip: Path, tmp_path: Path) -> None:
    short, long = spec(name="short", duration_cap_s=2.0), spec(name="long")
    one = replace(job(clip, tmp_path, short, long), cores=2)
    spans = plan_segments(one, 2.0)
    for number in (0, len(spans) - 1):
        render_segment(one, spans, number, tmp_path)
    together, alone = (segment_path(tmp_path, one.outputs[1], n) for n in (0, len(spans) - 1))
    assert (encoder_threads_of(together), encoder_threads_of(alone)) == (1, 2)


def encoder_threads_of(path: Path) -> int:
    """As x264 leaves it in the stream."""
    found = re.search(rb" threads=(\d+)", path.read_bytes())
    assert found is not None
    return int(found[1])


def test_a_missing_segment_is_named(clip: Path, tmp_path: Path) -> None:
    one = job(clip, tmp_path, spec())
    spans = plan_segments(one, 2.0)
    render_segment(one, spans, 0, tmp_path)
    with pytest.raises(MediaError, match="number 1") as caught:
        join(one, one.outputs[0], spans, tmp_path)
    assert caught.value.code == "segments_differ"
    assert not one.outputs[0].path.exists()


@given(
    st.lists(st.integers(1, 50), min_size=1, max_size=40),
    st.integers(0, 3),
)
def test_decoding_times_rise_and_never_pass_the_time_of_showing(
    steps: list[int], reach: int
) -> None:
    ordered = np.cumsum(steps).astype(np.int64)
    shown = ordered.copy()
    for start in range(0, len(shown) - reach, reach + 1):  # small groups, last picture first
        shown[start : start + reach + 1] = shown[start : start + reach + 1][::-1]
    decoded = decoding_times(shown)
    assert (np.diff(decoded) > 0).all()
    assert (decoded <= shown).all()
