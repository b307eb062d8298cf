"""Where each kind of widget stands, by shape of the frame and by look."""

from collections.abc import Mapping, Sequence

from uploadm8.core.hud.spec import Anchor, ThemeName, WidgetEntry, WidgetKind

_K = WidgetKind
_A = Anchor
_Table = Mapping[WidgetKind, Sequence[Anchor]]

_LANDSCAPE: _Table = {
    _K.SPEED: (_A.BOTTOM_LEFT, _A.BOTTOM_RIGHT, _A.BOTTOM, _A.LEFT),
    _K.MAP: (_A.BOTTOM_RIGHT, _A.TOP_RIGHT, _A.RIGHT, _A.BOTTOM_LEFT),
    _K.ALTITUDE: (_A.BOTTOM, _A.TOP, _A.BOTTOM_LEFT),
    _K.STATS: (_A.TOP_LEFT, _A.TOP, _A.BOTTOM_LEFT, _A.TOP_RIGHT, _A.BOTTOM),
    _K.G_FORCE: (_A.TOP_RIGHT, _A.RIGHT, _A.LEFT, _A.TOP_LEFT),
    _K.LEAN: (_A.BOTTOM_LEFT, _A.LEFT, _A.TOP_LEFT, _A.TOP_RIGHT),
    _K.COMPASS: (_A.TOP, _A.BOTTOM),
    _K.ENGINE: (_A.BOTTOM, _A.TOP, _A.BOTTOM_LEFT),
    _K.LAP: (_A.TOP_LEFT, _A.TOP_RIGHT, _A.LEFT),
    _K.MAX_SPEED: (_A.TOP, _A.BOTTOM, _A.TOP_LEFT),
    _K.TEXT: (_A.BOTTOM_RIGHT, _A.TOP_LEFT, _A.BOTTOM, _A.TOP),
    _K.LOGO: (_A.TOP_RIGHT, _A.TOP_LEFT, _A.BOTTOM_RIGHT),
    _K.CLOCK: (_A.TOP_LEFT, _A.TOP, _A.TOP_RIGHT),
    _K.COORDINATES: (_A.TOP_RIGHT, _A.BOTTOM, _A.TOP_LEFT, _A.BOTTOM_LEFT),
}
# Between a row of numbers at the top and one of instruments at the bottom, the picture is free.
_COMPACT: _Table = {
    **_LANDSCAPE,
    _K.SPEED: (_A.BOTTOM_LEFT, _A.BOTTOM, _A.LEFT),
    _K.MAP: (_A.BOTTOM_RIGHT, _A.TOP_RIGHT, _A.RIGHT),
    _K.ALTITUDE: (_A.BOTTOM, _A.BOTTOM_LEFT, _A.TOP),
    _K.STATS: (_A.TOP_LEFT, _A.BOTTOM_LEFT),
    _K.G_FORCE: (_A.TOP_RIGHT, _A.RIGHT, _A.TOP_LEFT),
    _K.LEAN: (_A.TOP_LEFT, _A.LEFT, _A.TOP_RIGHT, _A.RIGHT),
    _K.ENGINE: (_A.TOP_LEFT, _A.BOTTOM_LEFT),
    _K.LAP: (_A.TOP_LEFT, _A.LEFT, _A.TOP_RIGHT),
    _K.TEXT: (_A.BOTTOM_RIGHT, _A.TOP_LEFT, _A.BOTTOM, _A.TOP),
    _K.COORDINATES: (_A.TOP_LEFT, _A.BOTTOM_LEFT, _A.BOTTOM),
}
_BY_THEME: Mapping[ThemeName, _Table] = {
    ThemeName.RACING: {
        _K.SPEED: (_A.BOTTOM_RIGHT, _A.BOTTOM, _A.BOTTOM_LEFT),
        _K.MAP: (_A.TOP_RIGHT, _A.RIGHT, _A.BOTTOM_LEFT),
        _K.G_FORCE: (_A.BOTTOM_LEFT, _A.LEFT, _A.TOP_LEFT),
        _K.ENGINE: (_A.BOTTOM, _A.TOP),
        _K.ALTITUDE: (_A.BOTTOM, _A.TOP),
    },
    ThemeName.DRONE: {
        _K.SPEED: (_A.LEFT, _A.BOTTOM_LEFT, _A.TOP_LEFT),
        _K.ALTITUDE: (_A.RIGHT, _A.BOTTOM_RIGHT, _A.TOP_RIGHT),
    },
    ThemeName.DASHCAM: {
        _K.MAP: (_A.TOP_RIGHT, _A.RIGHT, _A.BOTTOM_RIGHT),
        _K.G_FORCE: (_A.TOP_LEFT, _A.LEFT, _A.BOTTOM_LEFT),
        _K.STATS: (_A.BOTTOM, _A.TOP),
        _K.SPEED: (_A.BOTTOM_LEFT, _A.BOTTOM),
        _K.ALTITUDE: (_A.BOTTOM_RIGHT, _A.BOTTOM, _A.TOP),
    },
}
_COMPACT_BY_THEME: Mapping[ThemeName, _Table] = {
    ThemeName.DRONE: {
        _K.ALTITUDE: (_A.BOTTOM_RIGHT, _A.RIGHT, _A.TOP_RIGHT),
        _K.MAP: (_A.BOTTOM,),
    },
    ThemeName.DASHCAM: _BY_THEME[ThemeName.DASHCAM],
}
_SAME_AS = {
    _K.HEART_RATE: _K.STATS,
    _K.POWER: _K.STATS,
    _K.CADENCE: _K.STATS,
    _K.GRADE: _K.STATS,
    _K.DISTANCE: _K.STATS,
}
# In which order places are given away: what stands nearest to the frame's edge first.
_ORDER = (
    _K.COMPASS,
    _K.STATS,
    _K.ALTITUDE,
    _K.COORDINATES,
    _K.SPEED,
    _K.MAP,
    _K.LEAN,
    _K.ENGINE,
    _K.G_FORCE,
    _K.LAP,
    _K.CLOCK,
    _K.TEXT,
    _K.LOGO,
    _K.MAX_SPEED,
)
# Corners first; compass and altitude take what is free between them.
_COMPACT_ORDER = (
    _K.STATS,
    _K.SPEED,
    _K.MAP,
    _K.COMPASS,
    _K.ALTITUDE,
    _K.COORDINATES,
    _K.CLOCK,
    _K.G_FORCE,
    _K.ENGINE,
    _K.LAP,
    _K.LEAN,
    _K.TEXT,
    _K.LOGO,
    _K.MAX_SPEED,
)


def place_order(entry: WidgetEntry, *, compact: bool) -> int:
    """The rank of an entry when places are given away; lower is earlier.

    Entries that name their anchor go first.
    """
    kind = _SAME_AS.get(entry.kind, entry.kind)
    order = _COMPACT_ORDER if compact else _ORDER
    return -1 if entry.anchor is not None else order.index(kind)


def anchors(
    theme: ThemeName, entry: WidgetEntry, *, compact: bool, again: bool
) -> Sequence[Anchor]:
    """Where an entry may stand, best first; only its own anchor when it names one.

    Args:
        theme: the look.
        entry: what is to be placed.
        compact: whether the frame is seen across the width of a phone.
        again: whether the layout has another widget of the kind before this one.
    """
    if entry.anchor is not None:
        return (entry.anchor,)
    kind = _SAME_AS.get(entry.kind, entry.kind)
    general, by_theme = (_COMPACT, _COMPACT_BY_THEME) if compact else (_LANDSCAPE, _BY_THEME)
    second = (_A.TOP_RIGHT,) if again and kind is _K.STATS and not compact else ()
    return (*second, *by_theme.get(theme, {}).get(kind, ()), *general[kind])
