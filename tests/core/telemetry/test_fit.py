"""FIT: facts of real files, agreement with fitdecode, and every odd corner of the protocol."""

import struct
import warnings
from pathlib import Path

import fitdecode
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fit_builder import (
    BYTE,
    RIDE_FIELDS,
    SINT32,
    STRING,
    UINT8,
    UINT16,
    UINT32,
    crc,
    definition,
    fit_file,
    ride,
)
from outcome import assert_sound, outcome
from samples import sample
from uploadm8.core.telemetry.fit.crc import crc16
from uploadm8.core.telemetry.raw import RawTrack
from uploadm8.core.telemetry.readers.fit import read, sniff
from uploadm8.core.telemetry.track import Channel, Clock
from uploadm8.errors import TelemetryError

UNIX = 631_065_600

SAMPLES = [
    "2015-10-13-08-43-15",
    "compressed-speed-distance",
    "developer-types-sample",
    "garmin-edge-820-bike",
    "garmin-fenix-5-bike",
    "garmin-fenix-5-run",
    "invalid-activity-filecrc",
    "sample-activity",
    "sample-activity-indoor-trainer",
]


def _read(tmp_path: Path, data: bytes) -> RawTrack:
    path = tmp_path / "ride.fit"
    path.write_bytes(data)
    return read(path)


def _first_value(frame: fitdecode.FitDataMessage, fields: tuple[str, ...]) -> float | None:
    for field in fields:
        if (value := frame.get_value(field, fallback=None)) is not None:
            return float(value)
    return None


def _known(track: RawTrack, channel: Channel) -> int:
    column = track.columns.get(channel)
    return 0 if column is None else int(np.isfinite(column).sum())


@pytest.mark.parametrize("name", SAMPLES)
def test_every_record_of_a_real_file_agrees_with_fitdecode(name: str) -> None:
    path = sample(f"fit/{name}.fit")
    track = read(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with fitdecode.FitReader(str(path), check_crc=fitdecode.CrcCheck.DISABLED) as reader:
            records = [
                frame
                for frame in reader
                if isinstance(frame, fitdecode.FitDataMessage) and frame.name == "record"
            ]
    assert len(track.t) == len(records)
    expected = {
        Channel.LAT: (("position_lat",), 180 / 2**31),
        Channel.LON: (("position_long",), 180 / 2**31),
        Channel.SPEED: (("enhanced_speed", "speed"), 1.0),
        Channel.ALTITUDE: (("enhanced_altitude", "altitude"), 1.0),
        Channel.HEART_RATE: (("heart_rate",), 1.0),
        Channel.DISTANCE: (("distance",), 1.0),
        Channel.TEMPERATURE: (("temperature",), 1.0),
    }
    for channel, (fields, scale) in expected.items():
        values = [_first_value(frame, fields) for frame in records]
        oracle = np.array([np.nan if v is None else v * scale for v in values])
        mine = track.columns.get(channel, np.full(len(records), np.nan))
        assert np.allclose(mine, oracle, equal_nan=True, atol=1e-9), channel
    stamps = [frame.get_value("timestamp", fallback=None) for frame in records]
    if track.clock is Clock.UTC:
        assert np.allclose(track.t, [stamp.timestamp() for stamp in stamps])


def test_sample_activity_has_the_measured_facts() -> None:
    track = read(sample("fit/sample-activity.fit"))
    assert len(track.t) == 3098
    assert _known(track, Channel.LAT) == 2965
    assert int((np.diff(track.t) <= 0).sum()) == 3
    assert np.nanmax(track.columns[Channel.SPEED]) == pytest.approx(14.83)


def test_the_zone_of_the_device_is_read_and_nonsense_zones_are_not() -> None:
    assert read(sample("fit/garmin-edge-820-bike.fit")).local_offset_s == -25200
    assert read(sample("fit/compressed-speed-distance.fit")).local_offset_s is None


@pytest.mark.parametrize(
    ("name", "warning"),
    [
        ("filecrc", "checksum"),
        ("settings-corruptheader", "not FIT data"),
        ("settings-nodata", "cut off"),
    ],
)
def test_a_broken_file_gives_its_good_records_and_says_what_was_wrong(
    name: str, warning: str
) -> None:
    track = read(sample(f"fit/invalid-activity-{name}.fit"))
    assert _known(track, Channel.LAT) == 14
    assert any(warning in sentence for sentence in track.warnings)


def test_absent_values_stay_absent(tmp_path: Path) -> None:
    body = definition(0, 20, RIDE_FIELDS)
    body += struct.pack("<BIiiHB", 0, 10**9, 0x7FFFFFFF, 0x7FFFFFFF, 0xFFFF, 0xFF)
    body += struct.pack("<BIiiHB", 0, 10**9 + 1, 2**29, -(2**29), 1500, 0xFF)
    track = _read(tmp_path, fit_file(body))
    assert np.allclose(track.columns[Channel.LAT], [np.nan, 45.0], equal_nan=True)
    assert np.allclose(track.columns[Channel.SPEED], [np.nan, 1.5], equal_nan=True)
    assert Channel.HEART_RATE not in track.columns


def test_big_endian_messages_read_like_little_endian_ones(tmp_path: Path) -> None:
    body = definition(3, 20, RIDE_FIELDS, big_endian=True)
    body += struct.pack(">BIiiHB", 3, 10**9, 2**29, -(2**29), 1500, 77)
    track = _read(tmp_path, fit_file(body, header_size=12))
    assert track.t.tolist() == [10**9 + UNIX]
    assert track.columns[Channel.LON].tolist() == [-45.0]
    assert track.columns[Channel.SPEED].tolist() == [1.5]


def test_compressed_timestamps_roll_over_every_32_seconds(tmp_path: Path) -> None:
    start = 10**9
    body = definition(1, 21, ((253, 4, UINT32), (0, 1, UINT8)))
    body += struct.pack("<BIB", 1, start, 9)
    body += definition(0, 20, ((3, 1, UINT8),))
    seconds = [start + gap for gap in (0, 1, 30, 31, 33, 60)]
    body += b"".join(bytes([0x80 | s & 0x1F, 100]) for s in seconds)
    track = _read(tmp_path, fit_file(body))
    assert track.t.tolist() == [s + UNIX for s in seconds]


def test_enhanced_fields_win_and_plain_ones_fill_in(tmp_path: Path) -> None:
    fields = ((253, 4, UINT32), (6, 2, UINT16), (73, 4, UINT32))
    body = definition(0, 20, fields)
    body += struct.pack("<BIHI", 0, 10**9, 65000, 70000)
    body += struct.pack("<BIHI", 0, 10**9 + 1, 12000, 0xFFFFFFFF)
    track = _read(tmp_path, fit_file(body))
    assert track.columns[Channel.SPEED].tolist() == [70.0, 12.0]


def test_developer_fields_are_found_by_native_number_or_name(tmp_path: Path) -> None:
    described = definition(
        1, 206, ((0, 1, UINT8), (1, 1, UINT8), (2, 1, UINT8), (3, 8, STRING), (15, 1, UINT8))
    )
    described += struct.pack("<BBBB8sB", 1, 0, 5, UINT16, b"Watts", 7)
    described += struct.pack("<BBBB8sB", 1, 0, 6, UINT8, b"Gear", 0xFF)
    body = definition(0, 20, ((253, 4, UINT32),), developer=((5, 2, 0), (6, 1, 0)))
    body += struct.pack("<BIHB", 0, 10**9, 314, 4)
    track = _read(tmp_path, fit_file(described + body))
    assert track.columns[Channel.POWER].tolist() == [314.0]
    assert track.columns[Channel.GEAR].tolist() == [4.0]


def test_chained_files_are_segments_of_one_track(tmp_path: Path) -> None:
    chained = fit_file(ride(5)) + fit_file(ride(7, start=1_000_009_000))
    track = _read(tmp_path, chained)
    assert len(track.t) == 12
    assert track.segment_starts == [5]


def test_a_stopped_timer_starts_a_segment_when_time_has_passed(tmp_path: Path) -> None:
    stop = definition(1, 21, ((0, 1, UINT8), (1, 1, UINT8))) + bytes([1, 0, 4])
    later = ride(4, start=1_000_000_100)
    track = _read(tmp_path, fit_file(ride(4) + stop + later))
    assert track.segment_starts == [4]
    track = _read(tmp_path, fit_file(ride(4) + stop + ride(4, start=1_000_000_004)))
    assert track.segment_starts == []


def test_a_recording_with_size_0_in_its_header_is_read_to_its_end(tmp_path: Path) -> None:
    data = bytearray(fit_file(ride(50)))
    data[4:8] = bytes(4)
    track = _read(tmp_path, bytes(data))
    assert len(track.t) == 50
    assert any("cut off" in sentence for sentence in track.warnings)


def test_laps_number_the_rows(tmp_path: Path) -> None:
    laps = definition(1, 19, ((253, 4, UINT32), (2, 4, UINT32)))
    laps += struct.pack("<BII", 1, 10**9 + 3, 10**9) + struct.pack("<BII", 1, 10**9 + 5, 10**9 + 3)
    track = _read(tmp_path, fit_file(ride(5) + laps))
    assert track.columns[Channel.LAP].tolist() == [1, 1, 1, 2, 2]


def test_camera_gps_messages_are_used_with_their_receivers_clock(tmp_path: Path) -> None:
    fields = ((253, 4, UINT32), (0, 2, UINT16), (1, 4, SINT32), (2, 4, SINT32), (6, 4, UINT32))
    body = definition(0, 160, fields)
    for i in range(30):
        own = 500 + i // 10
        utc = 10**9 + i // 10
        body += struct.pack("<BIHiiI", 0, own, i % 10 * 100, 2**29 + i, 2**28, utc)
    track = _read(tmp_path, fit_file(body))
    assert len(track.t) == 30
    assert np.allclose(np.diff(track.t), 0.1)
    assert track.t[0] == pytest.approx(10**9 + UNIX, abs=1.0)


def test_seconds_since_power_on_are_a_clock_without_a_date(tmp_path: Path) -> None:
    track = _read(tmp_path, fit_file(ride(5, start=1000)))
    assert track.clock is Clock.RELATIVE
    assert track.t.tolist() == [1000, 1001, 1002, 1003, 1004]


@given(st.binary(max_size=6000))
def test_the_checksum_equals_that_of_the_specification(data: bytes) -> None:
    assert crc16(data) == crc(data)


def test_a_file_without_records_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(TelemetryError) as caught:
        _read(tmp_path, fit_file(definition(0, 18, ((253, 4, UINT32),))))
    assert caught.value.code == "telemetry_no_points"


_WHOLE = (
    fit_file(
        definition(2, 206, ((0, 1, UINT8), (1, 1, UINT8), (2, 1, UINT8), (3, 8, STRING))),
        struct.pack("<BBBB8s", 2, 0, 5, UINT16, b"power"),
        ride(20),
        definition(3, 20, ((8, 3, BYTE), (4, 1, UINT8)), developer=((5, 2, 0),)),
        *(bytes([0xE0 | i, 1, 2, 3, 80, 1, 0]) for i in range(9)),
        definition(1, 19, ((253, 4, UINT32), (2, 4, UINT32))),
        struct.pack("<BII", 1, 10**9 + 3, 10**9),
    )
    * 2
)


def test_a_file_cut_off_anywhere_gives_a_track_or_a_telemetry_error() -> None:
    for length in range(len(_WHOLE)):
        assert_sound(outcome(read, _WHOLE[:length]))


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_mutated_bytes_give_a_track_or_a_telemetry_error(data: st.DataObject) -> None:
    damaged = bytearray(_WHOLE)
    places = st.tuples(st.integers(0, len(damaged) - 1), st.integers(0, 255))
    for at, value in data.draw(st.lists(places, max_size=12)):
        damaged[at] = value
    damaged = damaged[: data.draw(st.integers(0, len(damaged)))]
    assert_sound(outcome(read, bytes(damaged)))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_behind_a_header_give_a_track_or_a_telemetry_error(data: bytes) -> None:
    header = struct.pack("<BBHI4s", 12, 0x20, 1, len(data), b".FIT")
    assert_sound(outcome(read, header + data))


def test_only_fit_headers_are_taken_for_fit() -> None:
    assert sniff(fit_file(ride(1))[:64])
    assert not sniff(b"<gpx>")
    assert not sniff(b"\x0e\x20")
