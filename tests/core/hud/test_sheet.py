"""Sheets: which panels share one, and that sharing one is not to be seen."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from hud_data import blank, car_ride, full_ride, same
from uploadm8.core.hud.frame import FrameFormat, Plane, Planes, Rect
from uploadm8.core.hud.hud import Hud
from uploadm8.core.hud.panel import Panel
from uploadm8.core.hud.scene import Scene
from uploadm8.core.hud.sheet import Sheet, sheets
from uploadm8.core.hud.spec import HudSpec, Preset, ThemeName, WidgetEntry, WidgetKind
from uploadm8.core.hud.widgets.branding import FreeText

WIDE = FrameFormat(960, 540, 30.0)
LEFT, RIGHT = Rect(98, 102, 160, 160), Rect(282, 102, 160, 160)
Strength = NDArray[np.uint8]
HALF, FULL = (np.full(2, value, np.uint8) for value in (128, 255))
EITHER_PLATE = pytest.mark.parametrize("theme", [ThemeName.GLASS, ThemeName.SPORT])


def scene(theme: ThemeName) -> Scene:
    """A frame without margins."""
    return Scene(HudSpec(theme=theme), car_ride(), WIDE, Rect(0, 0, 960, 540), 0.5)


def panel(theme: ThemeName, rect: Rect, strength: Strength = FULL) -> Panel:
    """A line of text there."""
    entry = WidgetEntry(kind=WidgetKind.TEXT, text="Furka")
    return Panel(FreeText(scene(theme), entry, rect.w, rect.h), rect, strength)


def shared(panels: Sequence[Panel]) -> list[Sheet]:
    """The sheets that a HUD would make of them."""
    look = panels[0].widget.scene
    return sheets(panels, look.theme.tone, look.coding)


def drawn(made: Sequence[Sheet], seed: int | None, index: int = 0) -> Planes:
    """They on noise, or on one grey."""
    planes = blank(WIDE, seed)
    for sheet in made:
        sheet.draw(planes, index)
    return planes


def cut(planes: Planes, rect: Rect) -> list[Plane]:
    """What the three planes have there."""
    x, y, right, bottom = rect.x, rect.y, rect.right, rect.bottom
    half = np.s_[y // 2 : bottom // 2, x // 2 : right // 2]
    return [planes.y[y:bottom, x:right], planes.u[half], planes.v[half]]


@EITHER_PLATE
def test_neighbours_shown_at_the_same_times_share_a_sheet(theme: ThemeName) -> None:
    (one,) = shared([panel(theme, LEFT, HALF), panel(theme, RIGHT, HALF.copy())])
    assert one.rect == Rect(98, 102, 344, 160)


@pytest.mark.parametrize(
    ("rect", "strength"),
    [
        (RIGHT, np.array([255, 254], np.uint8)),
        (Rect(700, 102, 160, 160), FULL),
        (Rect(280, 102, 160, 160), FULL),
    ],
    ids=["shown at other times", "far apart", "not whole cells together"],
)
def test_others_have_sheets_of_their_own(rect: Rect, strength: Strength) -> None:
    glass = ThemeName.GLASS
    apart = shared([panel(glass, LEFT), panel(glass, rect, strength)])
    assert [sheet.rect for sheet in apart] == [LEFT, rect]


@EITHER_PLATE
def test_what_is_between_the_panels_stays_to_the_bit_at_every_opacity(theme: ThemeName) -> None:
    easing = np.arange(256).astype(np.uint8)
    (sheet,) = shared([panel(theme, LEFT, easing), panel(theme, RIGHT, easing)])
    now, before = blank(WIDE, seed=5), blank(WIDE, seed=5)
    for index in range(256):
        sheet.draw(now, index)
    for rect in (LEFT, RIGHT):
        assert not np.array_equal(cut(now, rect)[0], cut(before, rect)[0])
        for plane, bare in zip(cut(now, rect), cut(before, rect), strict=True):
            plane[:] = bare
    assert same(now, before)


@pytest.mark.parametrize(
    ("theme", "seed"), [(ThemeName.SPORT, 6), (ThemeName.GLASS, None)], ids=["plates", "glass"]
)
def test_a_sheet_of_two_equals_two_of_one(theme: ThemeName, seed: int | None) -> None:
    """Glass over one grey; over a picture it differs at the edges, see below."""
    together = shared([panel(theme, LEFT, HALF), panel(theme, RIGHT, HALF)])
    apart = [shared([panel(theme, rect, HALF)])[0] for rect in (LEFT, RIGHT)]
    assert len(together) == 1
    assert same(drawn(together, seed), drawn(apart, seed))


def test_glass_is_the_same_but_within_the_blur_of_the_edge() -> None:
    """Blurred over 4 cells to each side: there, a shared sheet takes in what is between."""
    glass, reach = ThemeName.GLASS, 5 * 8
    together = drawn(shared([panel(glass, LEFT), panel(glass, RIGHT)]), seed=7)
    apart = drawn([shared([panel(glass, rect)])[0] for rect in (LEFT, RIGHT)], seed=7)
    for x, y, w, h in (LEFT, RIGHT):
        inner = Rect(x + reach, y, w - 2 * reach, h)
        for one, other in zip(cut(together, inner), cut(apart, inner), strict=True):
            assert np.array_equal(one, other)
    assert not same(together, apart)


def test_glass_never_shows_the_blurred_image_of_another_panel() -> None:
    """A flash in the corner between two panels leaves them as they are without it."""
    glass = ThemeName.GLASS
    corner = [Rect(96, 96, 320, 48), Rect(96, 160, 96, 96)]
    flash = panel(glass, Rect(216, 168, 96, 48), np.array([128, 0], np.uint8))
    made = shared([flash, *(panel(glass, rect) for rect in corner)])
    with_flash, without = drawn(made, seed=8), drawn(made, seed=8, index=1)
    assert not same(with_flash, without)
    for rect in corner:
        for lit, bare in zip(cut(with_flash, rect), cut(without, rect), strict=True):
            assert np.array_equal(lit, bare)


def test_the_sheets_of_a_hud_keep_off_its_other_panels() -> None:
    square = FrameFormat(720, 720, 30.0)
    hud = Hud(HudSpec(theme=ThemeName.GLASS, preset=Preset.MOTORCYCLE), full_ride(), square)
    assert len(hud._sheets) < len(hud.panels)
    for sheet in hud._sheets:
        inside = [rect for rect in hud.panels if sheet.rect.overlaps(rect)]
        assert len(inside) == len(sheet._panels)
