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
    def empty(self) -> bool:
        """Whether nothing is inside."""
        return self.x1 <= self.x0 or self.y1 <= self.y0

    def common(self, other: "Box") -> "Box":
        """What both cover."""
        return Box(
            max(self.x0, other.x0),
            max(self.y0, other.y0),
            min(self.x1, other.x1),
            min(self.y1, other.y1),
        )

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
    x0 = y0 = 1 << 30
    x1 = y1 = 0
    for box in boxes:
        if box is not None and box[2] > box[0]:
            x0, y0 = min(x0, box[0]), min(y0, box[1])
            x1, y1 = max(x1, box[2]), max(y1, box[3])
    if x1 <= 0:
        return Box(0, 0, 0, 0)
    return Box(x0 & ~1, y0 & ~1, x1 + 1 & ~1, y1 + 1 & ~1)
