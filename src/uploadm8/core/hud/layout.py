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
    """

    width: float
    height: float
    anchors: Sequence[Anchor]
    order: int = 0


def arrange(requests: Sequence[Request], area: Rect, gap: float) -> list[Rect | None]:
    """Places in the order of the requests; None for those that found none.

    One whose anchor is taken moves away from the frame's edge, past
    what is there, as far as the other half of the area; then its next anchor is tried.
    """
    places: dict[int, Rect | None] = {}
    for index in sorted(range(len(requests)), key=lambda i: (requests[i].order, i)):
        taken = [rect for rect in places.values() if rect is not None]
        places[index] = _place(requests[index], area, taken, gap)
    return [places[index] for index in range(len(requests))]


def _place(request: Request, area: Rect, taken: Sequence[Rect], gap: float) -> Rect | None:
    w, h = cells(request.width, area.w), cells(request.height, area.h)
    if w == 0 or h == 0:
        return None
    for anchor in request.anchors:
        rect = _move_off(_start(anchor, w, h, area), anchor, area, taken, gap)
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
    rect: Rect, anchor: Anchor, area: Rect, taken: Sequence[Rect], gap: float
) -> Rect | None:
    space = round(gap / 2) * 2
    for _ in range(len(taken) + 1):
        wide = Rect(rect.x - space, rect.y - space, rect.w + 2 * space, rect.h + 2 * space)
        hit = [other for other in taken if wide.overlaps(other)]
        if not hit:
            return rect
        if anchor in _UP:
            y = min(other.y for other in hit) - space - rect.h
        else:
            y = max(other.bottom for other in hit) + space
        y = y & ~1 if anchor in _UP else y + 1 & ~1
        rect = Rect(rect.x, y, rect.w, rect.h)
        if not rect.inside(area) or not _own_half(rect, anchor, area):
            return None
    return None


def _own_half(rect: Rect, anchor: Anchor, area: Rect) -> bool:
    """Whether it is still nearer to its own edge than to the opposite one."""
    middle = rect.y + rect.h / 2
    if anchor in _UP:
        return middle >= area.y + area.h * 0.4
    return middle <= area.y + area.h * (0.95 if anchor in _MIDDLE else 0.6)
