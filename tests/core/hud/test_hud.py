"""The Hud as a whole: where it draws, and that a frame's pixels depend on its index alone."""

import numpy as np
import pytest

from hud_data import blank, car_ride, full_ride, same
from uploadm8.core.hud.frame import FrameFormat
from uploadm8.core.hud.hud import Hud
from uploadm8.core.hud.spec import HudSpec, Preset, ThemeName
from uploadm8.errors import InvalidRequestError

WIDE = FrameFormat(960, 540, 30.0)
TALL = FrameFormat(540, 960, 30.0)


@pytest.mark.parametrize("theme", ThemeName)
@pytest.mark.parametrize("frame", [WIDE, TALL], ids=["wide", "tall"])
@pytest.mark.parametrize("opacity", [1.0, 0.3])
def test_nothing_outside_the_panels_is_touched(
    theme: ThemeName, frame: FrameFormat, opacity: float
) -> None:
    hud = Hud(HudSpec(theme=theme, opacity=opacity), car_ride(), frame)
    planes, before = blank(frame, seed=1), blank(frame, seed=1)
    for index in (0, 3, 200):
        hud.draw(planes, index)
    outside = np.ones((frame.height, frame.width), np.bool_)
    for rect in hud.panels:
        outside[rect.y : rect.bottom, rect.x : rect.right] = False
    half = outside[::2, ::2]
    assert np.array_equal(planes.y[outside], before.y[outside])
    assert np.array_equal(planes.u[half], before.u[half])
    assert np.array_equal(planes.v[half], before.v[half])
    assert not np.array_equal(planes.y, before.y)


@pytest.mark.parametrize("theme", ThemeName)
def test_a_frame_depends_on_its_index_alone(theme: ThemeName) -> None:
    spec = HudSpec(theme=theme)
    straight, jumping = Hud(spec, car_ride(), WIDE), Hud(spec, car_ride(), WIDE)
    for index in range(0, 300, 30):
        straight.draw(blank(WIDE), index)
    for index in (900, 5, 431, 300):
        jumping.draw(blank(WIDE), index)
    first, second = blank(WIDE), blank(WIDE)
    straight.draw(first, 437)
    jumping.draw(second, 437)
    assert same(first, second)


@pytest.mark.parametrize("theme", ThemeName)
@pytest.mark.parametrize("opacity", [1.0, 0.3])
def test_drawing_every_frame_equals_drawing_only_the_last(theme: ThemeName, opacity: float) -> None:
    spec = HudSpec(theme=theme, preset=Preset.MOTORCYCLE, opacity=opacity)
    patient, sudden = Hud(spec, full_ride(), WIDE), Hud(spec, full_ride(), WIDE)
    for index in (*range(500, 420, -4), *range(420, 459)):
        patient.draw(blank(WIDE), index)
    last, only = blank(WIDE), blank(WIDE)
    patient.draw(last, 459)
    sudden.draw(only, 459)
    assert same(last, only)


def test_frames_drawn_in_one_go_look_like_frames_drawn_one_by_one() -> None:
    spec = HudSpec(preset=Preset.MOTORCYCLE)
    together, single = Hud(spec, full_ride(), WIDE), Hud(spec, full_ride(), WIDE)
    indices = (3, 4, 5, 440, 6)
    drawn = [blank(WIDE) for _ in indices]
    together.draw_all(list(zip(drawn, indices, strict=True)))
    for planes, index in zip(drawn, indices, strict=True):
        alone = blank(WIDE)
        single.draw(alone, index)
        assert same(planes, alone)


def test_of_frames_drawn_in_one_go_none_is_touched_when_one_is_refused() -> None:
    hud, planes = Hud(HudSpec(), car_ride(), WIDE), blank(WIDE)
    with pytest.raises(InvalidRequestError, match="does not fit"):
        hud.draw_all([(planes, 100), (blank(TALL), 101)])
    assert same(planes, blank(WIDE))


def test_frames_of_another_format_are_refused() -> None:
    hud = Hud(HudSpec(), car_ride(), WIDE)
    with pytest.raises(InvalidRequestError, match="does not fit"):
        hud.draw(blank(TALL), 0)
    with pytest.raises(InvalidRequestError, match="does not fit"):
        hud.draw(blank(WIDE), 10**6)
