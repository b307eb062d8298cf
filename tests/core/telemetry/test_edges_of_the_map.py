"""Drives over the date line and near the poles: as long and as fast as anywhere else."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from telemetry_files import START
from uploadm8.core.telemetry.preview import geojson, summary
from uploadm8.core.telemetry.reader import read_track
from uploadm8.core.telemetry.resample import resample
from uploadm8.core.telemetry.track import Channel, Track

_MPS = 20.0
_DEGREE_M = 111_195.0


def _eastward(tmp_path: Path, lat: float, lon: float) -> Track:
    """A minute due east at 20 m/s."""
    path = tmp_path / "drive.gpx"
    body = ""
    for i in range(61):
        east = lon + _MPS * (i - 30) / _DEGREE_M / np.cos(np.radians(lat))
        time = datetime.fromtimestamp(START + i, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        place = f'lat="{lat:.7f}" lon="{(east + 180) % 360 - 180:.7f}"'
        body += f"<trkpt {place}><time>{time}</time></trkpt>"
    path.write_text(f"<gpx><trk><trkseg>{body}</trkseg></trk></gpx>")
    return read_track(path)


@pytest.mark.parametrize(
    ("lat", "lon"), [(0.0, 180.0), (-17.0, -180.0), (65.0, 180.0), (89.0, 0.0), (-89.0, 180.0)]
)
def test_speed_distance_and_course_know_no_edge(tmp_path: Path, lat: float, lon: float) -> None:
    track = _eastward(tmp_path, lat, lon)
    facts = summary(track)
    assert (facts["valid_points"], facts["segments"], facts["dropped"]) == (61, 1, {})
    assert facts["max_speed_mps"] == pytest.approx(_MPS, rel=0.005)
    assert facts["distance_m"] == pytest.approx(60 * _MPS, rel=0.005)
    # Due east on a parallel; a great circle turns a little, the more the nearer the pole.
    assert track.columns[Channel.COURSE].values[30] == pytest.approx(90.0, abs=1.0)
    assert float(np.nanmax(np.abs(track.columns[Channel.G_LAT].values))) < 0.01


def test_between_two_fixes_over_the_date_line_one_is_at_the_date_line(tmp_path: Path) -> None:
    track = _eastward(tmp_path, 10.0, 180.0)
    lon = resample(track, np.arange(0.0, 60.0, 0.1)).values[Channel.LON]
    assert (np.abs(lon) > 179.98).all()


def test_a_line_on_a_map_is_cut_at_the_date_line(tmp_path: Path) -> None:
    lines = geojson(_eastward(tmp_path, 10.0, 180.0))["geometry"]["coordinates"]
    assert len(lines) == 2
    assert all(lon > 0 for lon, _ in lines[0])
    assert all(lon < 0 for lon, _ in lines[1])
