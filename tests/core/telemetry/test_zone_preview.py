"""Zones drawn after a track was kept: nothing inside is shown, and no line leads through."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from uploadm8.core.telemetry.geo import distance_m
from uploadm8.core.telemetry.preview import Json, geojson, preview, summary
from uploadm8.core.telemetry.track import Channel, Clock, Column, Track
from uploadm8.core.telemetry.zone_preview import hide_in_preview, hide_in_summary
from uploadm8.core.telemetry.zones import Zone

_STEP_M = 50.0


def _track(count: int = 41, lon: float = 11.0) -> Track:
    """A straight way north, a fix every 50 m."""
    everywhere = np.ones(count, np.bool_)
    lat = 47.0 + np.arange(count) * _STEP_M / 111_195
    columns = {
        Channel.LAT: Column(lat, everywhere),
        Channel.LON: Column(np.full(count, lon), everywhere),
        Channel.SPEED: Column(np.full(count, 25.0), everywhere),
    }
    return Track("test", np.arange(count, dtype=np.float64) * 2.0, columns, clock=Clock.RELATIVE)


def _kept(track: Track) -> Json:
    return {**preview(track), "geojson": geojson(track)}


def _zone(row: int, radius_m: float, track: Track) -> Zone:
    lat, lon = track.columns[Channel.LAT], track.columns[Channel.LON]
    return Zone(float(lat.values[row]), float(lon.values[row]), radius_m)


def _lines(shown: Json) -> list[list[list[float]]]:
    geometry = shown["geojson"]["geometry"]
    found: list[list[list[float]]] = [] if geometry is None else geometry["coordinates"]
    return found


def test_positions_inside_are_gone_and_the_rest_stays() -> None:
    track = _track()
    shown = hide_in_preview(_kept(track), [_zone(20, 130.0, track)])
    lat = shown["channels"]["lat"]
    assert [i for i, value in enumerate(lat) if value is None] == [18, 19, 20, 21, 22]
    assert shown["channels"]["speed"] == [25.0] * 41
    assert {18, 23} <= set(shown["segment_starts"])
    assert [len(line) for line in _lines(shown)] == [18, 18]


def test_no_line_leads_through_a_zone_between_two_fixes() -> None:
    track = _track()
    middle = Zone(47.0 + 20.5 * _STEP_M / 111_195, 11.0, 20.0)
    shown = hide_in_preview(_kept(track), [middle])
    assert None not in shown["channels"]["lat"]
    assert 21 in shown["segment_starts"]
    assert [len(line) for line in _lines(shown)] == [21, 20]


def test_a_track_wholly_inside_has_no_geometry() -> None:
    track = _track()
    shown = hide_in_preview(_kept(track), [_zone(20, 5_000.0, track)])
    assert shown["geojson"]["geometry"] is None
    assert set(shown["channels"]["lat"]) == {None}


def test_a_zone_on_the_date_line_hides_both_sides() -> None:
    track = _track(lon=-179.9999)
    zone = Zone(47.0, 179.9999, 200.0)
    assert hide_in_preview(_kept(track), [zone])["channels"]["lon"][0] is None


def test_the_ends_in_a_summary_are_told_only_outside() -> None:
    track = _track()
    facts = hide_in_summary(summary(track), [_zone(0, 100.0, track)])
    assert facts["first"] is None
    assert facts["last"] == summary(track)["last"]


def test_without_zones_nothing_changes() -> None:
    kept = _kept(_track())
    assert hide_in_preview(kept, []) == kept


@given(st.integers(0, 40), st.floats(50, 2_000), st.integers(0, 40), st.floats(50, 2_000))
def test_nothing_shown_ever_lies_inside(a: int, ra: float, b: int, rb: float) -> None:
    track = _track()
    zones = [_zone(a, ra, track), _zone(b, rb, track)]
    shown = hide_in_preview(_kept(track), zones)
    places = [(lat, lon) for line in _lines(shown) for lon, lat in line]
    channels = shown["channels"]
    pairs = zip(channels["lat"], channels["lon"], strict=True)
    places += [(lat, lon) for lat, lon in pairs if lat is not None]
    for zone in zones:
        for lat, lon in places:
            assert distance_m(lat, lon, zone.lat, zone.lon) >= zone.radius_m - 0.05
