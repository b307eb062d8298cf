"""Marker: a small picture that moves by half pixels."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from uploadm8.core.hud.box import Box
from uploadm8.core.hud.color import Ink
from uploadm8.core.hud.layer import Layer, Piece
from uploadm8.core.hud.shapes import coverage, grid

STEPS = 2  # positions per pixel


@dataclass(frozen=True, slots=True)
class Blob:
    """A concentric part of a marker.

    Attributes:
        radius: px.
        ink: its colour.
        strength: its opacity.
        soft: whether it fades from its middle outwards.
    """

    radius: float
    ink: Ink
    strength: float = 1.0
    soft: bool = False


class Marker:
    """Concentric blobs, drawn once for each of the 4 x 4 half-pixel phases of two pixels."""

    def __init__(self, blobs: Sequence[Blob]) -> None:
        self._blobs = tuple(blobs)
        self._reach = int(np.ceil(max(blob.radius for blob in blobs))) + 2
        self.size = self._reach * 2 + 2 & ~1

    @cached_property
    def _phases(self) -> dict[tuple[int, int], Piece]:
        return {}

    def stamp(self, layer: Layer, x: int, y: int) -> None:
        """Draw it with its centre at (x, y) half pixels; kept whole inside the layer."""
        column, row, phase = self._place(layer.width, layer.height, x, y)
        picture = self._phases.get(phase)
        if picture is None:
            picture = self._phases[phase] = self._draw(phase[0] / STEPS, phase[1] / STEPS)
        layer.stamp(picture, column, row)

    def box(self, layer: Layer, x: int, y: int) -> Box:
        """What `stamp` draws on."""
        column, row, _ = self._place(layer.width, layer.height, x, y)
        return Box(column, row, column + self.size + 2, row + self.size + 2)

    def _place(self, width: int, height: int, x: int, y: int) -> tuple[int, int, tuple[int, int]]:
        """Corner, even, and the phase within two pixels."""
        cell = 2 * STEPS
        most_x, most_y = (width - self.size - 2) * STEPS, (height - self.size - 2) * STEPS
        left = min(max(x - self._reach * STEPS, 0), most_x)
        top = min(max(y - self._reach * STEPS, 0), most_y)
        return left // cell * 2, top // cell * 2, (left % cell, top % cell)

    def _draw(self, dx: float, dy: float) -> Piece:
        size = self.size + 2
        picture = Layer(size, size)
        x, y = grid(size, size)
        distance = np.hypot(x - self._reach - dx, y - self._reach - dy)
        for blob in self._blobs:
            if blob.soft:
                near = np.clip(1 - distance / blob.radius, 0, 1) ** 2
                mask = np.rint(near * 255).astype(np.uint8)
            else:
                mask = coverage(distance - blob.radius)
            picture.paint(mask, blob.ink, strength=blob.strength)
        return Piece(picture)
