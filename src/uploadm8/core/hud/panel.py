"""Panel: one widget on the frame: redrawn when it changes, frosted and blended every frame."""

from collections.abc import Hashable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uploadm8.core.hud.frame import Planes, Rect
from uploadm8.core.hud.frost import Frost
from uploadm8.core.hud.layer import Layer, put_plane
from uploadm8.core.hud.widget import Widget


class Panel:
    """A widget at its place.

    Args:
        widget: what to draw.
        rect: where; even corner and size. Nothing outside it is touched.
        frost: the glass behind the widget, if its theme has any.
        strength: opacity per frame, 0 to 255; at 0 the panel is not there.
    """

    def __init__(
        self, widget: Widget[Any], rect: Rect, frost: Frost | None, strength: NDArray[np.uint8]
    ) -> None:
        self.widget = widget
        self.rect = rect
        self._frost = frost
        self._strength = strength
        self._layer = Layer(rect.w, rect.h)
        self._still = widget.base.copy()
        self._still_drawn: Hashable = ()
        self._faded: Layer | None = None
        self._drawn: Hashable = None

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
        if strength < 255:
            self._faded = layer = self._faded or Layer(self.rect.w, self.rect.h)
            layer.fade(self._layer, strength)
        self._blend(planes, layer, strength)

    def _redraw(self, state: Any) -> None:
        still, layer = self.widget.still(state), self._layer
        layer.box = None
        if still != self._still_drawn:
            self._still.load(self.widget.base)
            self.widget.paint_still(self._still, state)
            self._still_drawn = still
        elif self._drawn is not None:
            layer.box = self.widget.changed(self._drawn, state)
        layer.load(self._still)
        self.widget.paint(layer, state)

    def _blend(self, planes: Planes, layer: Layer, strength: int) -> None:
        x, y, w, h = self.rect
        luma = planes.y[y : y + h, x : x + w]
        half = np.s_[y // 2 : (y + h) // 2, x // 2 : (x + w) // 2]
        u, v = planes.u[half], planes.v[half]
        if self._frost is not None:
            self._frost.apply(luma, u, v, strength)
        put_plane(luma, layer.inv_y, layer.y)
        put_plane(u, layer.inv_c, layer.u)
        put_plane(v, layer.inv_c, layer.v)
