"""Tables as loggers and phone apps write them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from telemetry_files import START, Point, points
from uploadm8.core.telemetry.reader import read_track
from uploadm8.core.telemetry.track import Channel, Clock, Track
from uploadm8.errors import TelemetryError

_SPEEDS = {
    "Speed (km/h)": 54.0,
    "speed_kph": 54.0,
    "GPSSpeed [m/s]": 15.0,
    "GPS Speed (Meters/second)": 15.0,
    "velocity_mph": 33.554,
    "mph": 33.554,
    "Speed (knots)": 29.158,
    "speed": 54.0,
    "speedKmh": 54.0,
}
_PLACES = [
    "lat,lon",
    "Latitude,Longitude",
    "GPSLatitude,GPSLongitude",
    "gps_lat,gps_lng",
    "LAT,LONG",
]
_TIMES: dict[str, Callable[[Point], str]] = {
    "timestamp": lambda p: f"{START + p.t:.3f}",
    "ts": lambda p: f"{(START + p.t) * 1000:.0f}",
    "time_ns": lambda p: f"{(START + p.t) * 1000:.0f}000000",
    "UTC Time": lambda p: p.utc.isoformat(),
    "DateTime": lambda p: p.utc.strftime("%Y/%m/%d %H:%M:%S.%f"),
    "Device Time": lambda p: p.utc.strftime("%d-%b-%Y %H:%M:%S.%f"),
    "local_time": lambda p: p.utc.strftime("31/12/%Y %H:%M:%S.%f"),
}


def _read(tmp_path: Path, text: str) -> Track:
    path = tmp_path / "table"
    path.write_text(text, encoding="utf-8")
    return read_track(path)


@pytest.mark.parametrize("heading", _SPEEDS)
def test_the_unit_of_speed_is_understood(tmp_path: Path, heading: str) -> None:
    rows = (f"{START + p.t},{p.lat:.7f},{p.lon:.7f},{_SPEEDS[heading]}\n" for p in points(1))
    track = _read(tmp_path, f"time,lat,lon,{heading}\n" + "".join(rows))
    assert np.allclose(track.columns[Channel.SPEED].values, 15.0, rtol=0.01)


@pytest.mark.parametrize("place", _PLACES)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_headings_and_delimiters_are_found_out(tmp_path: Path, place: str, delimiter: str) -> None:
    rows = (f"{p.lat:.7f},{p.lon:.7f},{START + p.t}\n" for p in points(1))
    text = f"{place},time\n" + "".join(rows)
    assert len(_read(tmp_path, text.replace(",", delimiter))) == 41


@pytest.mark.parametrize("heading", _TIMES)
def test_times_in_many_forms_are_the_same_times(tmp_path: Path, heading: str) -> None:
    write = _TIMES[heading]
    rows = (f"{write(p)},{p.lat:.7f},{p.lon:.7f}\n" for p in points(5))
    track = _read(tmp_path, f"{heading},lat,lon\n" + "".join(rows))
    assert track.clock is Clock.UTC
    assert np.allclose(track.t, [p.t for p in points(5)], atol=1e-3)
    if heading != "local_time":
        assert track.start_utc == pytest.approx(START, abs=1e-3)


def test_seconds_since_the_start_are_a_relative_clock(tmp_path: Path) -> None:
    rows = (f"{p.t:.2f},{p.lat:.7f},{p.lon:.7f}\n" for p in points(5))
    track = _read(tmp_path, "elapsed (s),lat,lon\n" + "".join(rows))
    assert track.clock is Clock.RELATIVE
    assert track.duration_s == pytest.approx(40.0)


def test_whole_milliseconds_since_the_start_are_recognised(tmp_path: Path) -> None:
    rows = (f"{p.t * 1000:.0f},{p.lat:.7f},{p.lon:.7f}\n" for p in points(5))
    track = _read(tmp_path, "time,lat,lon\n" + "".join(rows))
    assert track.duration_s == pytest.approx(40.0)


def test_a_time_of_day_goes_on_over_midnight(tmp_path: Path) -> None:
    clocks = ["23:59:58", "23:59:59", "00:00:00", "00:00:01"]
    rows = (f"{c},{45 + i * 1e-4:.5f},7.12345678\n" for i, c in enumerate(clocks))
    track = _read(tmp_path, "time,lat,lon\n" + "".join(rows))
    assert track.t.tolist() == [0.0, 1.0, 2.0, 3.0]


def test_hemisphere_letters_are_signs(tmp_path: Path) -> None:
    rows = (f"{START + i},33.500{i}S,{70 + i * 1e-4:.4f}W\n" for i in range(5))
    track = _read(tmp_path, "time,lat,lon\n" + "".join(rows))
    assert track.columns[Channel.LAT].values[0] == pytest.approx(-33.5)
    assert track.columns[Channel.LON].values[0] == pytest.approx(-70.0)


def test_an_unclosed_quote_spoils_no_other_line(tmp_path: Path) -> None:
    rows = [f"{START + p.t},{p.lat:.7f},{p.lon:.7f},note\n" for p in points(1)]
    rows[10] = rows[10].replace("note", '"note')
    assert len(_read(tmp_path, "time,lat,lon,note\n" + "".join(rows))) == 41


def test_a_table_below_a_preamble_with_a_row_of_units_is_read(tmp_path: Path) -> None:
    head = (
        '"Format","AiM CSV File"\n"Vehicle","kart"\n"Sample Rate","10"\n\n'
        '"Time","GPS Speed","GPS LatAcc","GPS Latitude","GPS Longitude"\n'
        '"sec","km/h","g","deg","deg"\n\n'
    )
    rows = (f"{p.t:.2f},54.0,0.2294,{p.lat:.7f},{p.lon:.7f}\n" for p in points(5))
    track = _read(tmp_path, head + "".join(rows))
    assert np.allclose(track.columns[Channel.SPEED].values, 15.0)
    assert np.allclose(track.columns[Channel.G_LAT].values, 0.2294)


def test_a_million_columns_are_refused(tmp_path: Path) -> None:
    rows = "time,lat,lon\n1,2,3," + "4," * 10**6
    path = tmp_path / "wide"
    path.write_text(rows)
    with pytest.raises(TelemetryError) as caught:
        read_track(path)
    assert caught.value.code == "telemetry_line_too_long"
