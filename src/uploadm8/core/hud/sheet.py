"""Sheet: panels that stand together, glazed and blended on the frame as one.

Every pass over a rectangle of a plane costs some microseconds however small it is, and a panel
takes a dozen of them: close neighbours are cheaper together, with the little between them. What is
between them is never changed; the glass of neighbours also takes in the light from between them.
"""

from collections.abc import Sequence
from itertools import combinations

import cv2
import numpy as np
from numpy.typing import NDArray

from uploadm8.core.hud.box import Box
from uploadm8.core.hud.color import ColorCoding
from uploadm8.core.hud.frame import Plane, Planes, Rect
from uploadm8.core.hud.frost import CELL, GlassTone, Pane, panes
from uploadm8.core.hud.layer import Layer
from uploadm8.core.hud.panel import Panel
from uploadm8.core.hud.shadow import Shadow

_SPARE = 30_000  # pixels between panels that cost no more than a sheet of its own


class Sheet:
    """Panels that are on the screen at the same times, and at the same strength.

    Args:
        panels: one or more, alike in `strength`; each draws on this sheet from now on.
        tone: of the glass behind them, if the theme has any; then the rectangle around them is in
            whole cells.
        coding: the frame's.
        opacity: of that glass.
    """

    def __init__(
        self,
        panels: Sequence[Panel],
        tone: GlassTone | None,
        coding: ColorCoding,
        opacity: float = 1.0,
    ) -> None:
        self.rect = x, y, w, h = _rect(panels)
        self._panels: list[tuple[Panel, Shadow | None]] = []
        self._opacity = opacity
        self._strength = panels[0].strength
        self._luma = np.s_[y : y + h, x : x + w]
        self._chroma = np.s_[y // 2 : (y + h) // 2, x // 2 : (x + w) // 2]
        self._layer = Layer(w, h)
        shape = np.zeros((h, w), np.uint8)
        for panel in panels:
            box = _box(panel.rect, x, y)
            self._panels.append((panel, _drawn_on(panel, self._layer.part(box), coding)))
            if panel.widget.shape is not None:
                shape[box.luma] = panel.widget.shape
        glass = panes(shape, tone, coding) if tone is not None and shape.any() else None
        self._luma_glass: Pane | None = glass[0] if glass else None
        self._chroma_glass: Pane | None = glass[1] if glass else None

    def draw_with(self, scratch: NDArray[np.uint8]) -> None:
        """Work in these bytes, at least one per luma pixel, which other sheets may use as well."""
        _, _, w, h = self.rect
        self._full = scratch[: h * w].reshape(h, w)
        self._half = scratch[: h * w // 4].reshape(h // 2, w // 2)
        if self._luma_glass is not None and self._chroma_glass is not None:
            self._luma_glass.write_to(self._full)
            self._chroma_glass.write_to(self._half)

    def draw(self, planes: Planes, index: int) -> None:
        """Draw the panels as they are at that frame."""
        strength = int(self._strength[index])
        if strength == 0:
            return
        for panel, shadow in self._panels:
            box = panel.update(index)
            if shadow is not None and box is not None:
                shadow.cast(box)
        layer, full, half = self._layer, self._full, self._half
        luma, chroma = self._luma_glass, self._chroma_glass
        self._blend(planes.y[self._luma], full, layer.inv_y, layer.y, luma, strength)
        self._blend(planes.u[self._chroma], half, layer.inv_c, layer.u, chroma, strength)
        self._blend(planes.v[self._chroma], half, layer.inv_c, layer.v, chroma, strength)

    def _blend(
        self,
        plane: Plane,
        seen: Plane,
        inv: Plane,
        over: Plane,
        glass: Pane | None,
        strength: int,
    ) -> None:
        """Plane = (what is seen of it) * inv / 255 + over, in place, at that strength."""
        behind = plane
        if glass is not None:
            glass.behind(plane)
            if self._opacity < 1:
                cv2.addWeighted(plane, 1 - self._opacity, seen, self._opacity, 0, dst=seen)
            behind = seen
        cv2.multiply(behind, inv, dst=seen, scale=1 / 255)
        if strength == 255:
            cv2.add(seen, over, dst=plane)
            return
        cv2.add(seen, over, dst=seen)
        share = strength / 255
        cv2.addWeighted(plane, 1 - share, seen, share, 0, dst=plane)


def sheets(
    panels: Sequence[Panel], tone: GlassTone | None, coding: ColorCoding, opacity: float = 1.0
) -> list[Sheet]:
    """The panels on as few sheets as is cheapest, in their order."""
    groups = [[panel] for panel in panels]
    while pairs := [
        (spare, i, j)
        for i, j in combinations(range(len(groups)), 2)
        if (spare := _spare(groups[i], groups[j])) is not None
        and (tone is None or not _reaches_others(groups, i, j))
    ]:
        _, i, j = min(pairs)
        groups[i] += groups.pop(j)
    made = [Sheet(group, tone, coding, opacity) for group in groups]
    scratch = np.empty(max((s.rect.w * s.rect.h for s in made), default=0), np.uint8)
    for sheet in made:
        sheet.draw_with(scratch)
    return made


def _spare(one: Sequence[Panel], other: Sequence[Panel]) -> int | None:
    """Pixels that a sheet of both would have more than one of each.

    None where they cannot be on one sheet: too far apart, not whole cells together, or not shown
    at the same times.
    """
    a, b = _rect(one), _rect(other)
    both = _around([a, b])
    spare = both.w * both.h - a.w * a.h - b.w * b.h
    if spare > _SPARE or both.w % CELL or both.h % CELL:
        return None
    return spare if np.array_equal(one[0].strength, other[0].strength) else None


def _reaches_others(groups: Sequence[Sequence[Panel]], i: int, j: int) -> bool:
    """Whether a panel of another group could be seen, blurred, through the glass of these two."""
    both, shown = _rect([*groups[i], *groups[j]]), groups[i][0].strength > 0
    return any(
        both.overlaps(panel.rect) and bool((shown & (panel.strength > 0)).any())
        for k, group in enumerate(groups)
        if k not in (i, j)
        for panel in group
    )


def _rect(panels: Sequence[Panel]) -> Rect:
    return _around([panel.rect for panel in panels])


def _around(rects: Sequence[Rect]) -> Rect:
    x, y = min(rect.x for rect in rects), min(rect.y for rect in rects)
    right, bottom = max(rect.right for rect in rects), max(rect.bottom for rect in rects)
    return Rect(x, y, right - x, bottom - y)


def _box(rect: Rect, x: int, y: int) -> Box:
    return Box(rect.x - x, rect.y - y, rect.right - x, rect.bottom - y)


def _drawn_on(panel: Panel, layer: Layer, coding: ColorCoding) -> Shadow | None:
    """Let the panel draw on this layer; through its shadow, if it casts one."""
    widget = panel.widget
    if not widget.shadow:
        panel.draw_on(layer)
        return None
    drawn = Layer(layer.width, layer.height)
    panel.draw_on(drawn)
    return Shadow(drawn, layer, widget.plate_luma, widget.shadow, widget.unit, coding)
