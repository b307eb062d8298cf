"""Layer: premultiplied Y, U, V with inverse alpha, the form in which everything is drawn.

Putting a layer on a frame is `dst * inverse / 255 + premultiplied`: one saturating multiply and
one add per plane, both SIMD in OpenCV. Painting on a layer is the same sum, so nothing is ever
converted from RGB while frames are running.
"""

from typing import Any

import cv2
import numpy as np

from uploadm8.core.hud.box import Box
from uploadm8.core.hud.color import ColorCoding, FloatImage, Ink
from uploadm8.core.hud.frame import Plane

_UNIT = 1 / 255  # masks and alphas are shares of 255


def scale_into(plane: Plane, factor: Any) -> None:
    """Plane = plane * factor / 255, rounded, in place."""
    cv2.multiply(plane, factor, dst=plane, scale=_UNIT)


def times(plane: Plane, factor: float) -> Plane:
    """Plane * factor, rounded and clipped to 0..255, as a new plane."""
    return np.asarray(cv2.convertScaleAbs(plane, alpha=factor), np.uint8)


def half_size(plane: Plane) -> Plane:
    """The mean of every 2 x 2 pixels."""
    h, w = plane.shape
    return np.asarray(cv2.resize(plane, (w // 2, h // 2), interpolation=cv2.INTER_AREA), np.uint8)


class Layer:
    """A transparent 4:2:0 picture of even width and height.

    Attributes:
        inv_y: 255 minus alpha, luma size.
        inv_c: 255 minus alpha, chroma size.
        y: luma times alpha.
        u: blue difference times alpha.
        v: red difference times alpha.
        box: what is being drawn again, when it is not all of it.
        touched: the box around all that was painted since it was last set to None.
    """

    __slots__ = ("box", "inv_c", "inv_y", "touched", "u", "v", "y")

    def __init__(self, width: int, height: int) -> None:
        half = (height // 2, width // 2)
        self.inv_y = np.full((height, width), 255, np.uint8)
        self.inv_c = np.full(half, 255, np.uint8)
        self.y = np.zeros((height, width), np.uint8)
        self.u = np.zeros(half, np.uint8)
        self.v = np.zeros(half, np.uint8)
        self.box: Box | None = None
        self.touched: Box | None = None

    @property
    def width(self) -> int:
        """Luma columns."""
        return int(self.y.shape[1])

    @property
    def height(self) -> int:
        """Luma rows."""
        return int(self.y.shape[0])

    def part(self, box: Box) -> "Layer":
        """The pixels of an even box as a layer of their own: what is drawn on it is drawn here."""
        part = Layer.__new__(Layer)
        part.inv_y, part.y = self.inv_y[box.luma], self.y[box.luma]
        part.inv_c, part.u, part.v = (plane[box.chroma] for plane in (self.inv_c, self.u, self.v))
        part.box = part.touched = None
        return part

    def copy(self) -> "Layer":
        """An independent copy."""
        other = Layer(self.width, self.height)
        other.load(self)
        return other

    def load(self, other: "Layer", box: Box | None = None) -> None:
        """Become equal to a layer of the same size, everywhere or within an even box."""
        box = box or Box(0, 0, self.width, self.height)
        luma, chroma = box.luma, box.chroma
        self.inv_y[luma] = other.inv_y[luma]
        self.y[luma] = other.y[luma]
        self.inv_c[chroma] = other.inv_c[chroma]
        self.u[chroma] = other.u[chroma]
        self.v[chroma] = other.v[chroma]

    def paint(self, mask: Plane, ink: Ink, x: int = 0, y: int = 0, strength: float = 1.0) -> None:
        """Lay a colour over this layer, through a coverage mask whose corner is at (x, y).

        Any position is allowed; what is outside the layer is cut off.
        """
        placed = self._fit(mask, x, y)
        if placed is None:
            return
        m, x, y = placed
        if strength < 1:
            m = times(m, strength)
        h, w = m.shape
        self.touch(Box(x, y, x + w, y + h))
        full = np.s_[y : y + h, x : x + w]
        keep = cv2.bitwise_not(m)
        scale_into(self.inv_y[full], keep)
        put_plane(self.y[full], keep, cv2.convertScaleAbs(m, alpha=ink.y / 255))
        m = half_size(m)
        half = np.s_[y // 2 : (y + h) // 2, x // 2 : (x + w) // 2]
        keep = cv2.bitwise_not(m)
        blue = cv2.convertScaleAbs(m, alpha=ink.u / 255)
        red = blue if ink.v == ink.u else cv2.convertScaleAbs(m, alpha=ink.v / 255)
        scale_into(self.inv_c[half], keep)
        put_plane(self.u[half], keep, blue)
        put_plane(self.v[half], keep, red)

    def paint_rgb(self, mask: Plane, rgb: FloatImage, coding: ColorCoding) -> None:
        """Lay a picture of the layer's size over it through a mask; for static parts (slow)."""
        self.touch(Box(0, 0, self.width, self.height))
        alpha = mask.astype(np.float32) / 255
        luma, *chroma = coding.planes(rgb)
        size = (self.width // 2, self.height // 2)
        half = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)
        self.inv_y[:] = np.rint(self.inv_y * (1 - alpha))
        self.inv_c[:] = np.rint(self.inv_c * (1 - half))
        self.y[:] = np.rint(self.y * (1 - alpha) + luma * alpha)
        for plane, values in zip((self.u, self.v), chroma, strict=True):
            over = cv2.resize(values * alpha, size, interpolation=cv2.INTER_AREA)
            plane[:] = np.rint(plane * (1 - half) + over)

    def stamp(self, other: "Layer", x: int, y: int) -> None:
        """Lay another layer over this one, its corner at even (x, y), inside `box`; must fit."""
        h, w = other.y.shape
        target = Box(x, y, x + w, y + h)
        if self.box is not None:
            target = target.common(self.box)
            if target.empty:
                return
        self.touch(target)
        source = Box(target.x0 - x, target.y0 - y, target.x1 - x, target.y1 - y)
        full, half = target.luma, target.chroma
        keep = other.inv_y[source.luma]
        scale_into(self.inv_y[full], keep)
        put_plane(self.y[full], keep, other.y[source.luma])
        keep = other.inv_c[source.chroma]
        scale_into(self.inv_c[half], keep)
        put_plane(self.u[half], keep, other.u[source.chroma])
        put_plane(self.v[half], keep, other.v[source.chroma])

    def reveal(self, other: "Layer", mask: Plane, x: int, y: int) -> None:
        """Become `other` where the mask is 255, in between by share.

        The layers are of one size; the mask is even and its corner is at even (x, y).
        """
        h, w = mask.shape
        self.touch(Box(x, y, x + w, y + h))
        full = np.s_[y : y + h, x : x + w]
        half = np.s_[y // 2 : (y + h) // 2, x // 2 : (x + w) // 2]
        keep = cv2.bitwise_not(mask)
        for plane, lit in ((self.inv_y, other.inv_y), (self.y, other.y)):
            put_plane(plane[full], keep, cv2.multiply(lit[full], mask, scale=_UNIT))
        mask = half_size(mask)
        keep = cv2.bitwise_not(mask)
        for plane, lit in ((self.inv_c, other.inv_c), (self.u, other.u), (self.v, other.v)):
            put_plane(plane[half], keep, cv2.multiply(lit[half], mask, scale=_UNIT))

    def touch(self, box: Box) -> None:
        """Note that something was painted inside an even box."""
        before = self.touched
        self.touched = box if before is None else before.joined(box)

    def _fit(self, mask: Plane, x: int, y: int) -> tuple[Plane, int, int] | None:
        """The part of the mask inside the layer, padded so that its corner and size are even."""
        h, w = mask.shape
        left, top = max(0, -x), max(0, -y)
        right, bottom = min(w, self.width - x), min(h, self.height - y)
        if right <= left or bottom <= top:
            return None
        if (left, top, right, bottom) != (0, 0, w, h):
            mask = mask[top:bottom, left:right]
            x, y = x + left, y + top
        before_x, before_y = x & 1, y & 1
        after_x, after_y = (x + right - left) & 1, (y + bottom - top) & 1
        if before_x or before_y or after_x or after_y:
            mask = np.asarray(
                cv2.copyMakeBorder(
                    mask, before_y, after_y, before_x, after_x, cv2.BORDER_CONSTANT, value=(0,)
                ),
                np.uint8,
            )
        return mask, x - before_x, y - before_y


def times_plane(plane: Plane, factor: Plane) -> Plane:
    """Plane * factor / 255, rounded, as a new plane."""
    return np.asarray(cv2.multiply(plane, factor, scale=_UNIT), np.uint8)


def put_plane(target: Plane, inv: Any, premultiplied: Any) -> None:
    """Target = target * inv / 255 + premultiplied, in place."""
    cv2.multiply(target, inv, dst=target, scale=_UNIT)
    cv2.add(target, premultiplied, dst=target)
