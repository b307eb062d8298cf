"""Frosted glass: what is behind a panel, blurred and toned down, inside the panel's shape."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from uploadm8.core.hud.color import ColorCoding
from uploadm8.core.hud.frame import Plane
from uploadm8.core.hud.layer import half_size

CELL = 8  # luma pixels per blurred cell; panels are whole cells
_BLUR, _COARSE_BLUR = (5, 5), (7, 7)  # cells; the first is applied twice


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


class Pane:
    """Frosted glass over one plane.

    Args:
        shape: coverage of the glass at the plane's size, in whole cells.
        cell: pixels per blurred cell.
        tone: what each value behind the glass becomes.
        fine: whether details behind the glass matter; chroma has next to none.
    """

    def __init__(self, shape: Plane, cell: int, tone: NDArray[np.uint8], *, fine: bool) -> None:
        if not fine:
            shape = np.asarray((shape >= 128) * np.uint8(255), np.uint8)
        h, w = shape.shape
        self._size = (w, h)
        self._small = (w // cell, h // cell)
        self._fine = fine
        self._tone = tone
        self._bare = [
            (rows, np.asarray((shape[rows] < 255) * np.uint8(255), np.uint8))
            for rows in _uncovered(shape)
        ]
        # The soft edge is a few hundred pixels: cheaper one by one than as rectangles.
        self._edge = np.flatnonzero((shape > 0) & (shape < 255))
        self._share = np.asarray(shape.ravel()[self._edge] / 255, np.float32)
        self._rest = np.asarray(1 - self._share, np.float32)

    def write_to(self, seen: Plane) -> None:
        """Write to this contiguous plane of the size of the pane from now on."""
        self._seen, self._pixels = seen, seen.reshape(-1)
        self._strips = [(rows, mask, seen[rows]) for rows, mask in self._bare]

    def behind(self, plane: Plane) -> None:
        """Write what is seen of `plane` through and beside the glass."""
        if self._fine:
            # Every fourth row is enough for a mean that is blurred over some seventy rows anyway.
            h, w = plane.shape
            rows = cv2.resize(plane[::4], (w // 2, h // 8), interpolation=cv2.INTER_AREA)
            small = cv2.resize(rows, self._small, interpolation=cv2.INTER_LINEAR)
            cv2.blur(small, _BLUR, dst=small)
            cv2.blur(small, _BLUR, dst=small)
        else:
            small = cv2.resize(plane, self._small, interpolation=cv2.INTER_LINEAR)
            cv2.blur(small, _COARSE_BLUR, dst=small)
        cv2.LUT(small, self._tone, dst=small)
        cv2.resize(small, self._size, dst=self._seen, interpolation=cv2.INTER_LINEAR)
        pixels = self._pixels
        glass = pixels.take(self._edge) if self._fine else None
        for strip, mask, seen in self._strips:
            cv2.copyTo(plane[strip], mask, seen)
        if glass is not None:
            clear = pixels.take(self._edge)
            pixels[self._edge] = cv2.blendLinear(glass, clear, self._share, self._rest)


def panes(shape: Plane, tone: GlassTone, coding: ColorCoding) -> tuple[Pane, Pane]:
    """The glass of a panel of that coverage, over luma and over each of the chroma planes."""
    span = coding.white - coding.black
    light = np.clip((np.arange(256) - coding.black) / span, 0, 1)
    toned = (tone.black + (tone.white - tone.black) * light) * span + coding.black
    vivid = np.clip((np.arange(256) - 128) * tone.vividness + 128, 0, 255)
    return (
        Pane(shape, CELL, np.rint(toned).astype(np.uint8), fine=True),
        Pane(half_size(shape), CELL // 2, np.rint(vivid).astype(np.uint8), fine=False),
    )


def _uncovered(shape: Plane) -> list[slice]:
    """The runs of rows that the shape does not cover whole."""
    bare = np.concatenate([[False], (shape < 255).any(axis=1), [False]]).astype(np.int8)
    change = np.diff(bare)
    starts, ends = np.flatnonzero(change == 1), np.flatnonzero(change == -1)
    return [slice(int(a), int(b)) for a, b in zip(starts, ends, strict=True)]
