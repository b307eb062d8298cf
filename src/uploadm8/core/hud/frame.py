"""What the HUD is drawn on: the frame's format, its three planes, rectangles and safe areas."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from uploadm8.errors import InvalidRequestError

Plane = NDArray[np.uint8]
Matrix = Literal["bt709", "bt601"]


class Rect(NamedTuple):
    """A rectangle in luma pixels: left, top, width, height."""

    x: int
    y: int
    w: int
    h: int

    @property
    def right(self) -> int:
        """The first column right of it."""
        return self.x + self.w

    @property
    def bottom(self) -> int:
        """The first row below it."""
        return self.y + self.h

    def overlaps(self, other: "Rect") -> bool:
        """Whether the two share a pixel."""
        return (
            self.x < other.right
            and other.x < self.right
            and self.y < other.bottom
            and other.y < self.bottom
        )

    def inside(self, other: "Rect") -> bool:
        """Whether no pixel of this one is outside the other."""
        return (
            self.x >= other.x
            and self.y >= other.y
            and self.right <= other.right
            and self.bottom <= other.bottom
        )


@dataclass(frozen=True, slots=True)
class FrameFormat:
    """Size, rate and colour coding of 8-bit 4:2:0 frames.

    Attributes:
        width: luma columns, even.
        height: luma rows, even.
        fps: nominal frames per second.
        matrix: which luma coefficients the pixels were made with.
        full_range: True when black is 0 and white is 255, False for 16 to 235.
    """

    width: int
    height: int
    fps: float
    matrix: Matrix = "bt709"
    full_range: bool = False

    def __post_init__(self) -> None:
        if min(self.width, self.height) < 64 or self.width % 2 or self.height % 2:
            raise InvalidRequestError(
                f"A HUD needs frames of even size from 64 x 64, not {self.width} x {self.height}.",
                code="hud_frame_size",
                action="Use frames of even width and height, at least 64 x 64.",
            )

    @property
    def short_side(self) -> int:
        """The smaller of width and height."""
        return min(self.width, self.height)

    @property
    def rect(self) -> Rect:
        """The whole frame."""
        return Rect(0, 0, self.width, self.height)


@dataclass(frozen=True, slots=True)
class Planes:
    """Writable uint8 views of one 4:2:0 frame; rows may be padded (line stride is respected).

    Attributes:
        y: luma, shape (height, width).
        u: blue difference, shape (height / 2, width / 2).
        v: red difference, shape (height / 2, width / 2).
    """

    y: Plane
    u: Plane
    v: Plane

    def matches(self, frame: FrameFormat) -> bool:
        """Whether the three shapes are those of the format."""
        half = (frame.height // 2, frame.width // 2)
        return (
            self.y.shape == (frame.height, frame.width)
            and self.u.shape == half
            and self.v.shape == half
        )


@dataclass(frozen=True, slots=True)
class SafeArea:
    """Margins, as fractions of the frame, that nothing of the HUD may enter."""

    left: float = 0.0
    top: float = 0.0
    right: float = 0.0
    bottom: float = 0.0

    def __post_init__(self) -> None:
        margins = (self.left, self.top, self.right, self.bottom)
        if any(not 0 <= m < 1 for m in margins) or self.left + self.right > 0.8:
            raise _bad_area(margins)
        if self.top + self.bottom > 0.8:
            raise _bad_area(margins)

    def rect(self, frame: FrameFormat) -> Rect:
        """The allowed rectangle, rounded inwards to even pixels (4:2:0 chroma)."""
        left = _even_up(self.left * frame.width)
        top = _even_up(self.top * frame.height)
        right = int((1 - self.right) * frame.width + 1e-6) & ~1
        bottom = int((1 - self.bottom) * frame.height + 1e-6) & ~1
        return Rect(left, top, right - left, bottom - top)


# Margins of the vertical apps' own controls, on 1080 x 1920: caption and buttons below, icon column
# on the right, tabs above. They differ between versions of the apps, so they are generous, and
# "vertical" covers them all at once: x 60..920, y 220..1440.
SAFE_AREAS: dict[str, SafeArea] = {
    "none": SafeArea(),
    "title": SafeArea(0.02, 0.03, 0.02, 0.03),
    "tiktok": SafeArea(60 / 1080, 130 / 1920, 160 / 1080, 480 / 1920),
    "reels": SafeArea(40 / 1080, 220 / 1920, 160 / 1080, 450 / 1920),
    "shorts": SafeArea(48 / 1080, 200 / 1920, 150 / 1080, 420 / 1920),
    "vertical": SafeArea(60 / 1080, 220 / 1920, 160 / 1080, 480 / 1920),
}


def safe_area(name: str) -> SafeArea:
    """The safe area of that name; one of `SAFE_AREAS`."""
    area = SAFE_AREAS.get(name)
    if area is None:
        raise InvalidRequestError(
            f"There is no safe area named {name!r}.",
            code="unknown_safe_area",
            action=f"Use one of: {', '.join(SAFE_AREAS)}.",
        )
    return area


def default_safe_area(frame: FrameFormat) -> SafeArea:
    """`vertical` for frames at least as tall as 9:14, `title` for all others."""
    return SAFE_AREAS["vertical" if frame.height * 9 >= frame.width * 14 else "title"]


def _even_up(value: float) -> int:
    return int(np.ceil(value / 2 - 1e-6)) * 2


def _bad_area(margins: tuple[float, float, float, float]) -> InvalidRequestError:
    return InvalidRequestError(
        f"The margins {margins} leave no room for a HUD.",
        code="hud_safe_area",
        action="Use fractions from 0 to below 1 that leave at least a fifth of the frame.",
    )
