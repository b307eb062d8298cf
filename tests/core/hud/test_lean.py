"""Lean angle: every face shows the same truth, to either side and at the end of its scale."""

import numpy as np
import pytest

from hud_data import full_ride
from uploadm8.core.hud.box import Box
from uploadm8.core.hud.frame import FrameFormat
from uploadm8.core.hud.hud import Hud
from uploadm8.core.hud.layer import Layer
from uploadm8.core.hud.spec import HudSpec, ThemeName, WidgetEntry, WidgetKind
from uploadm8.core.hud.widgets.lean import LeanAngle, LeanState
from uploadm8.core.telemetry.track import Channel

SHAPES = [FrameFormat(1920, 1080, 30.0), FrameFormat(1080, 1920, 30.0)]
EVERY_FACE = pytest.mark.parametrize("theme", ThemeName)
EVERY_SHAPE = pytest.mark.parametrize("frame", SHAPES, ids=["wide", "tall"])


def lean_widget(theme: ThemeName, frame: FrameFormat) -> LeanAngle:
    spec = HudSpec(theme=theme, widgets=(WidgetEntry(kind=WidgetKind.LEAN),))
    (panel,) = Hud(spec, full_ride(), frame)._panels
    assert isinstance(panel.widget, LeanAngle)
    return panel.widget


def moving(widget: LeanAngle, halves: int) -> Layer:
    """What is painted for an angle of that many half degrees, on nothing."""
    layer = Layer(widget.base.width, widget.base.height)
    widget.paint(layer, LeanState(halves, min(halves, 0), max(halves, 0), ""))
    return layer


@EVERY_FACE
@EVERY_SHAPE
@pytest.mark.parametrize("degrees", [7, 33, 60])
def test_left_is_the_mirror_of_right(theme: ThemeName, frame: FrameFormat, degrees: int) -> None:
    widget = lean_widget(theme, frame)
    right, left = (moving(widget, 2 * sign * degrees).inv_y for sign in (1, -1))
    assert (right < 255).sum() > 60
    assert np.abs(right.astype(int) - left[:, ::-1]).mean() < 0.5


@EVERY_FACE
@EVERY_SHAPE
def test_the_end_of_the_scale_is_inside_the_panel(theme: ThemeName, frame: FrameFormat) -> None:
    widget = lean_widget(theme, frame)
    for halves in (-120, 120):
        touched = moving(widget, halves).touched
        assert touched is not None
        inner = Box(2, 2, widget.base.width - 2, widget.base.height - 2)
        assert touched.common(inner) == touched


def test_no_two_themes_show_lean_alike() -> None:
    faces = {type(lean_widget(name, SHAPES[0])._face) for name in ThemeName}
    assert len(faces) == len(ThemeName)


def test_the_farthest_leans_are_those_so_far() -> None:
    widget = lean_widget(ThemeName.RACING, SHAPES[0])
    lean = full_ride().values[Channel.LEAN]
    for index in (10, 500, 1500):
        state = widget.state(index)
        assert state.most == max(0, round(float(lean[: index + 1].max()) * 2))
        assert state.least == min(0, round(float(lean[: index + 1].min()) * 2))
