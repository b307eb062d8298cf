"""The single numbers a HUD can show: where each comes from and how it is written."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from uploadm8.core.hud.scene import Scene
from uploadm8.core.hud.spec import StatField
from uploadm8.core.hud.units import duration_text, gear_text, number
from uploadm8.core.telemetry.track import Channel

Reader = Callable[[int], tuple[str, str]]
_EARTH_M = 6_371_008.8


@dataclass(frozen=True, slots=True)
class Field:
    """One number.

    Attributes:
        label: its caption.
        channels: what it needs; all must be there.
        reader: makes, for a scene, the function from frame index to (number, unit).
        short: its caption where there is little room; "" where number and unit say it all.
    """

    label: str
    channels: tuple[Channel, ...]
    reader: Callable[[Scene], Reader]
    short: str = ""


def _plain(
    channel: Channel, symbol: str, decimals: int = 0, *, signed: bool = False
) -> Callable[[Scene], Reader]:
    def make(scene: Scene) -> Reader:
        values = scene.held(channel)
        return lambda i: (number(float(values[i]), decimals, signed=signed), symbol)

    return make


def _speed(scene: Scene) -> Reader:
    values = scene.held(Channel.SPEED) * scene.units.speed.factor
    return lambda i: (number(float(values[i])), scene.units.speed.symbol)


def _pace(scene: Scene) -> Reader:
    values = scene.held(Channel.SPEED)
    return lambda i: (
        scene.units.pace_text(float(values[i])) or "\u2013",
        scene.units.pace.symbol,
    )


def _altitude(scene: Scene) -> Reader:
    values = scene.held(Channel.ALTITUDE) * scene.units.height.factor
    return lambda i: (number(float(values[i])), scene.units.height.symbol)


def _distance(scene: Scene) -> Reader:
    values = scene.held(Channel.DISTANCE)
    return lambda i: scene.units.distance_text(float(values[i]))


def _vertical_speed(scene: Scene) -> Reader:
    values = scene.held(Channel.VERTICAL_SPEED)
    return lambda i: scene.units.climb_text(float(values[i]))


def _home_distance(scene: Scene) -> Reader:
    lat, lon = np.deg2rad(scene.held(Channel.LAT)), np.deg2rad(scene.held(Channel.LON))
    track = scene.samples.track
    first = int(np.argmax(track.columns[Channel.LAT].valid))
    home_lat = np.deg2rad(track.columns[Channel.LAT].values[first])
    home_lon = np.deg2rad(track.columns[Channel.LON].values[first])
    east = (lon - home_lon) * np.cos(home_lat)
    metres = np.hypot(east, lat - home_lat) * _EARTH_M
    return lambda i: scene.units.distance_text(float(metres[i]))


def _clock(scene: Scene) -> Reader:
    def read(i: int) -> tuple[str, str]:
        now = scene.clock.at(float(scene.samples.times[i]))
        if scene.spec.clock_24h:
            return f"{now:%H:%M:%S}", ""
        return f"{now.hour % 12 or 12}:{now:%M:%S}", f"{now:%p}"

    return read


def _date(scene: Scene) -> Reader:
    return lambda i: (f"{scene.clock.at(float(scene.samples.times[i])):%Y-%m-%d}", "")


def _elapsed(scene: Scene) -> Reader:
    """Since the log began, like the distance; or since the clip did, if that was earlier."""
    times, logged = scene.samples.times, scene.samples.track.t
    start = min(float(times[0]), *map(float, logged[:1]))
    return lambda i: (duration_text(float(times[i]) - start), "")


def _gear(scene: Scene) -> Reader:
    values = scene.held(Channel.GEAR)
    return lambda i: (gear_text(float(values[i])), "")


def _g_force(scene: Scene) -> Reader:
    force = np.hypot(scene.held(Channel.G_LAT), scene.held(Channel.G_LONG))
    return lambda i: (f"{force[i]:.2f}", "g")


def _course(scene: Scene) -> Reader:
    values = scene.held(Channel.COURSE)
    return lambda i: (f"{round(float(values[i])) % 360:03d}\u00b0", "")


def _lean(scene: Scene) -> Reader:
    values = scene.held(Channel.LEAN)
    return lambda i: (number(float(values[i])) + "\u00b0", "")


def _temperature(scene: Scene) -> Reader:
    values = scene.held(Channel.TEMPERATURE)
    return lambda i: scene.units.temperature_text(float(values[i]))


def _coordinates(scene: Scene) -> Reader:
    lat, lon = scene.held(Channel.LAT), scene.held(Channel.LON)

    def read(i: int) -> tuple[str, str]:
        north, east = float(lat[i]), float(lon[i])
        first = f"{abs(north):.5f}\u00b0{'S' if north < 0 else 'N'}"
        return f"{first} {abs(east):.5f}\u00b0{'W' if east < 0 else 'E'}", ""

    return read


_F = StatField
_C = Channel
FIELDS: dict[StatField, Field] = {
    _F.SPEED: Field("SPEED", (_C.SPEED,), _speed),
    _F.CLOCK: Field("TIME", (), _clock),
    _F.DATE: Field("DATE", (), _date),
    _F.ELAPSED: Field("ELAPSED", (), _elapsed),
    _F.DISTANCE: Field("DISTANCE", (_C.DISTANCE,), _distance),
    _F.ALTITUDE: Field("ALTITUDE", (_C.ALTITUDE,), _altitude, "ALT"),
    _F.GRADE: Field("GRADE", (_C.GRADE,), _plain(_C.GRADE, "%", 1, signed=True)),
    _F.HEART_RATE: Field("HEART", (_C.HEART_RATE,), _plain(_C.HEART_RATE, "bpm")),
    _F.POWER: Field("POWER", (_C.POWER,), _plain(_C.POWER, "W")),
    _F.CADENCE: Field("CADENCE", (_C.CADENCE,), _plain(_C.CADENCE, "rpm")),
    _F.VERTICAL_SPEED: Field("CLIMB", (_C.VERTICAL_SPEED,), _vertical_speed),
    _F.TEMPERATURE: Field("TEMP", (_C.TEMPERATURE,), _temperature),
    _F.RPM: Field("RPM", (_C.RPM,), _plain(_C.RPM, ""), "RPM"),
    _F.GEAR: Field("GEAR", (_C.GEAR,), _gear, "GEAR"),
    _F.LEAN: Field("LEAN", (_C.LEAN,), _lean, "LEAN"),
    _F.G_FORCE: Field("G-FORCE", (_C.G_LAT, _C.G_LONG), _g_force),
    _F.COURSE: Field("HEADING", (_C.COURSE,), _course, "HDG"),
    _F.HOME_DISTANCE: Field("HOME", (_C.LAT, _C.LON), _home_distance, "HOME"),
    _F.PACE: Field("PACE", (_C.SPEED,), _pace),
    _F.LAP: Field("LAP", (_C.LAP,), _plain(_C.LAP, ""), "LAP"),
    _F.SATELLITES: Field("SATS", (_C.SATELLITES,), _plain(_C.SATELLITES, ""), "SATS"),
    _F.COORDINATES: Field("POSITION", (_C.LAT, _C.LON), _coordinates),
}
_NEEDS_DATE = {StatField.CLOCK, StatField.DATE}


def field_available(scene: Scene, field: StatField) -> bool:
    """Whether the clip has what the field needs, and the user lets it be seen."""
    if field in _NEEDS_DATE:
        return scene.clock.known
    if field in {StatField.SPEED, StatField.PACE} and scene.spec.safe_driving.mode == "hide":
        return False
    return scene.has(*FIELDS[field].channels)
