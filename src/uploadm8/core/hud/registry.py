"""Which class draws an entry."""

from typing import Any

from uploadm8.core.hud.spec import WidgetEntry, WidgetKind
from uploadm8.core.hud.widget import Widget
from uploadm8.core.hud.widgets.compass import CompassTape
from uploadm8.core.hud.widgets.g_ball import GBall
from uploadm8.core.hud.widgets.minimap import WholeMap
from uploadm8.core.hud.widgets.profile import AltitudeProfile
from uploadm8.core.hud.widgets.speed_arc import SpeedArc
from uploadm8.core.hud.widgets.stats import Stats

_KINDS: dict[WidgetKind, type[Widget[Any]]] = {
    WidgetKind.SPEED: SpeedArc,
    WidgetKind.MAP: WholeMap,
    WidgetKind.ALTITUDE: AltitudeProfile,
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


def known(entry: WidgetEntry) -> bool:
    """Whether a class draws the entry."""
    return entry.kind in _KINDS


def widget_class(entry: WidgetEntry) -> type[Widget[Any]]:
    """The class that draws the entry."""
    return _KINDS[entry.kind]
