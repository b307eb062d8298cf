"""What files of other people taught: dialects and odd exports, rebuilt small."""

import gzip
import struct
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from mp4_builder import freegps_block, movie
from telemetry_files import DISTANCE_M, START, gpx, nmea, points
from uploadm8.core.telemetry.preview import summary
from uploadm8.core.telemetry.reader import read_track
from uploadm8.core.telemetry.readers import mp4
from uploadm8.core.telemetry.track import Channel, Track
from uploadm8.errors import TelemetryError


def _read(tmp_path: Path, data: str | bytes) -> Track:
    path = tmp_path / "file"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return read_track(path)


def _gpx(body: str) -> str:
    return f'<?xml version="1.0"?><gpx version="1.1"><trk>{body}</trk></gpx>'


def _trkpt(second: int, north_m: float, *, empty: bool = False) -> str:
    place = f'lat="{47 + north_m / 111_195:.7f}" lon="11.0"'
    time = datetime.fromtimestamp(START + second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"<trkpt {place}/>" if empty else f"<trkpt {place}><time>{time}</time></trkpt>"


@pytest.mark.parametrize("where", ["first", "middle", "last", "own segment"])
def test_points_without_an_end_tag_are_points(tmp_path: Path, where: str) -> None:
    full = [_trkpt(i, 10 * i) for i in range(30)]
    empty = [_trkpt(0, 5, empty=True)] * 2
    body = {
        "first": [*empty, *full],
        "middle": [*full[:15], *empty, *full[15:]],
        "last": [*full, *empty],
        "own segment": [*full, "</trkseg><trkseg>", *empty],
    }[where]
    facts = summary(_read(tmp_path, _gpx(f"<trkseg>{''.join(body)}</trkseg>")))
    assert facts["points"] == 32
    assert facts["warnings"] == []


def test_segments_written_newest_first_are_put_in_order(tmp_path: Path) -> None:
    late = "".join(_trkpt(i, 10 * i) for i in range(100, 130))
    early = "".join(_trkpt(i, 10 * i) for i in range(30))
    text = _gpx(f"<trkseg>{late}</trkseg><trkseg>{early}</trkseg>")
    track = _read(tmp_path, text)
    facts = summary(track)
    assert (facts["valid_points"], facts["segments"], facts["dropped"]) == (60, 2, {})
    assert track.start_utc == START
    assert facts["distance_m"] == pytest.approx(580.0, abs=2.0)


def test_the_way_goes_on_through_a_hole_in_the_log_but_not_across_segments(tmp_path: Path) -> None:
    before = "".join(_trkpt(i, 10 * i) for i in range(30))
    after = "".join(_trkpt(i, 10 * i) for i in range(60, 90))
    holed = summary(_read(tmp_path, _gpx(f"<trkseg>{before}{after}</trkseg>")))
    assert (holed["gaps"], holed["segments"]) == (1, 2)
    assert holed["distance_m"] == pytest.approx(890.0, abs=2.0)
    assert holed["mean_speed_mps"] == pytest.approx(10.0, abs=0.05)
    apart = summary(_read(tmp_path, _gpx(f"<trkseg>{before}</trkseg><trkseg>{after}</trkseg>")))
    assert apart["distance_m"] == pytest.approx(580.0, abs=2.0)


def _seventymai(behind_s: float, zone_s: float) -> str:
    local = datetime.fromtimestamp(START + zone_s, UTC)
    clip = f"NO{local:%Y%m%d-%H%M%S}-000001F.MP4"
    return "$V02\n" + "".join(
        f"{START + p.t - behind_s:.0f},A,{p.lat:.6f},{p.lon:.6f},{p.course * 100:.0f},1500,0,98,0,"
        f"{clip},0,0,0\n"
        for p in points(1)
    )


@pytest.mark.parametrize("behind_h", [0, 8])
def test_a_70mai_in_hundredths_and_eight_hours_behind_is_read_as_it_was(
    tmp_path: Path, behind_h: int
) -> None:
    track = _read(tmp_path, _seventymai(behind_h * 3600, 10 * 3600))  # Sydney in May
    facts = summary(track)
    assert track.start_utc == START
    assert facts["max_speed_mps"] == pytest.approx(15.0)
    assert facts["distance_m"] == pytest.approx(DISTANCE_M, rel=0.01)
    assert track.columns[Channel.COURSE].values[3] == pytest.approx(points(1)[3].course, abs=0.01)
    assert len(facts["warnings"]) == (1 if behind_h else 0)


def _cam(tmp_path: Path, blocks: list[bytes]) -> Path:
    path = tmp_path / "cam.mp4"
    path.write_bytes(movie(blocks, handler=b"vide", codec=b"avc1"))
    return path


def test_blocks_of_a_cold_start_keep_their_seconds(tmp_path: Path) -> None:
    searching = [freegps_block((2025, 6, 1, 0, 0, i), b"V00", (0, 0, 0, 0)) for i in range(4)]
    found = [
        freegps_block((2025, 6, 1, 10, 0, i), b"ANE", (4830.0, 1130.0, 9.0, 5.0)) for i in (4, 5)
    ]
    track = mp4.read(_cam(tmp_path, searching + found))
    assert track.t.tolist() == [0, 1, 2, 3, 4, 5]
    assert np.isfinite(track.columns[Channel.LAT]).tolist() == [False] * 4 + [True] * 2
    assert track.start_utc == 1748772000.0


def test_the_receivers_own_sentence_in_a_block_is_read(tmp_path: Path) -> None:
    sentence = b"$GNRMC,100001.00,A,4830.0000,N,01130.0000,W,20.0,90.0,010625,,,A*51"
    block = b"freeGPS " + struct.pack("<I", 0xE8) + bytes(88) + sentence + bytes(96)
    track = mp4.read(_cam(tmp_path, [block] * 3))
    assert track.columns[Channel.LAT].tolist() == [48.5] * 3
    assert track.columns[Channel.LON].tolist() == [-11.5] * 3
    assert np.allclose(track.columns[Channel.SPEED], 20 * 1852 / 3600)


def test_sentences_of_a_writer_that_cannot_count_are_read_all_the_same(tmp_path: Path) -> None:
    wrong = "\n".join(line[:-2] + "00" for line in nmea().split("\r\n") if line)
    facts = summary(_read(tmp_path, wrong))
    assert facts["distance_m"] == pytest.approx(DISTANCE_M, rel=0.01)
    assert any("checksum" in sentence for sentence in facts["warnings"])


def test_dates_and_clocks_without_separators_are_dates_and_clocks(tmp_path: Path) -> None:
    head = "INDEX,TAG,DATE,TIME,LATITUDE N/S,LONGITUDE E/W,HEIGHT,SPEED,HEADING\n"
    rows = (
        f"{i},T,{p.utc:%y%m%d},{p.utc:%H%M%S},{-p.lat:.7f}S,{p.lon:.7f}E,120,54,{p.course:.0f}\n"
        for i, p in enumerate(points(1))
    )
    track = _read(tmp_path, head + "".join(rows))
    assert track.start_utc == START
    assert summary(track)["max_speed_mps"] == pytest.approx(15.0, abs=0.1)
    assert track.columns[Channel.LAT].values[0] == pytest.approx(points(1)[0].lat)


def test_degrees_fahrenheit_become_celsius(tmp_path: Path) -> None:
    rows = (f"{START + p.t},{p.lat:.7f},{p.lon:.7f},212\n" for p in points(1))
    track = _read(tmp_path, "time,lat,lon,Temperature (F)\n" + "".join(rows))
    assert track.columns[Channel.TEMPERATURE].values[0] == pytest.approx(100.0)


@pytest.mark.parametrize(("scale", "unit"), [(1e7, ""), (2**31 / 180, " [semicircles]")])
def test_positions_in_integers_are_degrees(tmp_path: Path, scale: float, unit: str) -> None:
    rows = (f"{START + p.t},{p.lat * scale:.0f},{p.lon * scale:.0f}\n" for p in points(1))
    track = _read(tmp_path, f"time,lat{unit},lon{unit}\n" + "".join(rows))
    assert summary(track)["distance_m"] == pytest.approx(DISTANCE_M, rel=0.01)
    assert track.columns[Channel.LON].values[0] == pytest.approx(points(1)[0].lon, abs=1e-6)


def test_a_speed_without_unit_that_nothing_can_judge_gives_way(tmp_path: Path) -> None:
    rows = (f"{START + i},{47 + i * 1e-7:.7f},11.0,3.6\n" for i in range(30))
    facts = summary(_read(tmp_path, "time,lat,lon,speed\n" + "".join(rows)))
    assert facts["max_speed_mps"] == 0.0
    assert any("names no speed unit" in sentence for sentence in facts["warnings"])


def test_numbers_out_of_order_are_no_log(tmp_path: Path) -> None:
    rows = (f"{(i * 7919) % 900} {(i * 31) % 80} {(i * 57) % 170}\n" for i in range(60))
    with pytest.raises(TelemetryError) as refused:
        _read(tmp_path, "".join(rows))
    assert refused.value.code == "telemetry_unknown_format"


def test_a_gzipped_log_is_the_log(tmp_path: Path) -> None:
    plain = summary(_read(tmp_path, gpx()))
    assert summary(_read(tmp_path, gzip.compress(gpx().encode()))) == plain


def test_a_zip_is_searched_for_its_log(tmp_path: Path) -> None:
    plain = summary(_read(tmp_path, gpx()))
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("readme.txt", "Thank you for riding with us.")
        archive.writestr("ride/12345.gpx", gpx())
    assert summary(read_track(path)) == plain


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (gzip.compress(gpx().encode())[:-40], "telemetry_damaged"),
        (b"\x1f\x8b" + bytes(200), "telemetry_damaged"),
        (b"PK\x03\x04" + bytes(200), "telemetry_damaged"),
        (gzip.compress(b"Dear diary"), "telemetry_unknown_format"),
        (gzip.compress(gzip.compress(gpx().encode())), "telemetry_unknown_format"),
        (gzip.compress(b""), "telemetry_empty"),
    ],
    ids=["cut", "no gzip", "no zip", "a letter", "packed twice", "nothing"],
)
def test_broken_packages_say_so(tmp_path: Path, data: bytes, code: str) -> None:
    with pytest.raises(TelemetryError) as refused:
        _read(tmp_path, data)
    assert refused.value.code == code
