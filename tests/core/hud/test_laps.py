"""The lap panel: no number meets another, however long the laps are."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from hud_data import full_ride
from uploadm8.core.hud.frame import FrameFormat
from uploadm8.core.hud.hud import Hud
from uploadm8.core.hud.spec import HudSpec, ThemeName, WidgetEntry, WidgetKind
from uploadm8.core.hud.units import MINUS
from uploadm8.core.hud.widgets.lap import LapState, LapTimer, gap_text

EMPTY = LapState("LAP 12", " ", " ", " ", "")
TEXTS = {"running": "59:59.9", "last": "58:01.2", "best": "57:44.0", "delta": "+123.4"}


def painted(widget: LapTimer, state: LapState) -> NDArray[np.bool_]:
    layer = widget.base.copy()
    widget.paint(layer, state)
    return np.asarray(layer.inv_y != widget.base.inv_y, np.bool_)


@pytest.mark.parametrize("theme", ThemeName)
@pytest.mark.parametrize("frame", [FrameFormat(1920, 1080, 30.0), FrameFormat(1080, 1920, 30.0)])
def test_long_laps_and_large_gaps_stand_apart(theme: ThemeName, frame: FrameFormat) -> None:
    spec = HudSpec(theme=theme, widgets=(WidgetEntry(kind=WidgetKind.LAP),))
    (panel,) = Hud(spec, full_ride(), frame)._panels
    assert isinstance(panel.widget, LapTimer)
    widget = panel.widget
    captions = painted(widget, EMPTY)
    each = [
        painted(widget, EMPTY._replace(**{name: text})) & ~captions for name, text in TEXTS.items()
    ]
    together = [captions, *(mask for mask in each if mask.any())]
    assert len(together) >= 4
    near = [cv2.dilate(mask.astype(np.uint8), np.ones((7, 7), np.uint8)) for mask in together]
    assert np.sum(near, axis=0).max() == 1


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-0.424, f"{MINUS}0.42"),
        (0.0, "+0.00"),
        (99.999, "+100.0"),
        (-123.44, f"{MINUS}123.4"),
        (1234.5, "+1234"),
        (float("nan"), ""),
    ],
)
def test_a_gap_is_as_exact_as_there_is_room(seconds: float, text: str) -> None:
    assert gap_text(seconds) == text
