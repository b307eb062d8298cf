"""A user's own line of text: broken, shrunk, and without what no font has."""

import pytest

from hud_data import ride_with
from uploadm8.core.hud.frame import FrameFormat, Rect, default_safe_area
from uploadm8.core.hud.hud import Hud
from uploadm8.core.hud.spec import HudSpec, WidgetEntry, WidgetKind
from uploadm8.core.telemetry.track import Channel

TALL = FrameFormat(1080, 1920, 30.0)
LONG = "A rather long line about the Furka Pass, and about who rode it on which day of June 2026"


def panel_of(text: str) -> tuple[Rect, ...]:
    entry = WidgetEntry(kind=WidgetKind.TEXT, text=text)
    return Hud(HudSpec(widgets=(entry,)), ride_with(Channel.SPEED), TALL).panels


def test_a_long_line_is_broken_into_as_many_as_it_needs() -> None:
    (short,), (long,) = panel_of("Furka"), panel_of(LONG)
    assert long.inside(default_safe_area(TALL).rect(TALL))
    assert long.h > short.h * 1.5


def test_a_word_wider_than_the_area_is_made_smaller() -> None:
    (word,), (rect,) = panel_of("Furka"), panel_of("W" * 80)
    assert rect.inside(default_safe_area(TALL).rect(TALL))
    assert rect.h <= word.h


@pytest.mark.parametrize("text", ["\U0001f3cd\ufe0f", " \U0001f600 \U0001f680 ", "   "])
def test_nothing_but_emoji_is_no_text(text: str) -> None:
    assert panel_of(text) == ()


def test_emoji_take_no_room() -> None:
    assert panel_of("Furka \U0001f3cd\ufe0f Pass") == panel_of("Furka Pass")
