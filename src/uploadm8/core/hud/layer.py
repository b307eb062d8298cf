"""Layer: premultiplied Y, U, V with inverse alpha, the form in which everything is drawn.

Putting a layer on a frame is `dst * inverse / 255 + premultiplied`: one saturating multiply and
one add per plane, both SIMD in OpenCV. Painting on a layer is the same sum, so nothing is ever
converted from RGB while frames are running.

The planes of one size lie row by row between each other: what is done to all of them alike is then
one call on one rectangle, and calls, not pixels, are what the small pieces of a HUD cost.
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
        luma: rows of `inv_y` and `y` in turns.
        chroma: rows of `inv_c`, `u` and `v` in turns.
        inv_y: 255 minus alpha, luma size.
        inv_c: 255 minus alpha, chroma size.
        y: luma times alpha.
        u: blue difference times alpha.
        v: red difference times alpha.
        box: what is being drawn again, when it is not all of it.
        touched: the box around all that was painted since it was last set to None.
    """

    __slots__ = ("box", "chroma", "inv_c", "inv_y", "luma", "touched", "u", "v", "y")

    def __init__(self, width: int, height: int, planes: tuple[Plane, Plane] | None = None) -> None:
        """Transparent, or what `luma` and `chroma` of another layer hold."""
        luma, chroma = planes or _transparent(width, height)
        self.luma, self.chroma = luma, chroma
        self.inv_y, self.y = luma[0::2], luma[1::2]
        self.inv_c, self.u, self.v = chroma[0::3], chroma[1::3], chroma[2::3]
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
        planes = self.luma[pairs(box)], self.chroma[triples(box)]
        return Layer(box.x1 - box.x0, box.y1 - box.y0, planes)

    def copy(self) -> "Layer":
        """An independent copy."""
        other = Layer(self.width, self.height)
        other.load(self)
        return other

    def load(self, other: "Layer", box: Box | None = None) -> None:
        """Become equal to a layer of the same size, everywhere or within an even box."""
        if box is None:
            self.luma[:] = other.luma
            self.chroma[:] = other.chroma
            return
        luma, chroma = pairs(box), triples(box)
        self.luma[luma] = other.luma[luma]
        self.chroma[chroma] = other.chroma[chroma]

    def fade(self, opacity: float) -> None:
        """Take this much of all that was painted, from 0 to 1."""
        for inverse, planes in ((self.inv_y, (self.y,)), (self.inv_c, (self.u, self.v))):
            inverse[:] = 255 - times(255 - inverse, opacity)
            for plane in planes:
                plane[:] = times(plane, opacity)

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

    def stamp(self, piece: "Piece", x: int, y: int) -> None:
        """Lay a piece over this layer, its corner at even (x, y), inside `box`; must fit."""
        target = Box(x, y, x + piece.width, y + piece.height)
        luma, chroma = piece.luma, piece.chroma
        if self.box is not None:
            part = target.common(self.box)
            if part.empty:
                return
            if part != target:
                target = part
                source = Box(part.x0 - x, part.y0 - y, part.x1 - x, part.y1 - y)
                rows, cells = pairs(source), triples(source)
                luma = luma[0][rows], luma[1][rows]
                chroma = chroma[0][cells], chroma[1][cells]
        self.touch(target)
        put_plane(self.luma[pairs(target)], *luma)
        put_plane(self.chroma[triples(target)], *chroma)

    def reveal(self, other: "Layer", luma: Plane, chroma: Plane, box: Box) -> None:
        """Become `other`, of the same size, within an even box by share of 255.

        Args:
            other: what to show.
            luma: the shares of `luma` in the box, each row twice.
            chroma: the shares of `chroma` in the box, each row three times.
            box: where.
        """
        self.touch(box)
        area = pairs(box)
        lit = cv2.multiply(other.luma[area], luma, scale=_UNIT)
        put_plane(self.luma[area], cv2.bitwise_not(luma), lit)
        area = triples(box)
        lit = cv2.multiply(other.chroma[area], chroma, scale=_UNIT)
        put_plane(self.chroma[area], cv2.bitwise_not(chroma), lit)

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


class Piece:
    """A small picture, ready to be stamped on layers again and again.

    Attributes:
        width: luma columns, even.
        height: luma rows, even.
        luma: what remains of `Layer.luma` below it, and what is added.
        chroma: the same of `Layer.chroma`.
    """

    __slots__ = ("chroma", "height", "luma", "width")

    def __init__(self, picture: Layer) -> None:
        self.width, self.height = picture.width, picture.height
        added = picture.luma.copy()
        added[0::2] = 0
        self.luma = np.repeat(picture.inv_y, 2, axis=0), added
        added = picture.chroma.copy()
        added[0::3] = 0
        self.chroma = np.repeat(picture.inv_c, 3, axis=0), added

    @classmethod
    def inked(cls, size: tuple[int, int], placed: tuple[Plane, int, int], ink: Ink) -> "Placed":
        """A mask whose corner is at (x, y) of a layer of that size, in one colour, and its place.

        None where the layer has nothing of it.
        """
        mask, x, y = placed
        picture = Layer(*size)
        picture.paint(mask, ink, x, y)
        box = picture.touched
        return None if box is None else (cls(picture.part(box)), box.x0, box.y0)

    def fits(self, layer: Layer, x: int, y: int) -> bool:
        """Whether it lies inside the layer with its corner at (x, y)."""
        inside = x + self.width <= layer.width and y + self.height <= layer.height
        return x >= 0 and y >= 0 and inside


Placed = tuple[Piece, int, int] | None  # and where its corner is; None: nowhere


def _transparent(width: int, height: int) -> tuple[Plane, Plane]:
    luma = np.zeros((2 * height, width), np.uint8)
    chroma = np.zeros((3 * (height // 2), width // 2), np.uint8)
    luma[0::2], chroma[0::3] = 255, 255
    return luma, chroma


def pairs(box: Box) -> tuple[slice, slice]:
    """The part of `Layer.luma` in an even box."""
    x0, y0, x1, y1 = box
    return slice(2 * y0, 2 * y1), slice(x0, x1)


def triples(box: Box) -> tuple[slice, slice]:
    """The part of `Layer.chroma` in an even box."""
    x0, y0, x1, y1 = box
    return slice(3 * (y0 >> 1), 3 * (y1 >> 1)), slice(x0 >> 1, x1 >> 1)


def times_plane(plane: Plane, factor: Plane) -> Plane:
    """Plane * factor / 255, rounded, as a new plane."""
    return np.asarray(cv2.multiply(plane, factor, scale=_UNIT), np.uint8)


def put_plane(target: Plane, inv: Any, premultiplied: Any) -> None:
    """Target = target * inv / 255 + premultiplied, in place."""
    cv2.multiply(target, inv, dst=target, scale=_UNIT)
    cv2.add(target, premultiplied, dst=target)
