"""The way on the ground: positions as metres, clipped to what is shown, simplified for drawing."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from uploadm8.core.hud.scene import Scene
from uploadm8.core.telemetry.track import Channel, FloatArray

_EARTH_M = 6_371_008.8


@dataclass(frozen=True)
class Route:
    """A way in metres east and south of its middle.

    Attributes:
        t: seconds per point, rising.
        xy: metres, shape (n, 2); y grows southwards, as rows do.
        breaks: True where a point does not continue from the one before.
        here: position per frame, metres, shape (frames, 2).
    """

    t: FloatArray
    xy: NDArray[np.float64]
    breaks: NDArray[np.bool_]
    here: NDArray[np.float64]

    @property
    def extent(self) -> tuple[float, float]:
        """Width and height in metres."""
        size = self.xy.max(axis=0) - self.xy.min(axis=0)
        return float(size[0]), float(size[1])


def load_route(scene: Scene) -> Route:
    """The part of the track inside the scene's window."""
    track = scene.samples.track
    lat, lon = track.columns[Channel.LAT], track.columns[Channel.LON]
    start, end = scene.window
    keep = lat.valid & lon.valid & (track.t >= start) & (track.t <= end)
    if not keep.any():
        keep = lat.valid & lon.valid
    index = np.flatnonzero(keep)
    segment = np.searchsorted(np.asarray(track.segments), index, side="right")
    first_lat, first_lon = float(lat.values[index[0]]), float(lon.values[index[0]])
    xy = _project(lat.values[index], lon.values[index], first_lat, first_lon)
    here = _project(scene.held(Channel.LAT), scene.held(Channel.LON), first_lat, first_lon)
    middle = (xy.max(axis=0) + xy.min(axis=0)) / 2
    breaks = np.concatenate([[True], segment[1:] != segment[:-1]])
    return Route(track.t[index], xy - middle, breaks, here - middle)


def _project(lat: FloatArray, lon: FloatArray, lat0: float, lon0: float) -> NDArray[np.float64]:
    """Equirectangular around one point; true to scale for ways up to some hundred kilometres."""
    east = (lon - lon0 + 180) % 360 - 180
    x = np.deg2rad(east) * _EARTH_M * np.cos(np.deg2rad(lat0))
    y = -np.deg2rad(lat - lat0) * _EARTH_M
    return np.stack([x, y], axis=1)


@dataclass(frozen=True)
class Line:
    """A route in pixels, thinned to what can be seen.

    Attributes:
        points: px, shape (n, 2).
        along: px from the start, per point.
        t: seconds per point.
        breaks: True where a point does not continue from the one before.
    """

    points: NDArray[np.float64]
    along: FloatArray
    t: FloatArray
    breaks: NDArray[np.bool_]

    @property
    def length(self) -> float:
        """Px from start to end."""
        return float(self.along[-1]) if len(self.along) else 0.0

    def pieces(self) -> list[NDArray[np.float64]]:
        """The unbroken parts."""
        return [p for p in np.split(self.points, np.flatnonzero(self.breaks)) if len(p)]


def thin(points: NDArray[np.float64], t: FloatArray, breaks: NDArray[np.bool_]) -> Line:
    """Keep about one point per 3/4 pixel of way, and every end of a piece."""
    steps = np.hypot(*np.diff(points, axis=0).T) if len(points) > 1 else np.zeros(0)
    steps[breaks[1:]] = 0
    along = np.concatenate([[0.0], np.cumsum(steps)])
    cell = np.floor(along / 0.75)
    keep = breaks | np.concatenate([breaks[1:], [True]])
    keep[1:] |= cell[1:] != cell[:-1]
    return Line(points[keep], along[keep], t[keep], breaks[keep])
