"""Boxes inside a layer: where two states of a widget differ, so that only that is drawn again."""

from typing import NamedTuple


class Box(NamedTuple):
    """Columns x0 to x1 and rows y0 to y1 of luma, ends excluded; empty unless x1 > x0."""

    x0: int
    y0: int
    x1: int
    y1: int

    def even(self) -> "Box":
        """Grown to whole chroma pixels."""
        return Box(self.x0 & ~1, self.y0 & ~1, self.x1 + 1 & ~1, self.y1 + 1 & ~1)

    @property
    def luma(self) -> tuple[slice, slice]:
        """Its part of a luma plane."""
        return slice(self.y0, self.y1), slice(self.x0, self.x1)

    @property
    def chroma(self) -> tuple[slice, slice]:
        """Its part of a chroma plane; the box must be even."""
        return slice(self.y0 // 2, self.y1 // 2), slice(self.x0 // 2, self.x1 // 2)


def around(*boxes: Box | None) -> Box:
    """The even box around all that are not empty."""
    full = [box for box in boxes if box is not None and box.x1 > box.x0]
    if not full:
        return Box(0, 0, 0, 0)
    return Box(
        min(box.x0 for box in full),
        min(box.y0 for box in full),
        max(box.x1 for box in full),
        max(box.y1 for box in full),
    ).even()
