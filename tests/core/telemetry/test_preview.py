"""What leaves as JSON: no NaN, few points, peaks kept, lines that do not cross the map."""

import json
from pathlib import Path

import numpy as np
import pytest

from telemetry_files import FILES
from uploadm8.core.telemetry.plot import draw, write_plot
from uploadm8.core.telemetry.preview import geojson, preview, summary
from uploadm8.core.telemetry.reader import read_track
from uploadm8.core.telemetry.track import Channel, Clock, Column, Track


def _track(lon: list[float], segments: tuple[int, ...] = (0,)) -> Track:
    count = len(lon)
    valid = np.ones(count, dtype=np.bool_)
    speed = np.full(count, 10.0)
    speed[count // 3] = 33.0
    return Track(
        format="test",
        t=np.arange(count, dtype=np.float64),
        columns={
            Channel.LAT: Column(np.full(count, 10.0), valid),
            Channel.LON: Column(np.array(lon), valid),
            Channel.SPEED: Column(speed, valid),
        },
        segments=segments,
        clock=Clock.UTC,
        start_utc=1_700_000_000.0,
    )


def test_the_summary_has_every_promised_key() -> None:
    promised = (
        "format points valid_points dropped segments duration_s start_utc max_speed_mps distance_m "
        "altitude_min_m altitude_max_m first last channels warnings"
    )
    facts = summary(_track([7.0, 7.0001, 7.0002]))
    assert set(promised.split()) <= set(facts)
    assert facts["start_utc"] == "2023-11-14T22:13:20.000Z"
    assert facts["altitude_min_m"] is None


def test_an_empty_track_has_a_summary_of_nothing() -> None:
    facts = summary(Track("test", np.empty(0), {}))
    assert facts["valid_points"] == 0
    assert facts["first"] is None
    assert facts["duration_s"] is None


@pytest.mark.parametrize("most", [4, 10, 100])
def test_a_preview_is_short_and_keeps_the_peak(most: int) -> None:
    track = _track([7.0 + i * 1e-5 for i in range(5_000)])
    shown = preview(track, most)
    assert len(shown["t"]) <= most
    assert max(shown["channels"]["speed"]) == 33.0
    assert all(len(values) == len(shown["t"]) for values in shown["channels"].values())


def test_an_unknown_value_is_null() -> None:
    track = _track([7.0, 7.1, 7.2])
    column = track.columns[Channel.SPEED]
    gap = Column(np.array([1.0, np.nan, 3.0]), np.array([True, False, True]), column.provenance)
    shown = preview(track.with_columns({Channel.SPEED: gap}))
    assert shown["channels"]["speed"] == [1.0, None, 3.0]
    json.dumps(shown, allow_nan=False)


def test_geojson_breaks_the_line_at_segments_and_at_180_degrees() -> None:
    feature = geojson(_track([179.98, 179.99, -179.99, -179.98, 7.0, 7.1], (0, 4)))
    lines = feature["geometry"]["coordinates"]
    assert feature["geometry"]["type"] == "MultiLineString"
    assert [len(line) for line in lines] == [2, 2, 2]
    assert lines[0][0] == [179.98, 10.0]


def test_a_single_position_is_a_point() -> None:
    assert geojson(_track([7.5]))["geometry"] == {"type": "Point", "coordinates": [7.5, 10.0]}


def test_a_track_without_position_has_no_geometry() -> None:
    assert geojson(Track("test", np.empty(0), {}))["geometry"] is None


def test_the_plot_is_a_picture_with_something_in_it(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text(FILES["gpx"][1]())
    image = draw(read_track(path))
    assert image.shape == (720, 1280, 3)
    assert len(np.unique(image.reshape(-1, 3), axis=0)) > 50
    write_plot(read_track(path), tmp_path / "plot.png")
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")


def test_a_track_of_nothing_can_be_drawn() -> None:
    assert draw(Track("test", np.empty(0), {})).shape == (720, 1280, 3)
