"""What each preset shows, most important first."""

from collections.abc import Mapping

from uploadm8.core.hud.spec import HudSpec, Preset, StatField, WidgetEntry, WidgetKind
from uploadm8.core.hud.themes import THEMES

_K = WidgetKind
_F = StatField


def _stats(*fields: StatField) -> WidgetEntry:
    return WidgetEntry(kind=_K.STATS, fields=fields)


def _entry(kind: WidgetKind) -> WidgetEntry:
    return WidgetEntry(kind=kind)


_BRAND = (_entry(_K.TEXT), _entry(_K.LOGO))  # there only when the user gives them
PRESETS: dict[Preset, tuple[WidgetEntry, ...]] = {
    Preset.CAR: (
        _entry(_K.SPEED),
        _entry(_K.MAP),
        _stats(_F.CLOCK, _F.DISTANCE, _F.ELAPSED),
        _entry(_K.G_FORCE),
        _entry(_K.ALTITUDE),
        _entry(_K.COMPASS),
        _entry(_K.ENGINE),
        _entry(_K.LAP),
        _entry(_K.MAX_SPEED),
        *_BRAND,
    ),
    Preset.MOTORCYCLE: (
        _entry(_K.SPEED),
        _entry(_K.LEAN),
        _entry(_K.MAP),
        _stats(_F.CLOCK, _F.DISTANCE, _F.ELAPSED),
        _entry(_K.ALTITUDE),
        _entry(_K.G_FORCE),
        _entry(_K.ENGINE),
        _entry(_K.LAP),
        _entry(_K.COMPASS),
        _entry(_K.MAX_SPEED),
        *_BRAND,
    ),
    Preset.BIKE: (
        _entry(_K.SPEED),
        _entry(_K.MAP),
        _entry(_K.ALTITUDE),
        _stats(_F.HEART_RATE, _F.POWER, _F.CADENCE),
        _stats(_F.DISTANCE, _F.ELAPSED, _F.CLOCK),
        _entry(_K.COMPASS),
        _entry(_K.MAX_SPEED),
        *_BRAND,
    ),
    Preset.RUN: (
        _stats(_F.PACE, _F.HEART_RATE, _F.CADENCE),
        _entry(_K.MAP),
        _entry(_K.ALTITUDE),
        _stats(_F.DISTANCE, _F.ELAPSED, _F.CLOCK),
        *_BRAND,
    ),
    Preset.DRONE: (
        _entry(_K.SPEED),
        _entry(_K.ALTITUDE),
        _entry(_K.COMPASS),
        WidgetEntry(kind=_K.MAP, style="follow"),
        _stats(_F.HOME_DISTANCE, _F.VERTICAL_SPEED, _F.SATELLITES),
        _entry(_K.COORDINATES),
        *_BRAND,
    ),
    Preset.BOAT: (
        _entry(_K.SPEED),
        _entry(_K.COMPASS),
        WidgetEntry(kind=_K.MAP, style="follow"),
        _stats(_F.COURSE, _F.DISTANCE, _F.CLOCK),
        _entry(_K.COORDINATES),
        *_BRAND,
    ),
}
_OF_PRESET: Mapping[Preset, tuple[StatField, ...]] = {
    Preset.BIKE: (_F.HEART_RATE, _F.POWER, _F.CADENCE),
    Preset.RUN: (_F.PACE, _F.HEART_RATE, _F.CADENCE),
    Preset.DRONE: (_F.ALTITUDE, _F.HOME_DISTANCE, _F.VERTICAL_SPEED),
}
_IN_STRIP = {_K.STATS, _K.SPEED, _K.COMPASS, _K.COORDINATES, _K.ALTITUDE}


def entries(spec: HudSpec) -> tuple[WidgetEntry, ...]:
    """The widgets of a spec: its own, or its preset's; a strip theme gathers numbers in one."""
    if spec.widgets is not None:
        return spec.widgets
    chosen = PRESETS[spec.preset]
    if THEMES[spec.theme].strip:
        return (_strip(spec.preset), *(e for e in chosen if e.kind not in _IN_STRIP))
    return chosen


def _strip(preset: Preset) -> WidgetEntry:
    """Everything in numbers: when, how fast, what matters to the preset, where."""
    own = _OF_PRESET.get(preset, ())
    return _stats(_F.DATE, _F.CLOCK, _F.SPEED, *own, _F.DISTANCE, _F.COURSE, _F.COORDINATES)
