import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from samples import sample
from uploadm8.core.telemetry.preview import summary
from uploadm8.core.telemetry.reader import read_track
from uploadm8.core.telemetry.track import Channel, Clock, Provenance
from uploadm8.errors import TelemetryError

_HEAD = '<?xml version="1.0"?><gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1">'


def _gpx(tmp_path: Path, body: str, head: str = _HEAD) -> Path:
    path = tmp_path / "log.bin"
    path.write_text(head + body + "</gpx>", encoding="utf-8")
    return path


def _point(second: int, lat: object = 45.0, lon: object = 7.0, inner: str = "") -> str:
    time = f"<time>2024-05-01T10:00:{second:02d}Z</time>"
    return f'<trkpt lat="{lat}" lon="{lon}">{time}{inner}</trkpt>'


def _segment(*points: str) -> str:
    return f"<trk><trkseg>{''.join(points)}</trkseg></trk>"


@pytest.mark.parametrize(
    "name",
    [
        "gpx/sf_30km_h.gpx",
        "gpx/track-with-empty-segment.gpx",
        "gpx/track_with_speed.gpx",
        "gpx/Mojstrovka.gpx",
        "gpx/cerknicko-without-times.gpx",
    ],
)
def test_points_distance_and_altitude_agree_with_the_independent_figures(name: str) -> None:
    facts: dict[str, Any] = json.loads(sample("FACTS.json").read_text())[name]
    found = summary(read_track(sample(name)))
    assert found["points"] == found["valid_points"] == facts["points"]
    assert found["distance_m"] == pytest.approx(facts["gpxpy_length_2d_m"], rel=0.01)
    assert found["altitude_min_m"] == pytest.approx(facts["ele_min_max"][0], abs=0.01)
    assert found["altitude_max_m"] == pytest.approx(facts["ele_min_max"][1], abs=0.01)
    assert found["first"]["lat"] == pytest.approx(facts["first"][0], abs=1e-6)
    assert found["first"]["lon"] == pytest.approx(facts["first"][1], abs=1e-6)


def test_a_drive_at_30_kmh_reads_as_30_kmh() -> None:
    track = read_track(sample("gpx/sf_30km_h.gpx"))
    assert track.duration_s == pytest.approx(93.624, abs=1e-3)
    speed = track.columns[Channel.SPEED]
    assert speed.provenance is Provenance.DERIVED
    assert speed.values.mean() * 3.6 == pytest.approx(30.0, abs=0.3)


def test_points_that_all_carry_one_time_have_no_clock() -> None:
    track = read_track(sample("gpx/Mojstrovka.gpx"))
    assert track.clock is Clock.NONE
    assert summary(track)["duration_s"] is None
    assert Channel.SPEED not in track


@pytest.mark.parametrize(
    "name",
    [
        "gpx/gpx1.1_with_extensions_without_namespaces.gpx",
        "gpx/gpx_with_garmin_extension.gpx",
        "gpx/unicode_with_bom.gpx",
    ],
)
def test_waypoints_alone_are_no_recording(name: str) -> None:
    with pytest.raises(TelemetryError) as caught:
        read_track(sample(name))
    assert caught.value.code == "telemetry_no_points"


def test_extensions_are_found_under_any_prefix_and_nesting(tmp_path: Path) -> None:
    inner = (
        "<extensions><power>210</power><ns3:TrackPointExtension><ns3:hr>140</ns3:hr>"
        "<ns3:cad>88</ns3:cad><ns3:atemp>21.5</ns3:atemp><ns3:Extensions><ns3:speed>7.5</ns3:speed>"
        "<ns3:course>359</ns3:course></ns3:Extensions></ns3:TrackPointExtension></extensions>"
    )
    track = read_track(_gpx(tmp_path, _segment(*(_point(i, inner=inner) for i in range(3)))))
    expected = {
        Channel.POWER: 210.0,
        Channel.HEART_RATE: 140.0,
        Channel.CADENCE: 88.0,
        Channel.TEMPERATURE: 21.5,
        Channel.SPEED: 7.5,
        Channel.COURSE: 359.0,
    }
    for channel, value in expected.items():
        assert track.columns[channel].values.tolist() == [value] * 3, channel


@pytest.mark.parametrize("lat", ["NaN", "inf", "1e400", "1_0", "٤٥", "-91", ""])
def test_a_coordinate_that_is_no_plain_number_drops_its_point(tmp_path: Path, lat: str) -> None:
    points = [_point(0), _point(1, lat=lat), _point(2)]
    found = summary(read_track(_gpx(tmp_path, _segment(*points))))
    assert found["points"] == 3
    assert found["valid_points"] == 2
    assert found["dropped"] == {"bad_position": 1}


def test_a_document_type_is_refused(tmp_path: Path) -> None:
    bomb = '<!DOCTYPE gpx [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><gpx version="1.1">'
    path = _gpx(tmp_path, _segment(_point(0, inner="<name>&b;</name>")), head=bomb)
    with pytest.raises(TelemetryError) as caught:
        read_track(path)
    assert caught.value.code == "telemetry_xml_forbidden"


def test_a_file_that_breaks_off_gives_what_stands_before(tmp_path: Path) -> None:
    path = _gpx(tmp_path, _segment(*(_point(i) for i in range(10))))
    path.write_bytes(path.read_bytes()[:-120])
    track = read_track(path)
    assert 7 <= len(track) < 10
    assert any("cut off" in warning for warning in track.quality.warnings)


def test_a_gap_between_segments_adds_no_distance(tmp_path: Path) -> None:
    near = _segment(*(_point(i, lat=45 + i * 1e-4) for i in range(5)))
    far = _segment(*(_point(i + 10, lat=45.01 + i * 1e-4) for i in range(5)))
    track = read_track(_gpx(tmp_path, near + far))
    assert track.segments == (0, 5)
    assert summary(track)["distance_m"] == pytest.approx(8 * 11.12, rel=0.01)


def test_crossing_the_date_line_is_a_short_way(tmp_path: Path) -> None:
    east = [179.9998, 179.9999, -180.0, -179.9999, -179.9998]
    track = read_track(_gpx(tmp_path, _segment(*(_point(i, 0.5, x) for i, x in enumerate(east)))))
    assert summary(track)["distance_m"] == pytest.approx(4 * 11.12, rel=0.01)
    assert np.allclose(track.columns[Channel.COURSE].values, 90.0, atol=0.1)


@pytest.mark.parametrize("odd", ["<ele>7</ele>", "<!-- rest -->", "<name>A &amp; B</name>", ""])
def test_points_of_differing_shapes_read_as_if_they_were_alike(tmp_path: Path, odd: str) -> None:
    points = [_point(i % 60, lat=45 + i * 1e-5, inner="<ele>5</ele>") for i in range(50)]
    points[20] = _point(20, lat=45 + 20 * 1e-5, inner=odd)
    track = read_track(_gpx(tmp_path, _segment(*points)))
    assert track.t.tolist() == [float(i) for i in range(50)]
    assert np.allclose(track.columns[Channel.LAT].values, 45 + np.arange(50) * 1e-5)
    assert track.columns[Channel.ALTITUDE].valid.sum() == (50 if "ele" in odd else 49)


def test_points_in_a_comment_are_no_points(tmp_path: Path) -> None:
    points = [_point(i) for i in range(10)]
    text = _segment(*points[:5], "<!--", *points[5:8], "-->", *points[8:])
    assert len(read_track(_gpx(tmp_path, text))) == 7


def test_a_file_in_another_encoding_is_read(tmp_path: Path) -> None:
    path = _gpx(tmp_path, _segment(*(_point(i) for i in range(5))))
    text = path.read_text(encoding="utf-8").replace("1.0", "1.0").replace("?>", "?>\n")
    path.write_bytes(text.encode("utf-16"))
    assert len(read_track(path)) == 5
