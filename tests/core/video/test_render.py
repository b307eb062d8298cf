"""Renders of small clips, read back and compared with what was filmed."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from filmed import boxes, job, spec, watch
from media import Clip, make
from uploadm8.core.video.job import Event, Finished, Progress, RenderJob, Started
from uploadm8.core.video.render import render
from uploadm8.core.video.rendition import Fit, Pace
from uploadm8.errors import MediaError

PICTURE_S = 1 / 30


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = Clip(frames=90, flash=frozenset({30, 61}), metadata={"location": "+33.1-117.3/"})
    return make(tmp_path_factory.mktemp("render") / "clip.mp4", made)


def test_every_picture_is_there_once_and_at_its_time(clip: Path, tmp_path: Path) -> None:
    report = render(job(clip, tmp_path, spec()))
    film = watch(tmp_path / "320x180.mp4")
    assert film.numbers == list(range(90))
    assert film.times == pytest.approx([n / 30 for n in range(90)])
    assert report.outputs[0].frames == report.pictures == 90
    assert report.errors == 0


def test_two_renditions_come_from_one_decode(clip: Path, tmp_path: Path) -> None:
    report = render(job(clip, tmp_path, spec(), spec(180, 320)))
    assert report.pictures == 90
    assert [o.frames for o in report.outputs] == [90, 90]
    assert watch(tmp_path / "180x320.mp4").luma[0].shape == (320, 180)


def test_two_renditions_of_the_source_size_do_not_disturb_each_other(
    clip: Path, tmp_path: Path
) -> None:
    render(job(clip, tmp_path, spec(name="a"), spec(name="b", max_fps=Fraction(15))))
    assert watch(tmp_path / "a.mp4").numbers == list(range(90))
    assert watch(tmp_path / "b.mp4").numbers == list(range(0, 90, 2))


@pytest.mark.parametrize("audio", ["aac", "libmp3lame", "libopus", "pcm_s16le"])
def test_picture_and_sound_stay_within_one_picture(tmp_path: Path, audio: str) -> None:
    container = "mp4" if audio == "aac" else "matroska"
    made = Clip(frames=90, flash=frozenset({30, 61}), audio=audio, container=container)
    render(job(make(tmp_path / "in.bin", made), tmp_path, spec()))
    film = watch(tmp_path / "320x180.mp4")
    assert film.flashes() == pytest.approx([1.0, 61 / 30])
    assert film.beeps() == pytest.approx(film.flashes(), abs=PICTURE_S)
    assert film.sound_start == 0


def test_sound_that_starts_late_stays_late(tmp_path: Path) -> None:
    made = Clip(frames=90, flash=frozenset({61}), late_audio_s=0.7)
    render(job(make(tmp_path / "in.mp4", made), tmp_path, spec()))
    film = watch(tmp_path / "320x180.mp4")
    assert film.beeps() == pytest.approx([61 / 30], abs=PICTURE_S)


def test_low_and_mono_sound_is_carried(tmp_path: Path) -> None:
    made = Clip(
        frames=60,
        flash=frozenset({30}),
        audio="libmp3lame",
        audio_rate=44_100,
        audio_layout="mono",
        container="matroska",
    )
    render(job(make(tmp_path / "in.mkv", made), tmp_path, spec()))
    film = watch(tmp_path / "320x180.mp4")
    assert film.rate == 48_000
    assert film.beeps() == pytest.approx([1.0], abs=PICTURE_S)


def test_aac_is_copied_packet_by_packet(clip: Path, tmp_path: Path) -> None:
    import av

    def packets(path: Path) -> list[bytes]:
        with av.open(str(path)) as file:
            return [bytes(p) for p in file.demux(file.streams.audio[0]) if p.size]

    render(job(clip, tmp_path, spec()))
    kept = packets(tmp_path / "320x180.mp4")
    assert kept
    assert set(kept) <= set(packets(clip))


def test_a_silent_clip_stays_silent(tmp_path: Path) -> None:
    render(job(make(tmp_path / "in.mp4", Clip(audio=None)), tmp_path, spec()))
    assert watch(tmp_path / "320x180.mp4").sound_start is None


def test_the_index_comes_first_and_nothing_private_is_left(clip: Path, tmp_path: Path) -> None:
    assert b"+33.1-117.3" in clip.read_bytes()
    render(job(clip, tmp_path, spec()))
    data = (tmp_path / "320x180.mp4").read_bytes()
    names = boxes(tmp_path / "320x180.mp4")
    assert names.index(b"moov") < names.index(b"mdat")
    for private in (b"+33.1-117.3", b"loci", b"\xa9xyz", b"elst", b"x264 - core", b"/tmp"):
        assert private not in data.split(b"mdat")[0]
    assert "location" not in watch(tmp_path / "320x180.mp4").metadata


def test_groups_of_pictures_are_two_seconds_long_whatever_the_source_had(tmp_path: Path) -> None:
    source = make(tmp_path / "in.mp4", Clip(frames=150, gop=7))
    render(job(source, tmp_path, spec()))
    assert watch(tmp_path / "320x180.mp4").keys == [0, 60, 120]


def test_uneven_pictures_keep_their_times(tmp_path: Path) -> None:
    times = [0, 0.04, 0.09, 0.1, 0.3, 0.301, 0.4, 0.9, 1.0, 1.05, 1.2]
    source = make(tmp_path / "in.mp4", Clip(frames=11, times=times, audio=None))
    render(job(source, tmp_path, spec(pace=Pace.KEEP, max_fps=Fraction(60))))
    film = watch(tmp_path / "320x180.mp4")
    assert film.numbers == [0, 1, 2, 4, 6, 7, 8, 9, 10]  # 3 and 5 come faster than 60 a second
    assert film.times == pytest.approx([times[n] for n in film.numbers], abs=1e-4)


def test_uneven_pictures_are_put_on_a_steady_grid_by_time(tmp_path: Path) -> None:
    times = [n / 30 for n in range(30)] + [1.5 + n / 30 for n in range(30)]
    source = make(tmp_path / "in.mp4", Clip(frames=60, times=times, audio=None))
    render(job(source, tmp_path, spec(pace=Pace.CONSTANT)))
    film = watch(tmp_path / "320x180.mp4")
    assert film.times == pytest.approx([n / 30 for n in range(75)])
    assert film.numbers == [*range(30), *[29] * 15, *range(30, 60)]


def test_sixty_pictures_become_thirty_and_fifteen_become_thirty(tmp_path: Path) -> None:
    fast = make(tmp_path / "fast.mp4", Clip(frames=120, fps=Fraction(60), audio=None))
    slow = make(tmp_path / "slow.mp4", Clip(frames=30, fps=Fraction(15), audio=None))
    render(job(fast, tmp_path, spec(name="halved", max_fps=Fraction(30))))
    render(job(slow, tmp_path, spec(name="doubled")))
    assert watch(tmp_path / "halved.mp4").numbers == list(range(0, 120, 2))
    assert watch(tmp_path / "doubled.mp4").numbers == [n // 2 for n in range(60)]


@pytest.mark.parametrize(("fps", "times"), [(4, 6), (8, 3), (10, 3)])
def test_slow_pictures_are_shown_several_times_each_to_the_very_end(
    tmp_path: Path, fps: int, times: int
) -> None:
    source = make(tmp_path / "in.mp4", Clip(frames=fps, fps=Fraction(fps), audio=None))
    render(job(source, tmp_path, spec()))
    film = watch(tmp_path / "320x180.mp4")
    assert len(film.numbers) == fps * times
    assert film.numbers[-1] == fps - 1


def test_ntsc_rates_stay_exact(tmp_path: Path) -> None:
    rate = Fraction(30000, 1001)
    source = make(tmp_path / "in.mkv", Clip(frames=100, fps=rate, container="matroska"))
    render(job(source, tmp_path, spec()))
    film = watch(tmp_path / "320x180.mp4")
    assert film.numbers == list(range(100))
    assert film.times == pytest.approx([float(n / rate) for n in range(100)], abs=1e-6)


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_turned_pictures_are_burned_in_upright(tmp_path: Path, rotation: int) -> None:
    plain = make(tmp_path / "plain.mp4", Clip(audio=None))
    turned = make(tmp_path / "turned.mp4", Clip(audio=None, rotation=rotation))
    size = (320, 180) if rotation == 180 else (180, 320)
    render(job(turned, tmp_path, spec(*size, name="out")))
    expected = np.rot90(watch(plain).luma[5], rotation // 90)
    got = watch(tmp_path / "out.mp4").luma[5]
    assert got.shape == expected.shape
    assert np.abs(got.astype(int) - expected).mean() < 3


def test_full_range_becomes_limited_range(tmp_path: Path) -> None:
    made = Clip(audio=None, pixel_format="yuvj420p", color_range=2)
    source = make(tmp_path / "in.mp4", made)
    render(job(source, tmp_path, spec()))
    film = watch(tmp_path / "320x180.mp4")
    assert film.tags == (1, 1, 1, 1)
    before = watch(source)
    assert before.tags[0] == 2
    limited = 16 + before.luma[3].astype(float) * 219 / 255
    # `watch` reads the source as yuv420p, which already maps full range to limited range.
    assert min(_off(film.luma[3], limited), _off(film.luma[3], before.luma[3])) < 3


def _off(a: NDArray[Any], b: NDArray[Any]) -> float:
    return float(np.abs(a.astype(float) - b).mean())


def test_standard_definition_colours_keep_their_true_tags(tmp_path: Path) -> None:
    made = Clip(audio=None, matrix=6, primaries=6, transfer=6)
    render(job(make(tmp_path / "in.mp4", made), tmp_path, spec()))
    assert watch(tmp_path / "320x180.mp4").tags == (1, 6, 6, 6)


def test_ten_bits_become_eight(tmp_path: Path) -> None:
    made = Clip(audio=None, codec="libx265", pixel_format="yuv420p10le")
    source = make(tmp_path / "in.mp4", made)
    render(job(source, tmp_path, spec()))
    film = watch(tmp_path / "320x180.mp4")
    assert film.numbers == list(range(30))
    assert _off(film.luma[3], watch(source).luma[3]) < 3


@pytest.mark.parametrize("transfer", [16, 18])
def test_hdr_becomes_bt709_without_flat_highlights(tmp_path: Path, transfer: int) -> None:
    made = Clip(
        audio=None,
        codec="libx265",
        pixel_format="yuv420p10le",
        matrix=9,
        primaries=9,
        transfer=transfer,
    )
    render(job(make(tmp_path / "in.mp4", made), tmp_path, spec()))
    film = watch(tmp_path / "320x180.mp4")
    assert film.tags == (1, 1, 1, 1)
    row = film.luma[3][170].astype(int)
    assert film.numbers == list(range(30))
    assert row[300] > row[10] + 40  # the ramp from dark to bright is still a ramp


@pytest.mark.parametrize("size", [(321, 181), (333, 187)])
def test_odd_sizes_are_rendered(tmp_path: Path, size: tuple[int, int]) -> None:
    made = Clip(width=size[0], height=size[1], codec="libx264", pixel_format="yuv444p", audio=None)
    render(job(make(tmp_path / "in.mp4", made), tmp_path, spec(320, 180)))
    assert len(watch(tmp_path / "320x180.mp4").times) == 30


def test_cropping_fills_the_frame_and_fitting_leaves_bars(clip: Path, tmp_path: Path) -> None:
    shapes = [spec(180, 320, name=fit.value, fit=fit) for fit in Fit]
    render(job(clip, tmp_path, *shapes))
    top = {fit: watch(tmp_path / f"{fit.value}.mp4").luma[5][40, 90] for fit in Fit}
    assert top[Fit.FIT] <= 17
    assert top[Fit.CROP] > 60
    assert 17 < top[Fit.BLUR] < top[Fit.CROP]


def test_a_part_is_cut_out_exactly(clip: Path, tmp_path: Path) -> None:
    render(job(clip, tmp_path, spec(), trim=(0.5, 2.5)))
    film = watch(tmp_path / "320x180.mp4")
    assert film.numbers == list(range(15, 75))
    assert film.times[0] == 0
    assert film.flashes() == pytest.approx([0.5, 61 / 30 - 0.5])
    assert film.beeps() == pytest.approx(film.flashes(), abs=PICTURE_S)


def test_a_duration_cap_cuts_one_rendition_only(clip: Path, tmp_path: Path) -> None:
    render(job(clip, tmp_path, spec(name="whole"), spec(name="cut", duration_cap_s=1.0)))
    assert len(watch(tmp_path / "whole.mp4").times) == 90
    cut = watch(tmp_path / "cut.mp4")
    assert cut.numbers == list(range(30))
    assert len(cut.sound) / cut.rate == pytest.approx(1.0, abs=0.03)


def test_a_part_outside_the_video_is_refused(clip: Path, tmp_path: Path) -> None:
    with pytest.raises(MediaError) as caught:
        render(job(clip, tmp_path, spec(), trim=(5, 9)))
    assert caught.value.code == "trim_outside"


def test_events_tell_how_far_it_is(clip: Path, tmp_path: Path) -> None:
    events: list[Event] = []
    render(job(clip, tmp_path, spec(960, 540)), events.append)
    assert isinstance(events[0], Started)
    assert events[0].pictures == 90
    assert isinstance(events[-1], Finished)
    assert events[-1].frames == 90
    done = [e.pictures for e in events if isinstance(e, Progress)]
    assert done == sorted(done)


def test_a_render_that_fails_leaves_no_file(clip: Path, tmp_path: Path) -> None:
    def stop(event: Event) -> None:
        if not isinstance(event, Started):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        render(job(clip, tmp_path, spec(960, 540), spec(1920, 1080)), stop)
    assert not list(tmp_path.glob("*.part"))


def test_file_size_caps_are_kept(tmp_path: Path) -> None:
    source = make(tmp_path / "in.mp4", Clip(frames=90, noise=40))
    cap = 150_000
    report = render(job(source, tmp_path, spec(name="free"), spec(name="capped", max_bytes=cap)))
    free, capped = (output.bytes for output in report.outputs)
    assert capped <= cap < free


@settings(
    max_examples=8,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),  # shrinking would render for minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(place=st.floats(0.05, 0.9), length=st.integers(1, 3000), byte=st.integers(0, 255))
def test_damage_in_the_middle_gives_a_whole_file_or_a_reason(
    clip: Path, tmp_path: Path, place: float, length: int, byte: int
) -> None:
    content = bytearray(clip.read_bytes())
    start = int(len(content) * place)
    content[start : start + length] = bytes([byte]) * len(content[start : start + length])
    path = tmp_path / "damaged.mp4"
    path.write_bytes(content)
    outcome = _frames_or_code(job(path, tmp_path, spec(64, 64)))
    assert str(outcome).startswith("media_") or outcome == _packets(tmp_path / "64x64.mp4")
    assert not list(tmp_path.glob("*.part"))


def _frames_or_code(one: RenderJob) -> int | str:
    try:
        return render(one).outputs[0].frames
    except MediaError as error:
        return error.code


def _packets(path: Path) -> int:
    import av

    with av.open(str(path)) as file:
        return sum(1 for packet in file.demux(file.streams.video[0]) if packet.size)
