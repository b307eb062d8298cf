"""Which class draws an entry."""

from typing import Any

from uploadm8.core.hud.spec import WidgetEntry, WidgetKind
from uploadm8.core.hud.theme import Theme
from uploadm8.core.hud.widget import Widget
from uploadm8.core.hud.widgets.branding import FreeText, Logo
from uploadm8.core.hud.widgets.compass import CompassTape
from uploadm8.core.hud.widgets.engine import Engine
from uploadm8.core.hud.widgets.follow_map import FollowMap
from uploadm8.core.hud.widgets.g_ball import GBall
from uploadm8.core.hud.widgets.ladder import AltitudeLadder, SpeedLadder
from uploadm8.core.hud.widgets.lap import LapTimer
from uploadm8.core.hud.widgets.lean import LeanAngle
from uploadm8.core.hud.widgets.max_speed import MaxSpeed
from uploadm8.core.hud.widgets.minimap import WholeMap
from uploadm8.core.hud.widgets.profile import AltitudeProfile
from uploadm8.core.hud.widgets.speed_arc import SpeedArc
from uploadm8.core.hud.widgets.speed_number import SpeedBar, SpeedDigital
from uploadm8.core.hud.widgets.stats import Stats

_KINDS: dict[WidgetKind, type[Widget[Any]]] = {
    WidgetKind.LEAN: LeanAngle,
    WidgetKind.ENGINE: Engine,
    WidgetKind.LAP: LapTimer,
    WidgetKind.MAX_SPEED: MaxSpeed,
    WidgetKind.TEXT: FreeText,
    WidgetKind.LOGO: Logo,
    WidgetKind.COMPASS: CompassTape,
    WidgetKind.G_FORCE: GBall,
    WidgetKind.STATS: Stats,
    WidgetKind.HEART_RATE: Stats,
    WidgetKind.POWER: Stats,
    WidgetKind.CADENCE: Stats,
    WidgetKind.GRADE: Stats,
    WidgetKind.DISTANCE: Stats,
    WidgetKind.CLOCK: Stats,
    WidgetKind.COORDINATES: Stats,
}


_SPEEDS: dict[str, type[Widget[Any]]] = {
    "arc": SpeedArc,
    "digital": SpeedDigital,
    "bar": SpeedBar,
}


def widget_class(theme: Theme, entry: WidgetEntry) -> type[Widget[Any]]:
    """The class that draws the entry in a theme."""
    if entry.kind is WidgetKind.SPEED:
        if entry.style is None and theme.tapes:
            return SpeedLadder
        return _SPEEDS[entry.style or theme.speed]
    if entry.kind is WidgetKind.MAP:
        return FollowMap if entry.style == "follow" else WholeMap
    if entry.kind is WidgetKind.ALTITUDE:
        return AltitudeLadder if theme.tapes else AltitudeProfile
    return _KINDS[entry.kind]
