"""Text as coverage masks: sizes are cap heights in pixels, positions are baselines."""

from dataclasses import dataclass, replace
from functools import lru_cache
from threading import Lock
from typing import Literal

import cv2
import fontpkg
import numpy as np

from uploadm8.core.hud.color import Ink
from uploadm8.core.hud.frame import Plane
from uploadm8.core.hud.layer import Layer, Piece

Align = Literal["left", "center", "right"]
_FINE = 4  # supersampling: cv2 draws text at whole pixels only
_DIGITS = "0123456789"
_lock = Lock()  # a FontFace keeps a glyph atlas that two threads must not fill at once


@dataclass(frozen=True, slots=True)
class Font:
    """A face of one of the bundled families."""

    family: str
    weight: int
    italic: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class TextMask:
    """A drawn string.

    Attributes:
        mask: its coverage.
        left: columns from the mask's left edge to the pen's start.
        rise: rows from the mask's top to the baseline.
        width: advance of the pen.
        bearing: empty columns before the first digit, which a left-aligned number gives up so
            that its ink stands under its caption.
    """

    mask: Plane
    left: int
    rise: int
    width: float
    bearing: int = 0
    lasting: bool = False


class _Face:
    """A loaded font, with the factor from cap height to cv2's size."""

    def __init__(self, font: Font) -> None:
        style = "italic" if font.italic else "normal"
        file = fontpkg.path(font.family, weight=font.weight, style=style)
        self._weight = font.weight if "wght" in file.name else 0
        self._face = cv2.FontFace(str(file))
        probe = np.zeros((400, 400), np.uint8)
        self.put(probe, "H", 50, 350, 200)
        rows = np.flatnonzero(probe.max(axis=1) > 127)
        self.size_per_cap = 200 / float(rows[-1] - rows[0] + 1)

    def put(self, canvas: Plane, text: str, x: int, y: int, size: int) -> int:
        """Draw at whole pixels; where the pen ends."""
        end, _ = cv2.putText(canvas, text, (x, y), (255,), self._face, size, self._weight)
        return int(end[0])


@lru_cache(maxsize=16)
def _face(font: Font) -> _Face:
    return _Face(font)


@lru_cache(maxsize=512)
def text_mask(font: Font, text: str, cap: float, tracking: float = 0.0) -> TextMask:
    """The string in one piece, kerned; `tracking` is extra space per letter in cap heights."""
    return replace(_cropped(_drawn(font, text, cap, tracking)), lasting=True)


@lru_cache(maxsize=512)
def _drawn(font: Font, text: str, cap: float, tracking: float = 0.0) -> TextMask:
    """The string on a canvas whose height and baseline depend on font and size alone."""
    with _lock:
        face = _face(font)
        size = round(cap * _FINE * face.size_per_cap)
        pad, rise, fall = round(cap * 0.3) + 2, round(cap * 1.4) + 2, round(cap * 0.45) + 2
        room = int(len(text) * cap * (2.0 + tracking)) + 2 * pad
        canvas = np.zeros(((rise + fall) * _FINE, room * _FINE), np.uint8)
        pen, start = float(pad * _FINE), pad * _FINE
        pieces = text if tracking else [text]
        for piece in pieces:
            end = face.put(canvas, piece, round(pen), rise * _FINE, size)
            pen += end - round(pen) + tracking * cap * _FINE
    width = (pen - start) / _FINE - tracking * cap
    used = min(room, int(np.ceil(width)) + 2 * pad)
    mask = cv2.resize(canvas, (room, rise + fall), interpolation=cv2.INTER_AREA)
    return TextMask(np.ascontiguousarray(mask[:, :used], np.uint8), pad, rise, width)


@lru_cache(maxsize=64)
def digit_pitch(font: Font, cap: float) -> int:
    """Columns that every digit takes, so that numbers do not jump sideways."""
    # The widest digit has more space at its sides than it needs.
    return round(0.965 * max(text_mask(font, digit, cap).width for digit in _DIGITS))


def number_width(font: Font, text: str, cap: float) -> int:
    """Columns that `number_mask` needs for the string."""
    return sum(_advance(font, char, cap) for char in text)


@lru_cache(maxsize=512)
def number_mask(font: Font, text: str, cap: float) -> TextMask:
    """A number put together from cached glyphs at a fixed pitch; cheap enough for every frame."""
    inked, pen = [], 0
    for char in text:
        glyph = _placed(font, char, cap)
        if glyph.mask.size:
            inked.append((glyph.mask, pen - glyph.left, -glyph.rise))
        pen += round(glyph.width)
    if not inked:
        return TextMask(np.zeros((2, 2), np.uint8), 0, 0, float(pen))
    left, top = min(x for _, x, _ in inked), min(y for _, _, y in inked)
    right = max(x + mask.shape[1] for mask, x, _ in inked)
    bottom = max(y + mask.shape[0] for mask, _, y in inked)
    canvas = np.zeros((bottom - top, right - left), np.uint8)
    for mask, x, y in inked:
        h, w = mask.shape
        target = canvas[y - top : y - top + h, x - left : x - left + w]
        np.maximum(target, mask, out=target)
    bearing = _bearing(font, cap) if text[0] in _DIGITS else 0
    return TextMask(canvas, -left, -top, float(pen), bearing)


@lru_cache(maxsize=512)
def _placed(font: Font, char: str, cap: float) -> TextMask:
    """A glyph in the middle of the place that it has in a number; the mask of a space is empty."""
    glyph, place = _drawn(font, char, cap), _advance(font, char, cap)
    inset = max(round((place - glyph.width) / 2), 0)
    x, y, w, h = cv2.boundingRect(glyph.mask)
    mask = np.ascontiguousarray(glyph.mask[y : y + h, x : x + w])
    return TextMask(mask, glyph.left - x - inset, glyph.rise - y, float(place))


@lru_cache(maxsize=64)
def _bearing(font: Font, cap: float) -> int:
    """Columns from the start of a digit's place to the ink of a 0, but for what a letter has."""
    zero = text_mask(font, "0", cap)
    inset = round((digit_pitch(font, cap) - zero.width) / 2)
    return max(0, inset - zero.left - round(cap * 0.06))


def _cropped(text: TextMask) -> TextMask:
    """Without the empty margins: every pixel of a mask is painted."""
    x, y, w, h = cv2.boundingRect(text.mask)
    if not w:
        return text
    mask = np.ascontiguousarray(text.mask[y : y + h, x : x + w])
    return TextMask(mask, text.left - x, text.rise - y, text.width, text.bearing)


def write(
    layer: Layer, text: TextMask, at: tuple[float, float], ink: Ink, align: Align = "left"
) -> float:
    """Paint a drawn string with its baseline at (x, y); the x where its advance ends."""
    shift = {"left": float(text.bearing), "center": text.width / 2, "right": text.width}[align]
    start = round(at[0] - shift)
    x, y = start - text.left, round(at[1]) - text.rise
    piece = _piece(text, ink, x & 1, y & 1) if text.lasting else None
    if piece is None or not piece.fits(layer, x & ~1, y & ~1):
        layer.paint(text.mask, ink, x, y)
    else:
        layer.stamp(piece, x & ~1, y & ~1)
    return start + text.width


@lru_cache(maxsize=128)
def _piece(text: TextMask, ink: Ink, x: int, y: int) -> Piece:
    """The string in that colour, its mask's corner at (x, y)."""
    h, w = text.mask.shape
    picture = Layer(w + x + 1 & ~1, h + y + 1 & ~1)
    picture.paint(text.mask, ink, x, y)
    return Piece(picture)


def _advance(font: Font, char: str, cap: float) -> int:
    if char in _DIGITS:
        return digit_pitch(font, cap)
    return round(text_mask(font, char, cap).width)
