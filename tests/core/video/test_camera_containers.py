"""What dashcams and camcorders write: transport streams without index, AVI without times."""

from dataclasses import replace
from pathlib import Path

import pytest

from filmed import Film, cadence_of, job, spec, watch
from media import Clip, make, number_of
from uploadm8.core.video.containers import CONTAINERS
from uploadm8.core.video.grab import grabbing, grabbing_pieces
from uploadm8.core.video.inspection import InspectTask, inspect_media
from uploadm8.core.video.pieces import PiecedFile
from uploadm8.core.video.planes import planes_of
from uploadm8.core.video.probe import probe
from uploadm8.core.video.render import render
from uploadm8.core.video.resume import render_resumable
from uploadm8.core.video.sniff import sniff
from uploadm8.errors import MediaError

PICTURE_S = 1 / 30
FLASHES = frozenset({20, 45, 70})
WRAP_S = 2**33 / 90_000  # after which the 33 bits of a time begin anew
TS = Clip(frames=90, gop=30, flash=FLASHES, container="mpegts")
AVI = replace(TS, container="avi", audio="pcm_s16le")

CLIPS = {
    "ts": TS,
    "m2ts": replace(TS, options={"mpegts_m2ts_mode": "1"}, audio="ac3"),
    "ts_late_sound": replace(TS, late_audio_s=0.4),
    "ts_far_from_zero": replace(TS, options={"output_ts_offset": "5000"}),
    "ts_wrapping": replace(TS, options={"output_ts_offset": str(WRAP_S - 2.5)}),
    "ts_hevc": replace(TS, codec="libx265", audio="mp2"),
    "avi_h264": replace(AVI, audio="mp3"),
    "avi_h264_pcm": AVI,
    "avi_mpeg4": replace(AVI, codec="mpeg4"),
    "avi_mjpeg": replace(AVI, codec="mjpeg", pixel_format="yuvj420p", color_range=2),
    "avi_adpcm": replace(AVI, audio="adpcm_ima_wav"),
}


@pytest.fixture(params=CLIPS)
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return make(tmp_path / "clip", CLIPS[request.param])


def in_step(film: Film, numbers: list[int]) -> None:
    assert film.numbers == numbers
    assert film.times == pytest.approx([n / 30 for n in range(len(numbers))], abs=1e-6)
    assert film.beeps() == pytest.approx(film.flashes(), abs=PICTURE_S)
    assert len(film.beeps()) == sum(n in FLASHES for n in numbers)


def test_every_picture_is_rendered_once_and_sound_is_in_step(source: Path, tmp_path: Path) -> None:
    found = probe(source)
    assert (found.frames, float(found.nominal_fps), found.variable) == (90, 30.0, False)
    assert found.duration_s == pytest.approx(3.0, abs=1e-3)
    report = render(job(source, tmp_path, spec()))
    assert (report.pictures, report.errors) == (90, 0)
    in_step(watch(tmp_path / "320x180.mp4"), list(range(90)))


def test_segments_and_parts_are_cut_at_the_picture(source: Path, tmp_path: Path) -> None:
    part = replace(job(source, tmp_path, spec()), trim=(0.5, 2.9))
    render_resumable(part, tmp_path / "s", seconds=0.7)
    in_step(watch(tmp_path / "320x180.mp4"), list(range(15, 87)))


def test_single_pictures_are_the_right_ones(source: Path) -> None:
    data = source.read_bytes()
    with grabbing(source) as grabber:
        for seconds in (0.0, 0.2, 2.95, 1.51, 0.98, 1.02):
            assert number_of(planes_of(grabber.at(seconds)).y) == int(seconds * 30 + 1e-6)
    file = PiecedFile(lambda start, end: data[start:end], len(data))
    with grabbing_pieces(file, sniff(source), cadence_of(source)) as grabber:
        assert number_of(planes_of(grabber.at(1.51)).y) == 45


def joined(tmp_path: Path, *parts: Clip) -> Path:
    """Parts by clocks of their own, put end to end as ``copy /b`` does."""
    made = [make(tmp_path / f"{n}.ts", part) for n, part in enumerate(parts)]
    out = tmp_path / "joined.ts"
    out.write_bytes(b"".join(part.read_bytes() for part in made))
    return out


def test_parts_put_end_to_end_follow_each_other(tmp_path: Path) -> None:
    parts = (TS, replace(TS, options={"output_ts_offset": "900"}), TS)
    source = joined(tmp_path, *parts)
    found = probe(source)
    assert (found.frames, len(found.splices)) == (270, 2)
    assert found.duration_s == pytest.approx(9.0, abs=0.02)
    for start, end in ((0.0, 9.0), (4.0, 8.0)):
        render(replace(job(source, tmp_path, spec()), trim=(start, end)))
        film = watch(tmp_path / "320x180.mp4")
        assert film.numbers == [n % 90 for n in range(round(start * 30), round(end * 30))]
        assert film.beeps() == pytest.approx(film.flashes(), abs=PICTURE_S)


@pytest.mark.parametrize("first", [28, 30, 110, 149])
def test_a_part_may_begin_far_from_any_key_picture(tmp_path: Path, first: int) -> None:
    source = make(tmp_path / "in.ts", replace(TS, frames=180, gop=150))
    render(replace(job(source, tmp_path, spec()), trim=(first / 30, 6.0)))
    film = watch(tmp_path / "320x180.mp4")
    assert film.numbers == list(range(first, 180))
    assert film.times[0] == 0


def test_a_stream_whose_clock_never_holds_is_refused(tmp_path: Path) -> None:
    one = make(tmp_path / "one.ts", replace(TS, frames=24, audio=None)).read_bytes()
    source = tmp_path / "in.ts"
    source.write_bytes(b"".join([one, *[one] * 600]))
    with pytest.raises(MediaError, match="clock") as caught:
        probe(source)
    assert caught.value.code == "media_undecodable"


def test_a_stream_that_begins_between_key_pictures_begins_at_the_next(tmp_path: Path) -> None:
    whole = make(tmp_path / "whole.ts", TS).read_bytes()
    source = tmp_path / "cut.ts"
    source.write_bytes(whole[188 * 40 + 100 :])
    found = probe(source)
    assert found.frames < 90
    render(job(source, tmp_path, spec()))
    film = watch(tmp_path / "320x180.mp4")
    assert film.numbers == list(range(90 - found.frames, 90))
    assert film.beeps() == pytest.approx(film.flashes(), abs=PICTURE_S)


def test_a_stream_that_breaks_off_is_shown_up_to_there(tmp_path: Path) -> None:
    whole = make(tmp_path / "whole.ts", TS).read_bytes()
    source = tmp_path / "cut.ts"
    source.write_bytes(whole[: len(whole) * 2 // 3])
    render(job(source, tmp_path, spec()))
    film = watch(tmp_path / "320x180.mp4")
    assert 30 < len(film.numbers) < 90
    assert film.numbers[:-3] == list(range(len(film.numbers) - 3)), "the last may be damaged"


def test_an_avi_without_its_index_is_read_from_its_packets(tmp_path: Path) -> None:
    whole = make(tmp_path / "whole.avi", AVI).read_bytes()
    source = tmp_path / "cut.avi"
    rest = whole[: whole.rindex(b"idx1") * 9 // 10]  # the camera lost its power
    source.write_bytes(rest[:4] + bytes(4) + rest[8:])  # before it knew the length
    render(job(source, tmp_path, spec()))
    film = watch(tmp_path / "320x180.mp4")
    assert 60 < len(film.numbers) < 90
    assert film.numbers == list(range(len(film.numbers)))


def test_pictures_that_an_avi_drops_are_shown_for_longer(tmp_path: Path) -> None:
    times = [n / 30 if n < 30 else (n + 5) / 30 for n in range(85)]
    source = make(
        tmp_path / "in.avi",
        replace(AVI, frames=85, times=times, codec="mjpeg", pixel_format="yuvj420p"),
    )
    render(job(source, tmp_path, spec()))
    film = watch(tmp_path / "320x180.mp4")
    assert film.numbers == [*range(29), *[29] * 6, *range(30, 85)]
    assert film.beeps() == pytest.approx(film.flashes(), abs=PICTURE_S)


def test_a_demuxer_may_open_what_a_file_holds_by_no_other() -> None:
    for kind in CONTAINERS.values():
        assert kind.demuxer in kind.formats.split(",")
        others = {other.demuxer for other in CONTAINERS.values()} - {kind.demuxer}
        assert not {"hls", "concat", "dash", *others} & set(kind.formats.split(","))


@pytest.mark.parametrize(("clip", "title"), [(TS, "MPEG transport stream"), (AVI, "AVI")])
def test_a_kind_that_is_not_accepted_is_refused_by_name(
    tmp_path: Path, clip: Clip, title: str
) -> None:
    video = make(tmp_path / "video", replace(clip, frames=30))
    with pytest.raises(MediaError, match=title) as refused:
        inspect_media(InspectTask(video), print)
    assert refused.value.code == "media_container_off"
    accepted = InspectTask(video, containers=frozenset(CONTAINERS))
    assert inspect_media(accepted, print).source["container"] == clip.container
