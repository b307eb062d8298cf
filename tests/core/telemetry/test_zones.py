"""Inside a privacy zone there is no position left, and no line through it."""

import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from uploadm8.core.telemetry.geo import distance_m
from uploadm8.core.telemetry.preview import geojson, preview, summary
from uploadm8.core.telemetry.resample import resample
from uploadm8.core.telemetry.track import Channel, Clock, Column, Track
from uploadm8.core.telemetry.zones import Zone, hide_zones

_HOME = Zone(45.01, 7.0, 300.0)


def _track(count: int = 200) -> Track:
    valid = np.ones(count, dtype=np.bool_)
    return Track(
        format="test",
        t=np.arange(count, dtype=np.float64),
        columns={
            Channel.LAT: Column(45.0 + 1e-4 * np.arange(count, dtype=np.float64), valid),
            Channel.LON: Column(np.full(count, 7.0), valid),
            Channel.SPEED: Column(np.full(count, 11.0), valid),
        },
        clock=Clock.UTC,
    )


def test_no_position_inside_the_zone_is_left() -> None:
    hidden = hide_zones(_track(), [_HOME])
    lat, lon = hidden.columns[Channel.LAT], hidden.columns[Channel.LON]
    assert 100 < lat.valid.sum() < 200
    for y, x in zip(lat.values[lat.valid], lon.values[lon.valid], strict=True):
        assert distance_m(y, x, _HOME.lat, _HOME.lon) > _HOME.radius_m
    assert np.isnan(lat.values[~lat.valid]).all()


def test_speed_stays() -> None:
    assert hide_zones(_track(), [_HOME]).columns[Channel.SPEED].valid.all()


def test_no_line_leads_through_the_zone() -> None:
    lines = geojson(hide_zones(_track(), [_HOME]))["geometry"]["coordinates"]
    assert len(lines) == 2
    assert lines[0][-1][1] < 45.0075
    assert lines[1][0][1] > 45.0125


def test_nothing_is_interpolated_into_the_zone() -> None:
    samples = resample(hide_zones(_track(), [_HOME]), np.arange(0, 199, 0.1))
    shown = samples.values[Channel.LAT][samples.valid[Channel.LAT]]
    assert not ((shown > 45.0074) & (shown < 45.0126)).any()


def test_a_track_wholly_inside_has_no_position_at_all() -> None:
    hidden = hide_zones(_track(), [Zone(45.01, 7.0, 50_000.0)])
    assert summary(hidden)["first"] is None
    assert geojson(hidden)["geometry"] is None
    assert "lat" not in preview(hidden)["channels"]


@given(st.floats(-90, 90), st.floats(-180, 180), st.floats(0, 3e7))
def test_any_zone_leaves_a_track_that_can_be_shown(lat: float, lon: float, radius: float) -> None:
    hidden = hide_zones(_track(30), [Zone(lat, lon, radius)])
    json.dumps([summary(hidden), preview(hidden), geojson(hidden)], allow_nan=False)
