"""Panel: one widget on the frame, redrawn where it changes."""

from collections.abc import Hashable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uploadm8.core.hud.box import Box, around
from uploadm8.core.hud.frame import Rect
from uploadm8.core.hud.layer import Layer
from uploadm8.core.hud.widget import Widget


class Panel:
    """A widget at its place.

    Args:
        widget: what to draw.
        rect: where; even corner and size. Nothing outside it is touched.
        strength: opacity per frame, 0 to 255; at 0 the panel is not there.
    """

    def __init__(self, widget: Widget[Any], rect: Rect, strength: NDArray[np.uint8]) -> None:
        self.widget = widget
        self.rect = rect
        self.strength = strength
        self._layer: Layer
        self._still = widget.base.copy()
        self._still_drawn: Hashable = None
        self._drawn: Any = None

    def draw_on(self, layer: Layer) -> None:
        """Draw on this layer, of the panel's size; before the first `update`."""
        self._layer = layer

    def update(self, index: int) -> Box | None:
        """Bring the layer to what the widget is at that frame; the box that was drawn again."""
        state = self.widget.state(index)
        if state == self._drawn:
            return None
        box = self._redraw(state)
        self._drawn = state
        return box

    def _redraw(self, state: Any) -> Box:
        widget, layer = self.widget, self._layer
        still = self._redraw_still(state)
        moved = None if self._drawn is None else widget.changed(self._drawn, state)
        if moved is not None:
            boxes = _apart(moved, still)
            for box in boxes:
                layer.load(self._still, box)
                layer.box = box
                widget.paint(layer, state)
            return around(*boxes)
        # Such a widget paints all of its moving part, wherever: the last one is taken away first.
        whole = Box(0, 0, layer.width, layer.height)
        before = whole if self._drawn is None else around(still, layer.touched)
        layer.load(self._still, before)
        layer.box = layer.touched = None
        widget.paint(layer, state)
        return around(before, layer.touched)

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
