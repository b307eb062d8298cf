"""MP4: dash cams, CAMM, phones, and files that lie about themselves."""

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mp4_builder import box, fragmented, freegps_block, full, movie
from outcome import assert_sound, outcome
from samples import sample
from uploadm8.core.telemetry.mp4.metadata import (
    CREATION_KEY,
    parse_creation,
    parse_iso6709,
    read_place,
)
from uploadm8.core.telemetry.mp4.movie import read_movie
from uploadm8.core.telemetry.readers import mp4
from uploadm8.core.telemetry.track import Channel, Clock
from uploadm8.errors import TelemetryError

KNOT = 1852 / 3600


def _refused(path: Path) -> TelemetryError:
    with pytest.raises(TelemetryError) as caught:
        mp4.read(path)
    return caught.value


def test_the_dash_cam_clip_holds_the_known_drive() -> None:
    track = mp4.read(sample("derived/drive_freegps.mp4"))
    assert track.format == "novatek-freegps"
    assert (len(track.t), track.t[-1]) == (84, 83.0)
    assert track.columns[Channel.SPEED].max() == pytest.approx(44.186, abs=0.001)
    assert track.columns[Channel.LAT][0] == pytest.approx(31.0783012, abs=4e-5)
    assert track.columns[Channel.LON][0] == pytest.approx(121.1162823, abs=4e-5)
    assert track.start_utc == 1767150798.0


def test_the_blocks_are_found_when_the_table_is_missing(tmp_path: Path) -> None:
    data = sample("derived/drive_freegps.mp4").read_bytes()
    path = tmp_path / "untabled.mp4"
    path.write_bytes(data.replace(b"gps \0\0", b"free\0\0"))
    assert len(mp4.read(path).t) == 84


@pytest.mark.parametrize("newer", [False, True])
def test_both_layouts_of_dash_cams_are_read(tmp_path: Path, newer: bool) -> None:
    blocks = [
        freegps_block((2025, 6, 1, 10, 0, i), b"ASW", (4830.0, 1130.0, 10.0, 90.0), newer=newer)
        for i in range(3)
    ]
    path = tmp_path / "cam.mp4"
    path.write_bytes(box(b"ftyp", b"isom") + box(b"mdat", *blocks))
    track = mp4.read(path)
    assert track.columns[Channel.LAT].tolist() == [-48.5] * 3
    assert track.columns[Channel.LON].tolist() == [-11.5] * 3
    assert np.allclose(track.columns[Channel.SPEED], 10 * KNOT)
    assert track.start_utc == 1748772000.0


def test_blocks_without_a_fix_have_no_position_but_keep_their_second(tmp_path: Path) -> None:
    statuses = (b"VNE", b"V\0\0", b"ANE")
    blocks = [
        freegps_block((2025, 6, 1, 10, 0, i), status, (4830.0, 1130.0, 0.0, 0.0))
        for i, status in enumerate(statuses)
    ]
    path = tmp_path / "cam.mp4"
    path.write_bytes(movie(blocks, handler=b"vide", codec=b"avc1"))
    track = mp4.read(path)
    assert track.no_fix is not None
    assert track.no_fix.tolist() == [True, True, False]
    assert np.isnan(track.columns[Channel.LAT][:2]).all()
    assert track.start_utc == 1748772000.0


def _camm(kind: int, *values: object, form: str) -> bytes:
    return struct.pack("<HH" + form, 0, kind, *values)


def test_camm_gps_packets_give_velocity_course_and_utc(tmp_path: Path) -> None:
    packets = []
    for i in range(4):
        packets.append(_camm(3, 0.0, 0.0, 9.8, form="fff"))
        gps_time = 1748772000.0 - 315964800.0 + 18 + i
        packets.append(
            _camm(6, gps_time, 3, 48.0, 11.0, 500.0, 2.0, 3.0, 3.0, 4.0, 0.5, 0.1, form="didd7f")
        )
    path = tmp_path / "camm.mp4"
    path.write_bytes(movie(packets, codec=b"camm", name=b"CameraMetadata", ticks=500))
    track = mp4.read(path)
    assert track.t.tolist() == [0.5, 1.5, 2.5, 3.5]
    assert np.allclose(track.columns[Channel.SPEED], 5.0)
    assert np.allclose(track.columns[Channel.COURSE], 36.8699, atol=1e-3)
    assert track.start_utc == pytest.approx(1748772000.0 - 0.5)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_fragmented_movie_is_read_like_a_whole_one(tmp_path: Path, count: int) -> None:
    packets = [_camm(5, 48.0 + i, 11.0, 500.0, form="ddd") for i in range(count)]
    tracks = []
    for build in (fragmented, movie):
        path = tmp_path / build.__name__
        path.write_bytes(build(packets, codec=b"camm"))
        tracks.append(mp4.read(path))
    assert tracks[0].t.tolist() == tracks[1].t.tolist()
    assert tracks[0].columns[Channel.LAT].tolist() == tracks[1].columns[Channel.LAT].tolist()


@given(st.data())
def test_mutated_fragments_give_a_track_or_a_telemetry_error(data: st.DataObject) -> None:
    packets = [_camm(5, 48.0 + i, 11.0, 500.0, form="ddd") for i in range(4)]
    broken = bytearray(fragmented(packets, codec=b"camm"))
    for _ in range(data.draw(st.integers(1, 6))):
        broken[data.draw(st.integers(8, len(broken) - 1))] = data.draw(st.integers(0, 255))
    assert_sound(outcome(mp4.read, bytes(broken)))


def test_plain_camm_positions_are_enough(tmp_path: Path) -> None:
    packets = [_camm(5, 48.0 + i, 11.0, 500.0, form="ddd") for i in range(3)]
    path = tmp_path / "camm.mp4"
    path.write_bytes(movie(packets, codec=b"camm", ticks=1000))
    track = mp4.read(path)
    assert track.clock is Clock.VIDEO
    assert track.columns[Channel.LAT].tolist() == [48.0, 49.0, 50.0]


def test_the_subtitle_track_of_a_drone_is_read_like_its_file(tmp_path: Path) -> None:
    texts = [
        b"F/2.8, SS 206, ISO 100, EV 0, GPS (8.2090, 47.4692, 18), D 24m, H 6m, H.S %d.0m/s" % i
        for i in range(4)
    ]
    cues = [struct.pack(">H", len(text)) + text for text in texts]
    path = tmp_path / "drone.mp4"
    path.write_bytes(movie(cues, handler=b"sbtl", codec=b"tx3g", ticks=1000))
    track = mp4.read(path)
    assert track.t.tolist() == [0, 1, 2, 3]
    assert track.columns[Channel.LAT].tolist() == [47.4692] * 4
    assert track.columns[Channel.SPEED].tolist() == [0, 1, 2, 3]


def test_other_subtitles_are_no_telemetry(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(movie([b"\0\5Hello"] * 3, handler=b"sbtl", codec=b"tx3g"))
    assert _refused(path).code == "telemetry_no_points"


@pytest.mark.parametrize("name", ["android_xyz.mp4", "iphone_mdta.mov"])
def test_a_phone_that_notes_one_position_says_so_and_carries_it(name: str) -> None:
    error = _refused(sample(f"phone/{name}"))
    assert error.code == "telemetry_single_position"
    assert error.extra["lat"] == pytest.approx(33.1267, abs=1e-4)
    assert error.extra["lon"] == pytest.approx(-117.3273, abs=1e-4)
    assert error.extra["altitude_m"] == pytest.approx(22.9, abs=0.01)


def test_the_iphone_tells_its_local_time_with_its_zone() -> None:
    found = read_movie(sample("phone/iphone_mdta.mov"))
    assert found is not None
    assert parse_creation(found.keys[CREATION_KEY]) == (1748772000.0, -25200.0)


def test_quicktime_user_data_holds_the_position_of_androids(tmp_path: Path) -> None:
    text = b"+33.1267-117.3273+022.900/"
    user_data = box(b"udta", box(b"\xa9xyz", struct.pack(">HH", len(text), 0x15C7), text))
    path = tmp_path / "android.mp4"
    path.write_bytes(movie([b""], handler=b"vide", codec=b"avc1", extra=user_data))
    found = read_movie(path)
    assert found is not None
    place = read_place(found.user_data, found.keys)
    assert place is not None
    assert (place.latitude, place.longitude, place.altitude) == (33.1267, -117.3273, 22.9)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("+33.1267-117.3273+022.900/", (33.1267, -117.3273, 22.9)),
        ("+4530.5-07315.25/", (45.508333, -73.254167, None)),
        ("-453015+0731530/", (-45.504167, 73.258333, None)),
        ("+00.0000+000.0000/", None),
        ("+91.0+010.0/", None),
        ("somewhere", None),
        ("+٣٣.1-117.3/", None),
    ],
)
def test_iso_6709_in_degrees_minutes_and_seconds(
    text: str, expected: tuple[float, float, float | None] | None
) -> None:
    place = parse_iso6709(text)
    if expected is None:
        assert place is None
    else:
        assert place is not None
        assert place.latitude == pytest.approx(expected[0], abs=1e-5)
        assert place.longitude == pytest.approx(expected[1], abs=1e-5)
        assert place.altitude == expected[2]


def test_a_video_without_any_telemetry_says_so(tmp_path: Path) -> None:
    path = tmp_path / "plain.mp4"
    path.write_bytes(movie([b"abcd"], handler=b"vide", codec=b"avc1"))
    assert _refused(path).code == "telemetry_no_points"


def test_a_video_cut_off_before_its_index_says_so(tmp_path: Path) -> None:
    path = tmp_path / "cut.mp4"
    path.write_bytes(box(b"ftyp", b"isom") + struct.pack(">I4s", 10**6, b"mdat") + bytes(1000))
    error = _refused(path)
    assert error.code == "telemetry_damaged"
    assert "index" in error.detail


def test_tables_that_claim_billions_of_samples_cost_nothing(tmp_path: Path) -> None:
    data = movie([b"DEVC"] * 3)
    claimed = data.replace(
        full(b"stsz", struct.pack(">II", 0, 3), *[struct.pack(">I", 4)] * 3),
        full(b"stsz", struct.pack(">II", 2**31, 2**32 - 1), bytes(12)),
    ).replace(struct.pack(">IIII", 1, 1, 3, 1), struct.pack(">IIII", 1, 1, 2**32 - 1, 1))
    assert claimed != data
    path = tmp_path / "claims.mp4"
    path.write_bytes(claimed)
    found = read_movie(path)
    assert found is not None
    assert len(found.tracks[0].samples()) <= 2_000_000
    assert _refused(path).code == "telemetry_no_position"


def test_the_edit_list_moves_the_samples(tmp_path: Path) -> None:
    data = movie([b"DEVC"] * 3, ticks=1000)
    edits = box(
        b"edts",
        full(b"elst", struct.pack(">IIiIIiI", 2, 500, -1, 65536, 3000, 250, 65536)),
    )
    trak = data.index(b"trak") - 4
    length = int.from_bytes(data[trak : trak + 4], "big")
    moov = data.index(b"moov") - 4
    grown = int.from_bytes(data[moov : moov + 4], "big") + len(edits)
    edited = data[: trak + length] + edits + data[trak + length :]
    edited = edited[:trak] + struct.pack(">I", length + len(edits)) + edited[trak + 4 :]
    edited = edited[:moov] + struct.pack(">I", grown) + edited[moov + 4 :]
    path = tmp_path / "edited.mp4"
    path.write_bytes(edited)
    found = read_movie(path)
    assert found is not None
    assert found.tracks[0].samples().times.tolist() == [0.25, 1.25, 2.25]


_BLOCK = freegps_block((2025, 6, 1, 10, 0, 0), b"ANE", (4830.0, 1130.0, 10.0, 90.0))[:140]
_PHONE = box(
    b"udta",
    box(b"\xa9xyz", struct.pack(">HH", 18, 0), b"+33.1267-117.3273/"),
    box(b"meta", full(b"keys", struct.pack(">I", 1), box(b"mdta", b"location"))),
)
_WHOLE = movie([_BLOCK, _BLOCK, b"\0\0\5\0" + bytes(24)], codec=b"camm", extra=_PHONE)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_mutated_videos_give_a_track_or_a_telemetry_error(data: st.DataObject) -> None:
    damaged = bytearray(_WHOLE)
    places = st.tuples(st.integers(0, len(damaged) - 1), st.integers(0, 255))
    for at, value in data.draw(st.lists(places, max_size=8)):
        damaged[at] = value
    damaged = damaged[: data.draw(st.integers(0, len(damaged)))]
    assert_sound(outcome(mp4.read, bytes(damaged)))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_in_an_index_give_a_telemetry_error(data: bytes) -> None:
    assert_sound(outcome(mp4.read, box(b"ftyp", b"isom") + box(b"moov", data)))
    assert_sound(outcome(mp4.read, data))
