"""RenditionSpec: everything that decides the pixels and the size of one encoded file."""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from uploadm8.core.hud.frame import SafeArea, safe_area


class Fit(StrEnum):
    """How a picture of one shape fills a frame of another."""

    CROP = "crop"  # fill the frame, cut off what stands out
    FIT = "fit"  # show everything, black bars beside it
    BLUR = "blur"  # show everything, a blurred copy beside it


class Quality(StrEnum):
    """Encoder effort. Platforms encode again, so `quick` costs little that viewers can see."""

    STANDARD = "standard"
    QUICK = "quick"


class Pace(StrEnum):
    """When pictures are shown."""

    CONSTANT = "constant"  # at a steady rate, picked from the source by time
    KEEP = "keep"  # exactly when the source shows them


@dataclass(frozen=True, slots=True)
class RenditionSpec:
    """One encoded file; platforms whose specs are equal share it.

    Attributes:
        name: short and fit for a file name, such as ``9x16``.
        width, height: pixels, even.
        fit: what happens when the source has another shape.
        pace: constant rate or the source's own times.
        min_fps, max_fps: the source's rate is multiplied or divided evenly to lie between.
        hud: whether the HUD is drawn.
        safe_area: name of the area the HUD keeps to (`uploadm8.core.hud.frame.SAFE_AREAS`).
        duration_cap_s: the rest is cut off; None keeps all.
        max_bitrate: video bits a second, at no moment much exceeded.
        max_bytes: of the finished file; lowers the bit rate of long videos. None is no cap.
    """

    name: str
    width: int
    height: int
    fit: Fit = Fit.BLUR
    pace: Pace = Pace.CONSTANT
    min_fps: Fraction = Fraction(23)
    max_fps: Fraction = Fraction(60)
    hud: bool = True
    safe_area: str = "title"
    duration_cap_s: float | None = None
    max_bitrate: int = 16_000_000
    max_bytes: int | None = None

    @property
    def margins(self) -> SafeArea:
        """The safe area itself."""
        return safe_area(self.safe_area)

    @property
    def pixels(self) -> int:
        """In a frame."""
        return self.width * self.height

    @property
    def aspect(self) -> float:
        """Width over height."""
        return self.width / self.height
