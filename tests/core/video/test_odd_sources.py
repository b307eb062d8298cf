"""Sources that say more than "pictures from 0 on": edit lists, fragments, several tracks of sound."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.packet import Packet
from av.stream import Stream

from filmed import Film, boxes, job, spec, watch
from media import Clip, make, number_of, trimmed
from uploadm8.core.video.grab import grabbing
from uploadm8.core.video.planes import planes_of
from uploadm8.core.video.probe import probe
from uploadm8.core.video.render import render
from uploadm8.core.video.rendition import Fit
from uploadm8.core.video.resume import render_resumable
from uploadm8.core.video.sniff import is_encrypted

PICTURE_S = 1 / 30
FLASHES = frozenset({20, 45, 70})


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = Clip(frames=90, gop=30, flash=FLASHES)
    return make(tmp_path_factory.mktemp("odd") / "clip.mp4", made)


def rendered(source: Path, folder: Path) -> Film:
    report = render(job(source, folder, spec()))
    assert report.errors == 0
    film = watch(folder / "320x180.mp4")
    assert b"elst" not in (folder / "320x180.mp4").read_bytes().split(b"mdat")[0]
    assert film.times == pytest.approx([n / 30 for n in range(len(film.times))], abs=1e-6)
    assert film.beeps() == pytest.approx(film.flashes(), abs=PICTURE_S)
    return film


def remuxed(
    source: Path, out: Path, keep: "Callable[[Packet[Stream]], bool]", *, spoil: int | None = None
) -> None:
    """A copy with the packets to be kept; the sound's packet of that number is made nonsense."""
    with av.open(str(source)) as file, av.open(str(out), "w", format="mp4") as made:
        streams = [made.add_stream_from_template(stream) for stream in file.streams]
        heard = 0
        for packet in file.demux():
            if packet.dts is None or not keep(packet):
                continue
            heard += packet.stream.type == "audio"
            if packet.stream.type == "audio" and heard == spoil:
                packet.update(bytes(range(255, 255 - packet.size, -1)))
            packet.stream = streams[packet.stream.index]
            made.mux(packet)


@pytest.mark.parametrize(("first", "count"), [(10, 80), (40, 50), (0, 60), (15, 45)])
def test_what_an_edit_list_hides_is_neither_shown_nor_missed(
    clip: Path, tmp_path: Path, first: int, count: int
) -> None:
    source = trimmed(clip, tmp_path / "in.mp4", first / 30, count / 30)
    assert probe(source).frames == count
    film = rendered(source, tmp_path)
    assert film.numbers == list(range(first, first + count))


def test_a_trimmed_video_may_be_rendered_in_segments(clip: Path, tmp_path: Path) -> None:
    source = trimmed(clip, tmp_path / "in.mp4", 0.5, 2.5)
    render_resumable(job(source, tmp_path, spec()), tmp_path / "s", seconds=0.8)
    film = watch(tmp_path / "320x180.mp4")
    assert film.numbers == list(range(15, 90))
    assert film.beeps() == pytest.approx(film.flashes(), abs=PICTURE_S)


@pytest.mark.parametrize("flags", ["frag_keyframe+empty_moov", "frag_keyframe+dash"])
def test_a_video_in_fragments_is_rendered_whole(clip: Path, tmp_path: Path, flags: str) -> None:
    source = tmp_path / "in.mp4"
    with (
        av.open(str(clip)) as file,
        av.open(str(source), "w", format="mp4", options={"movflags": flags}) as out,
    ):
        streams = [out.add_stream_from_template(stream) for stream in file.streams]
        for packet in file.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                out.mux(packet)
    assert b"moof" in boxes(source)
    assert rendered(source, tmp_path).numbers == list(range(90))


def test_sound_that_starts_before_the_pictures_is_cut(tmp_path: Path) -> None:
    times = [0.5 + n / 30 for n in range(75)]
    source = make(tmp_path / "in.mp4", Clip(frames=75, times=times, flash=FLASHES))
    assert probe(source).start_s == pytest.approx(0.5)
    assert rendered(source, tmp_path).flashes() == pytest.approx([20 / 30, 45 / 30, 70 / 30])


def test_pictures_before_the_first_key_picture_are_not_missed(clip: Path, tmp_path: Path) -> None:
    source = tmp_path / "in.mp4"
    remuxed(clip, source, lambda packet: packet.stream.type == "audio" or (packet.dts or 0) > 5_000)
    found = probe(source)
    assert found.frames == 60
    assert found.start_s == pytest.approx(1, abs=0.001)
    film = rendered(source, tmp_path)
    assert film.numbers == list(range(30, 90))


def test_a_packet_of_sound_that_cannot_be_decoded_is_left_out(clip: Path, tmp_path: Path) -> None:
    source = tmp_path / "in.mp4"
    remuxed(clip, source, lambda packet: True, spoil=50)
    film = rendered(source, tmp_path)  # which decodes all of its sound
    assert film.numbers == list(range(90))


def test_sound_of_a_low_rate_is_not_moved_by_half_of_its_long_packets(tmp_path: Path) -> None:
    made = Clip(frames=90, flash=FLASHES, audio_rate=8_000, late_audio_s=0.05)
    film = rendered(make(tmp_path / "in.mp4", made), tmp_path)
    assert len(film.beeps()) == 3


def test_surround_sound_becomes_stereo(tmp_path: Path) -> None:
    made = Clip(frames=60, flash=FLASHES, audio_layout="5.1")
    film = rendered(make(tmp_path / "in.mp4", made), tmp_path)
    with av.open(str(tmp_path / "320x180.mp4")) as file:
        assert file.streams.audio[0].codec_context.layout.name == "stereo"
    assert len(film.beeps()) == 2


def test_the_first_track_of_sound_that_can_be_used_is_used(clip: Path, tmp_path: Path) -> None:
    source = tmp_path / "in.mp4"
    with av.open(str(clip)) as file, av.open(str(source), "w", format="mp4") as out:
        odd = out.add_stream("eac3", rate=48_000)
        odd.codec_context.layout = "stereo"
        streams = [out.add_stream_from_template(stream) for stream in file.streams]
        frame = av.AudioFrame.from_ndarray(np.zeros((2, 1536), np.float32), "fltp", "stereo")
        frame.sample_rate = 48_000
        out.mux([*odd.encode(frame), *odd.encode(None)])
        for packet in file.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                out.mux(packet)
    found = probe(source).audio
    assert found is not None
    assert (found.codec, found.number) == ("aac", 1)
    assert len(rendered(source, tmp_path).beeps()) == 3


def test_pictures_with_wide_pixels_get_their_true_shape(tmp_path: Path) -> None:
    source = tmp_path / "in.mp4"
    with av.open(str(source), "w", format="mp4") as file:
        video = file.add_stream("mpeg4", rate=30)
        video.width, video.height, video.pix_fmt = 320, 180, "yuv420p"
        video.codec_context.sample_aspect_ratio = video.sample_aspect_ratio = Fraction(4, 3)
        for number in range(30):
            frame = av.VideoFrame(320, 180, "yuv420p")
            planes_of(frame).y[:] = 200
            planes_of(frame).u[:] = planes_of(frame).v[:] = 128
            frame.pts = number
            file.mux(video.encode(frame))
        file.mux(video.encode(None))
    info = probe(source)
    assert (info.width, info.height) == (427, 180)
    render(job(source, tmp_path, spec(fit=Fit.FIT)))
    rows = watch(tmp_path / "320x180.mp4").luma[9].mean(axis=1) > 100
    assert rows.sum() == pytest.approx(180 * 320 / 427, abs=2)  # the rest are bars


def test_pictures_are_got_in_any_order(clip: Path) -> None:
    with grabbing(clip) as grabber:
        seen = [number_of(planes_of(grabber.at(t)).y) for t in (0, 1.5, 0, 2.9, 0.5, 0)]
    assert seen == [0, 45, 0, 87, 15, 0]


def test_encryption_is_found_without_reading_the_tables(clip: Path, tmp_path: Path) -> None:
    data = clip.read_bytes()
    assert not is_encrypted(clip)
    secret = tmp_path / "secret.mp4"
    for plain, hidden in ((b"avc1", b"encv"), (b"mp4a", b"enca")):
        place = data.index(plain, data.index(b"stsd"))
        secret.write_bytes(data[:place] + hidden + data[place + 4 :])
        assert is_encrypted(secret)
