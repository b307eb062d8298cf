"""Theme: a look as values. Widgets read it; none of them knows a theme by name."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Literal

from uploadm8.core.hud.color import mix_hex, relative_luminance
from uploadm8.core.hud.frost import GlassTone
from uploadm8.core.hud.text import Font

_DARK_ENOUGH = 0.75  # over white, for 4.5 : 1 with the dimmest of the themes' captions
_CONTRAST = 5.8  # what is lost at the edges of thin strokes leaves the 4.5 of WCAG 2.1, 1.4.3


class Plate(Enum):
    """What stands behind a widget."""

    GLASS = auto()  # frosted, rounded, a bright rim
    SCRIM = auto()  # a soft shade without an edge
    SLANT = auto()  # a leaning parallelogram with an accent edge
    CUT = auto()  # chamfered corners, an accent line on top
    STRIP = auto()  # a plain dark rectangle
    BRACKETS = auto()  # a light shade between four corner brackets


class Dial(Enum):
    """How an arc gauge is drawn."""

    RING = auto()  # a thick ring that lights up
    HAIRLINE = auto()  # a thin line and a dot
    SEGMENTS = auto()  # blocks
    NEEDLE = auto()  # ticks, numbers, a needle


class BallFace(Enum):
    """What the g-force ball rolls on."""

    RINGS = auto()  # three rings and a cross
    HAIRLINE = auto()  # a thin circle with four ticks
    BLOCKS = auto()  # a rim of blocks
    GAUGE = auto()  # a rim with the ticks of an instrument
    GRID = auto()  # squared paper
    RETICLE = auto()  # four arcs around an open cross


class LeanFace(Enum):
    """How an angle of lean is shown."""

    RIDER = auto()  # a rider seen from behind, under a band that lights up
    LINE = auto()  # a thin line that leans off a dashed upright one
    BLOCKS = auto()  # blocks that light up to one side, around the number
    NEEDLE = auto()  # a needle on a protractor, with marks at the farthest so far
    LEVEL = auto()  # a bar to the left or right of its middle
    HORIZON = auto()  # the horizon as it is seen, under a roll scale


class Pointer(Enum):
    """What marks the heading on the compass."""

    ARROW = auto()  # from above
    STEM = auto()  # a thin line from below
    NOTCH = auto()  # a broad arrow from below
    PAIR = auto()  # arrows from above and below
    BRACKETS = auto()  # to the left and right


@dataclass(frozen=True, slots=True)
class Theme:
    """A look.

    Attributes:
        plate: what stands behind a widget.
        plate_color: its colour; black for glass, which takes light and has no colour.
        plate_alpha: its opacity.
        radius: corner radius (or chamfer), in design units (1/1080 of the short side).
        tone: how frosted glass passes light; None = not frosted.
        accent: the colour of what is lit, when the user names none.
        warm: the middle of a value scale.
        hot: its end, and the position marker.
        text: colour of numbers.
        dim: colour of labels and units.
        digits: the big numbers.
        value: the other numbers.
        label: labels and units.
        tracking: letter spacing of labels, in cap heights.
        dial: how an arc gauge is drawn.
        speed: the speed widget's own style.
        ball: what the g-force ball rolls on.
        lean: how an angle of lean is shown.
        pointer: what marks the heading on the compass.
        way: thickness of the way on maps, design units.
        glow: light around the way that is covered, from 0.
        tapes: speed and altitude as vertical ladders at the frame's sides.
        strip: the stats run along the bottom in one full-width strip.
    """

    plate: Plate
    plate_color: str
    plate_alpha: float
    radius: float
    tone: GlassTone | None
    accent: str
    warm: str
    hot: str
    text: str
    dim: str
    digits: Font
    value: Font
    label: Font
    tracking: float
    dial: Dial
    speed: Literal["arc", "digital", "bar"]
    ball: BallFace
    lean: LeanFace
    pointer: Pointer
    way: float
    glow: float
    tapes: bool = False
    strip: bool = False

    @property
    def darkness(self) -> float:
        """The share of white light that does not pass a plate."""
        return self.plate_alpha if self.tone is None else 1 - self.tone.white

    def darkness_around_text(self, opacity: float) -> float:
        """What plate and shadow together keep from white light, with plates of that opacity.

        A plate darker than captions need is not made up for whole: the shadow would be a blot.
        """
        return max(self.darkness * opacity, min(self.darkness, _DARK_ENOUGH))

    def light_of_text(self, opacity: float) -> float:
        """The relative luminance from which on text can be read over white footage."""
        behind = mix_hex("#ffffff", self.plate_color, self.darkness_around_text(opacity))
        return _CONTRAST * (relative_luminance(behind) + 0.05) - 0.05
