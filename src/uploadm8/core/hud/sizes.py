"""Sizes: how large things are, for frames seen across a screen and across the width of a phone."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sizes:
    """Design units (1/1080 of the frame's short side); those of text are cap heights.

    Attributes:
        label: captions, units and the marks of scales.
        value: numbers beside them.
        gap: between panels.
        pad: from a panel's edge to its contents.
        row: height of a line of numbers, and of the compass.
        dial: side of an arc gauge.
        dial_unit: cap height of the unit in it, as a share of its side.
        digits: a speed without a dial.
        bar: least width of a speed with a bar of blocks.
        tape_width: most of the compass and the altitude profile.
        map: side of a map.
        ball: width of the g-force and lean panels.
        profile: height of the altitude profile.
        ladder: width and height of a vertical tape.
        captions: whether numbers have captions and scales have numbers.
    """

    label: float
    value: float
    gap: float
    pad: float
    row: float
    dial: float
    dial_unit: float
    digits: float
    bar: float
    tape_width: float
    map: float
    ball: float
    profile: float
    ladder: tuple[float, float]
    captions: bool


WIDE = Sizes(
    label=15,
    value=24,
    gap=24,
    pad=24,
    row=84,
    dial=376,
    dial_unit=0.052,
    digits=78,
    bar=430,
    tape_width=624,
    map=320,
    ball=244,
    profile=160,
    ladder=(144, 320),
    captions=True,
)
# 1080 columns on a phone are about 65 mm: type below 20 units of cap height (a 28 px font) is lost
# there, and large panels hide the picture. So type grows, furniture shrinks, and what a unit or a
# shape already tells is not captioned.
COMPACT = Sizes(
    label=20,
    value=27,
    gap=16,
    pad=22,
    row=72,
    dial=232,
    dial_unit=0.084,
    digits=64,
    bar=290,
    tape_width=1000,
    map=232,
    ball=192,
    profile=136,
    ladder=(136, 232),
    captions=False,
)
