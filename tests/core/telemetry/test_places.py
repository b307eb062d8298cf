"""The town where a track begins and ends."""

import numpy as np
import pytest

from uploadm8.core.telemetry.places import Place, places_of
from uploadm8.core.telemetry.track import Channel, Clock, Column, Provenance, Track
from uploadm8.core.telemetry.zones import Zone, hide_zones


def track_of(*points: tuple[float, float]) -> Track:
    lat, lon = (np.array(values) for values in zip(*points, strict=True))
    valid = np.ones(len(points), dtype=np.bool_)
    return Track(
        t=np.arange(len(points), dtype=np.float64),
        clock=Clock.RELATIVE,
        format="gpx",
        columns={
            Channel.LAT: Column(lat, valid, Provenance.MEASURED),
            Channel.LON: Column(lon, valid, Provenance.MEASURED),
        },
    )


@pytest.mark.parametrize(
    ("point", "place"),
    [
        ((48.137, 11.575), Place("Munich", "DE")),
        ((51.507, -0.128), Place("London", "GB")),
        ((-36.848, 174.763), Place("Auckland", "NZ")),
        ((-16.78, 179.34), Place("Labasa", "FJ")),
    ],
)
def test_the_nearest_town_is_named(point: tuple[float, float], place: Place) -> None:
    assert places_of(track_of(point))["start"] == place


def test_far_from_every_town_there_is_no_place() -> None:
    assert places_of(track_of((-48.87, -123.39))) == {}


def test_a_hidden_beginning_is_told_from_where_the_track_is_seen() -> None:
    track = track_of((48.137, 11.575), (48.5, 11.5), (47.8, 13.04))
    hidden = hide_zones(track, [Zone(48.137, 11.575, 2_000.0)])
    assert places_of(hidden)["start"].name != "Munich"
    assert places_of(hidden)["end"] == Place("Salzburg", "AT")
