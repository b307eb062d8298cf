"""What the probe says about good and bad files."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from media import Clip, make
from samples import sample
from uploadm8.core.video.faults import FAULTS
from uploadm8.core.video.limits import DEFAULT_LIMITS
from uploadm8.core.video.probe import probe
from uploadm8.errors import MediaError


def refused(path: Path) -> str:
    with pytest.raises(MediaError) as caught:
        probe(path)
    assert caught.value.code in FAULTS
    assert caught.value.detail.endswith(".")
    assert caught.value.action
    return caught.value.code


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("probe") / "plain.mp4", Clip())


def test_a_plain_clip_is_described(plain: Path) -> None:
    info = probe(plain)
    assert (info.container, info.codec, info.pixel_format) == ("mov", "h264", "yuv420p")
    assert (info.width, info.height, info.rotation, info.frames) == (320, 180, 0, 30)
    assert (info.fps, info.nominal_fps) == (Fraction(30), Fraction(30))
    assert not info.variable
    assert (info.start_s, info.duration_s) == pytest.approx((0.0, 1.0))
    assert info.audio is not None
    assert (info.audio.codec, info.audio.rate, info.audio.channels) == ("aac", 48_000, 2)
    assert not info.hdr


def test_a_turned_clip_is_as_high_as_a_viewer_sees_it(tmp_path: Path) -> None:
    info = probe(make(tmp_path / "turned.mp4", Clip(rotation=90)))
    assert (info.rotation, info.width, info.height) == (90, 180, 320)
    assert (info.coded_width, info.coded_height) == (320, 180)


def test_a_phone_clip_tells_its_date_and_place() -> None:
    info = probe(sample("phone/iphone_mdta.mov"))
    assert info.creation_date == "2025-06-01T03:00:00-0700"
    assert info.location
    assert info.rotation == 90


def test_a_gopro_clip_shows_that_it_carries_telemetry() -> None:
    info = probe(sample("gpmf/max-heromode.mp4"))
    assert info.telemetry == ("GoPro MET",)
    assert (info.frames, info.nominal_fps) == (315, Fraction(30000, 1001))
    assert info.color.range == 2


def test_uneven_pictures_are_noticed(tmp_path: Path) -> None:
    times = [n / 30 + (0.02 if n > 20 else 0) + (0.3 if n > 30 else 0) for n in range(45)]
    info = probe(make(tmp_path / "vfr.mp4", Clip(frames=45, times=times)))
    assert info.variable
    assert info.frames == 45
    assert info.nominal_fps == 30


def test_a_phone_whose_clock_trembles_is_still_even(tmp_path: Path) -> None:
    times = [n / 30 + 0.003 * (-1) ** n + 0.003 for n in range(45)]
    info = probe(make(tmp_path / "trembling.mp4", Clip(frames=45, times=times)))
    assert not info.variable
    assert info.nominal_fps == 30


def test_matroska_millisecond_times_are_even(tmp_path: Path) -> None:
    clip = Clip(container="matroska", audio="libopus", fps=Fraction(30000, 1001), frames=60)
    info = probe(make(tmp_path / "clip.mkv", clip))
    assert (info.container, info.variable, info.frames) == ("matroska", False, 60)
    assert info.nominal_fps == Fraction(30000, 1001)
    assert info.audio is not None
    assert info.audio.codec == "opus"


def test_hlg_is_recognised(tmp_path: Path) -> None:
    clip = Clip(
        codec="libx265", pixel_format="yuv420p10le", matrix=9, primaries=9, transfer=18, audio=None
    )
    info = probe(make(tmp_path / "hlg.mp4", clip))
    assert info.hdr
    assert (info.bit_depth, info.codec, info.audio) == (10, "hevc", None)


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    assert refused(tmp_path / "none.mp4") == "media_missing"


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "empty.mp4"
    path.touch()
    assert refused(path) == "media_empty"


@pytest.mark.parametrize(
    "text",
    [
        b"hello, this is not a video at all\n" * 9,
        b"#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:1,\nfile:///etc/passwd\n",
        b"ffconcat version 1.0\nfile 'sibling.mp4'\n",
        b"<?xml version='1.0'?><MPD><BaseURL>file:///etc/</BaseURL></MPD>",
        b"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n",
        b"<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>",
        b"PK\x03\x04" + bytes(200),
        b"\x89PNG\r\n\x1a\n" + bytes(200),
        b"RIFF\x00\x00\x00\x00WAVEfmt ",
        (b"G" + bytes(187)) * 4 + bytes(188) * 4,  # a sync byte now and then
        bytes(range(256)) * 4,
    ],
)
def test_whatever_is_not_a_video_never_reaches_a_demuxer(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "disguised.mp4"
    path.write_bytes(text)
    assert refused(path) == "media_not_video"


def test_a_concat_list_behind_a_box_cannot_reach_its_sibling(tmp_path: Path, plain: Path) -> None:
    (tmp_path / "sibling.mp4").write_bytes(plain.read_bytes())
    path = tmp_path / "list.mp4"
    path.write_bytes(b"\x00\x00\x00\x08ftypffconcat version 1.0\nfile 'sibling.mp4'\n")
    assert refused(path) in {"media_undecodable", "media_truncated", "media_no_video_stream"}


def test_sound_alone_is_refused(tmp_path: Path) -> None:
    import av

    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w", format="mp4") as file:
        stream = file.add_stream("aac", rate=48_000)
        for number in range(60):
            frame = av.AudioFrame(format="fltp", layout="stereo", samples=1024)
            for plane in frame.planes:
                plane.update(bytes(plane.buffer_size))
            frame.sample_rate, frame.pts = 48_000, number * 1024
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    assert refused(path) == "media_no_video_stream"


def test_a_clip_without_its_index_is_truncated(tmp_path: Path, plain: Path) -> None:
    path = tmp_path / "cut.mp4"
    path.write_bytes(plain.read_bytes()[: plain.stat().st_size // 2])  # the index was at the end
    assert refused(path) == "media_truncated"


def test_a_clip_whose_last_pictures_are_missing_is_truncated(tmp_path: Path) -> None:
    import av

    whole, path = make(tmp_path / "whole.mp4", Clip(noise=9)), tmp_path / "cut.mp4"
    first = tmp_path / "first.mp4"
    with (
        av.open(str(whole)) as source,
        av.open(str(first), "w", options={"movflags": "faststart"}) as file,
    ):
        stream = file.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                file.mux(packet)
    path.write_bytes(first.read_bytes()[: first.stat().st_size * 6 // 10])
    assert refused(path) == "media_truncated"


def test_huge_pictures_are_refused_before_they_are_decoded(tmp_path: Path) -> None:
    clip = Clip(width=4352, height=64, frames=1, audio=None)
    assert refused(make(tmp_path / "huge.mp4", clip)) == "media_size_unsupported"


def test_a_codec_that_is_not_on_the_list_is_named(tmp_path: Path) -> None:
    path = make(tmp_path / "old.mov", Clip(codec="mpeg2video", container="mov"))
    with pytest.raises(MediaError, match="mpeg2video") as caught:
        probe(path)
    assert caught.value.code == "media_codec_unsupported"


def test_limits_are_data(plain: Path) -> None:
    for limits, code in (
        (replace(DEFAULT_LIMITS, max_bytes=100), "media_too_large"),
        (replace(DEFAULT_LIMITS, max_duration_s=0.5), "media_too_long"),
        (replace(DEFAULT_LIMITS, min_duration_s=5), "media_too_short"),
        (replace(DEFAULT_LIMITS, max_fps=Fraction(25)), "media_fps_unsupported"),
        (replace(DEFAULT_LIMITS, max_streams=1), "media_too_many_streams"),
        (replace(DEFAULT_LIMITS, audio_codecs=frozenset()), "media_codec_unsupported"),
    ):
        with pytest.raises(MediaError) as caught:
            probe(plain, limits)
        assert caught.value.code == code


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_damage_gives_an_answer_or_a_reason_but_never_another_error(
    data: st.DataObject, plain: Path, tmp_path: Path
) -> None:
    content = bytearray(plain.read_bytes())
    for _ in range(data.draw(st.integers(1, 40))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "damaged.mp4"
    path.write_bytes(content[: data.draw(st.integers(1, len(content)))])
    assert _frames_or_code(path) in {*range(1, 31), *FAULTS}


def _frames_or_code(path: Path) -> int | str:
    try:
        return probe(path).frames
    except MediaError as error:
        return error.code
