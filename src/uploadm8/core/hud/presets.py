"""What each preset shows, most important first, and where."""

from collections.abc import Sequence

from uploadm8.core.hud.spec import Anchor, HudSpec, Preset, StatField, WidgetEntry, WidgetKind

_K = WidgetKind
_F = StatField
_A = Anchor


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
_LANDSCAPE: dict[WidgetKind, tuple[Anchor, ...]] = {
    _K.SPEED: (_A.BOTTOM_LEFT, _A.BOTTOM, _A.LEFT),
    _K.MAP: (_A.BOTTOM_RIGHT, _A.TOP_RIGHT, _A.RIGHT),
    _K.ALTITUDE: (_A.BOTTOM, _A.TOP),
    _K.STATS: (_A.TOP_LEFT, _A.TOP, _A.TOP_RIGHT, _A.BOTTOM),
    _K.G_FORCE: (_A.TOP_RIGHT, _A.RIGHT, _A.LEFT),
    _K.COMPASS: (_A.TOP, _A.BOTTOM),
}
_PORTRAIT: dict[WidgetKind, tuple[Anchor, ...]] = {
    _K.SPEED: (_A.BOTTOM_LEFT, _A.BOTTOM, _A.LEFT),
    _K.MAP: (_A.BOTTOM_RIGHT, _A.RIGHT, _A.TOP_RIGHT),
    _K.ALTITUDE: (_A.BOTTOM, _A.TOP),
    _K.STATS: (_A.TOP, _A.BOTTOM),
    _K.G_FORCE: (_A.TOP_RIGHT, _A.RIGHT, _A.LEFT),
    _K.COMPASS: (_A.TOP, _A.BOTTOM),
}


# In which order places are given away: what stands nearest to the edge first.
_ORDER = (
    _K.COMPASS,
    _K.STATS,
    _K.ALTITUDE,
    _K.SPEED,
    _K.MAP,
    _K.G_FORCE,
)


def place_order(entry: WidgetEntry) -> int:
    """The rank of an entry when places are given away; lower is earlier."""
    return _ORDER.index(entry.kind) if entry.kind in _ORDER else len(_ORDER)


def entries(spec: HudSpec) -> tuple[WidgetEntry, ...]:
    """The widgets of a spec: its own, or its preset's."""
    return PRESETS[spec.preset] if spec.widgets is None else spec.widgets


def anchors(entry: WidgetEntry, *, portrait: bool) -> Sequence[Anchor]:
    """Where an entry may stand, best first; only its own anchor when it names one."""
    if entry.anchor is not None:
        return (entry.anchor,)
    return (_PORTRAIT if portrait else _LANDSCAPE).get(entry.kind, tuple(Anchor))
