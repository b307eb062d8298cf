"""Frosted glass: what is behind a panel, blurred and toned down, inside the panel's shape."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from uploadm8.core.hud.color import ColorCoding
from uploadm8.core.hud.frame import Plane
from uploadm8.core.hud.layer import half_size, inverse, scale_into, times

CELL = 8  # luma pixels per blurred cell; panels are whole cells


@dataclass(frozen=True, slots=True)
class GlassTone:
    """How the glass maps the light behind it; sRGB values from 0 to 1.

    Attributes:
        black: what black becomes; above 0, so that glass on night footage is still glass.
        white: what white becomes; low enough for white digits to keep their contrast.
        vividness: factor on the colour differences.
    """

    black: float
    white: float
    vividness: float


class Frost:
    """Frosted glass of one shape.

    Args:
        shape: coverage of the panel, luma size, in whole cells.
        tone: how light and colour pass.
        coding: the frame's colour coding.
    """

    def __init__(self, shape: Plane, tone: GlassTone, coding: ColorCoding) -> None:
        span = coding.white - coding.black
        light = np.clip((np.arange(256) - coding.black) / span, 0, 1)
        toned = (tone.black + (tone.white - tone.black) * light) * span + coding.black
        self._luma = _Pane(shape, 3, np.rint(toned).astype(np.uint8))
        vivid = np.clip((np.arange(256) - 128) * tone.vividness + 128, 0, 255)
        self._chroma = _Pane(half_size(shape), 2, np.rint(vivid).astype(np.uint8))

    def apply(self, y: Plane, u: Plane, v: Plane, strength: int = 255) -> None:
        """Frost the panel's own part of the three planes, in place."""
        self._luma.apply(y, strength)
        self._chroma.apply(u, strength)
        self._chroma.apply(v, strength)


class _Pane:
    """The glass of one plane: `halvings` times half size, blur, tone, and back up."""

    def __init__(self, shape: Plane, halvings: int, tone: NDArray[np.uint8]) -> None:
        self._shape = shape
        self._halvings = halvings
        self._tone = tone
        h, w = shape.shape
        self._size = (w, h)
        self._behind = np.empty_like(shape)
        self._outside = np.asarray((shape == 0) * np.uint8(255), np.uint8)
        # The soft edge is a few hundred pixels: cheaper one by one than as rectangles.
        self._rows, self._columns = np.nonzero((shape > 0) & (shape < 255))
        self._edge = np.ravel_multi_index((self._rows, self._columns), shape.shape)
        self._share = shape[self._rows, self._columns].astype(np.float32) / 255

    def apply(self, plane: Plane, strength: int) -> None:
        small = plane
        for _ in range(self._halvings):
            small = half_size(small)
        small = np.asarray(cv2.blur(cv2.blur(small, (5, 5)), (5, 5)), np.uint8)
        small = np.asarray(cv2.LUT(small, self._tone), np.uint8)
        if strength < 255:
            self._apply_faded(plane, small, strength)
            return
        np.copyto(self._behind, plane)
        cv2.resize(small, self._size, dst=plane, interpolation=cv2.INTER_LINEAR)
        cv2.copyTo(self._behind, self._outside, plane)
        if len(self._edge):
            glass = plane[self._rows, self._columns]
            before = self._behind.ravel()[self._edge]
            mixed = before + self._share * (glass.astype(np.float32) - before)
            plane[self._rows, self._columns] = np.rint(mixed)

    def _apply_faded(self, plane: Plane, small: Plane, strength: int) -> None:
        share = times(self._shape, strength / 255)
        glass = np.asarray(cv2.resize(small, self._size, interpolation=cv2.INTER_LINEAR), np.uint8)
        scale_into(glass, share)
        scale_into(plane, inverse(share))
        cv2.add(plane, glass, dst=plane)
