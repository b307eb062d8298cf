"""Boxes inside a layer: where two states of a widget differ, so that only that is drawn again."""

from typing import NamedTuple


class Box(NamedTuple):
    """Columns x0 to x1 and rows y0 to y1 of luma, ends excluded."""

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
        x0, y0, x1, y1 = self
        a0, b0, a1, b1 = other
        return Box(
            x0 if x0 > a0 else a0,
            y0 if y0 > b0 else b0,
            x1 if x1 < a1 else a1,
            y1 if y1 < b1 else b1,
        )

    def joined(self, other: "Box") -> "Box":
        """The box around both; neither may be empty."""
        x0, y0, x1, y1 = self
        a0, b0, a1, b1 = other
        return Box(
            x0 if x0 < a0 else a0,
            y0 if y0 < b0 else b0,
            x1 if x1 > a1 else a1,
            y1 if y1 > b1 else b1,
        )

    @property
    def luma(self) -> tuple[slice, slice]:
        """Its part of a luma plane."""
        return slice(self.y0, self.y1), slice(self.x0, self.x1)

    @property
    def chroma(self) -> tuple[slice, slice]:
        """Its part of a chroma plane; the box must be even."""
        return slice(self.y0 // 2, self.y1 // 2), slice(self.x0 // 2, self.x1 // 2)


_FAR = 1 << 30
_NOTHING = Box(0, 0, 0, 0)


def around(*boxes: Box | None) -> Box:
    """The even box around all that are not empty."""
    left = top = _FAR
    right = bottom = -_FAR
    for box in boxes:
        if box is None:
            continue
        x0, y0, x1, y1 = box
        if x1 > x0 and y1 > y0:
            left, top = x0 if x0 < left else left, y0 if y0 < top else top
            right, bottom = x1 if x1 > right else right, y1 if y1 > bottom else bottom
    if left == _FAR:
        return _NOTHING
    return Box(left, top, right, bottom).even()
