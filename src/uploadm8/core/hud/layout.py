"""Find a place for every widget: inside the safe area, at its anchor, never over another one."""

from collections.abc import Sequence
from dataclasses import dataclass

from uploadm8.core.hud.frame import Rect
from uploadm8.core.hud.frost import CELL
from uploadm8.core.hud.spec import Anchor

_A = Anchor
_UP = {_A.BOTTOM_LEFT, _A.BOTTOM, _A.BOTTOM_RIGHT}
_LEFT = {_A.TOP_LEFT, _A.LEFT, _A.BOTTOM_LEFT}
_RIGHT = {_A.TOP_RIGHT, _A.RIGHT, _A.BOTTOM_RIGHT}
_MIDDLE = {_A.LEFT, _A.CENTER, _A.RIGHT}


@dataclass(frozen=True, slots=True)
class Request:
    """A widget that wants a place.

    Attributes:
        width: px.
        height: px.
        anchors: where it may stand, best first.
        order: lower ones get their places first.
        least: px it can do with, between others; None = only its full width will do.
    """

    width: float
    height: float
    anchors: Sequence[Anchor]
    order: int = 0
    least: float | None = None


def arrange(requests: Sequence[Request], area: Rect, gap: float) -> list[Rect | None]:
    """Places in the order of the requests; None for those that found none.

    One whose anchor is taken takes what is free beside it when that will do; else it moves away
    from the frame's edge, past what is there, as far as the other half of the area; then its next
    anchor is tried.
    """
    space = _whole_gap(gap)
    places: dict[int, Rect | None] = {}
    for index in sorted(range(len(requests)), key=lambda i: (requests[i].order, i)):
        taken = [rect for rect in places.values() if rect is not None]
        places[index] = _place(requests[index], area, taken, space)
    return [places[index] for index in range(len(requests))]


def whole_cells(area: Rect) -> Rect:
    """The area without the columns that no panel can fill, so that both edges line up."""
    spare = area.w % CELL
    return Rect(area.x + (spare // 2 & ~1), area.y, area.w - spare, area.h)


def _whole_gap(gap: float) -> int:
    """The gap in whole cells, so that what stands between two others fills its row."""
    return round(gap / CELL) * CELL if gap >= CELL else round(gap / 2) * 2


def _place(request: Request, area: Rect, taken: Sequence[Rect], space: int) -> Rect | None:
    full = request.width if request.least is None else min(request.width, area.w)
    w, h = cells(full, area.w), cells(request.height, area.h)
    if w == 0 or h == 0:
        return None
    least = w if request.least is None else cells(request.least, area.w) or w
    for anchor in request.anchors:
        rect = _move_off(_start(anchor, w, h, area), anchor, least, area, taken, space)
        if rect is not None:
            return rect
    return None


def cells(size: float, most: int) -> int:
    """A size in whole frost cells, at least two of them; 0 when it does not fit into `most`."""
    if size > most + 1e-6:
        return 0
    return min(max(2, round(size / CELL)), most // CELL) * CELL


def _start(anchor: Anchor, w: int, h: int, area: Rect) -> Rect:
    if anchor in _LEFT:
        x = area.x
    elif anchor in _RIGHT:
        x = area.right - w
    else:
        x = area.x + (area.w - w) // 2
    if anchor in _UP:
        y = area.bottom - h
    elif anchor in _MIDDLE:
        y = area.y + (area.h - h) // 2
    else:
        y = area.y
    return Rect(x & ~1, y & ~1, w, h)


def _move_off(
    rect: Rect, anchor: Anchor, least: int, area: Rect, taken: Sequence[Rect], space: int
) -> Rect | None:
    for _ in range(len(taken) + 1):
        hit = _too_near(rect, taken, space)
        if not hit:
            return rect
        beside = _beside(rect, anchor, least, area, taken, space)
        if beside is not None:
            return beside
        if anchor in _UP:
            y = min(other.y for other in hit) - space - rect.h
        else:
            y = max(other.bottom for other in hit) + space
        y = y & ~1 if anchor in _UP else y + 1 & ~1
        rect = Rect(rect.x, y, rect.w, rect.h)
        if not rect.inside(area) or not _own_half(rect, anchor, area):
            return None
    return None


def _too_near(rect: Rect, taken: Sequence[Rect], space: int) -> list[Rect]:
    wide = Rect(rect.x - space, rect.y - space, rect.w + 2 * space, rect.h + 2 * space)
    return [other for other in taken if wide.overlaps(other)]


def _beside(
    rect: Rect, anchor: Anchor, least: int, area: Rect, taken: Sequence[Rect], space: int
) -> Rect | None:
    """The widest free part of its rows, as far as it is wanted; None when that is too narrow."""
    if least >= rect.w:
        return None
    rows = Rect(area.x - space, rect.y, area.w + 2 * space, rect.h)
    ends, free = area.x, [(0, 0)]
    for other in sorted(_too_near(rows, taken, space)):
        free.append((other.x - space - ends, ends))
        ends = max(ends, other.right + space)
    free.append((area.right - ends, ends))
    room, x = max(free)
    if room < least:
        return None
    w = min(rect.w, room // CELL * CELL)
    if anchor in _RIGHT:
        x += room - w
    elif anchor not in _LEFT:
        x = min(max(area.x + ((area.w - w) // 2 & ~1), x), x + room - w)
    return Rect(x, rect.y, w, rect.h)


def _own_half(rect: Rect, anchor: Anchor, area: Rect) -> bool:
    """Whether it is still nearer to its own edge than to the opposite one."""
    middle = rect.y + rect.h / 2
    if anchor in _UP:
        return middle >= area.y + area.h * 0.4
    return middle <= area.y + area.h * (0.95 if anchor in _MIDDLE else 0.6)
