"""Panel: one widget on the frame: redrawn where it changes, glazed and blended every frame."""

from collections.abc import Hashable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from uploadm8.core.hud.box import Box, around
from uploadm8.core.hud.frame import Plane, Planes, Rect
from uploadm8.core.hud.frost import Pane
from uploadm8.core.hud.layer import Layer
from uploadm8.core.hud.widget import Widget


class Panel:
    """A widget at its place.

    Args:
        widget: what to draw.
        rect: where; even corner and size. Nothing outside it is touched.
        glass: what is behind the widget, for luma and for chroma, if its theme has any.
        strength: opacity per frame, 0 to 255; at 0 the panel is not there.
    """

    def __init__(
        self,
        widget: Widget[Any],
        rect: Rect,
        glass: tuple[Pane, Pane] | None,
        strength: NDArray[np.uint8],
    ) -> None:
        self.widget = widget
        self.rect = rect
        self._luma_glass = glass[0] if glass else None
        self._chroma_glass = glass[1] if glass else None
        self._strength = strength
        x, y, w, h = rect
        self._luma = np.s_[y : y + h, x : x + w]
        self._chroma = np.s_[y // 2 : (y + h) // 2, x // 2 : (x + w) // 2]
        self.draw_with(np.empty(h * w, np.uint8))
        self._layer = Layer(rect.w, rect.h)
        self._still = widget.base.copy()
        self._still_drawn: Hashable = None
        self._drawn: Any = None

    def draw_with(self, scratch: NDArray[np.uint8]) -> None:
        """Work in these bytes, at least one per luma pixel, which other panels may use as well."""
        _, _, w, h = self.rect
        self._full = scratch[: h * w].reshape(h, w)
        self._half = scratch[: h * w // 4].reshape(h // 2, w // 2)

    def draw(self, planes: Planes, index: int) -> None:
        """Draw the widget as it is at that frame."""
        strength = int(self._strength[index])
        if strength == 0:
            return
        state = self.widget.state(index)
        if state != self._drawn:
            self._redraw(state)
            self._drawn = state
        layer = self._layer
        luma, glass = planes.y[self._luma], self._luma_glass
        _blend(luma, self._full, layer.inv_y, layer.y, glass, strength)
        half, glass = self._half, self._chroma_glass
        _blend(planes.u[self._chroma], half, layer.inv_c, layer.u, glass, strength)
        _blend(planes.v[self._chroma], half, layer.inv_c, layer.v, glass, strength)

    def _redraw(self, state: Any) -> None:
        widget, layer = self.widget, self._layer
        still = self._redraw_still(state)
        moved = None if self._drawn is None else widget.changed(self._drawn, state)
        if moved is not None:
            for box in _apart(moved, still):
                layer.load(self._still, box)
                layer.box = box
                widget.paint(layer, state)
            return
        # Such a widget paints all of its moving part, wherever: the last one is taken away first.
        layer.load(self._still, None if self._drawn is None else around(still, layer.touched))
        layer.box = layer.touched = None
        widget.paint(layer, state)

    def _redraw_still(self, state: Any) -> Box | None:
        """Bring the still part up to date; the box of what has changed in it."""
        still = self.widget.still(state)
        if still == self._still_drawn:
            return None
        before, self._still.touched = self._still.touched, None
        if before is not None:
            self._still.load(self.widget.base, before)
        self.widget.paint_still(self._still, state)
        self._still_drawn = still
        return around(before, self._still.touched)


def _apart(one: Box, other: Box | None) -> tuple[Box, ...]:
    """The boxes that are not empty; one around both where they meet, as nothing may paint twice."""
    if other is None or other.empty:
        return () if one.empty else (one,)
    if one.empty:
        return (other,)
    return (one, other) if one.common(other).empty else (around(one, other),)


def _blend(
    plane: Plane, seen: Plane, inv: Plane, over: Plane, glass: Pane | None, strength: int
) -> None:
    """Plane = (what is seen of it) * inv / 255 + over, in place, at that opacity."""
    if glass is None:
        cv2.multiply(plane, inv, dst=seen, scale=1 / 255)
    else:
        glass.behind(plane, seen)
        cv2.multiply(seen, inv, dst=seen, scale=1 / 255)
    if strength == 255:
        cv2.add(seen, over, dst=plane)
        return
    cv2.add(seen, over, dst=seen)
    share = strength / 255
    cv2.addWeighted(plane, 1 - share, seen, share, 0, dst=plane)
