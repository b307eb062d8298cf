"""A user's own line of text: broken, shrunk, and without what no font has."""

import cv2
import numpy as np
import pytest

from hud_data import blank, ride_with
from uploadm8.core.hud.frame import FrameFormat, Rect, default_safe_area
from uploadm8.core.hud.hud import Hud
from uploadm8.core.hud.spec import HudSpec, WidgetEntry, WidgetKind
from uploadm8.core.hud.text import Font, text_mask
from uploadm8.core.hud.widgets.branding import broken
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


@pytest.mark.parametrize(
    "text", ["\U0001f3cd\ufe0f", " \U0001f600 \U0001f680 ", "   ", "\u200b", "\x00\x07", "\u0301"]
)
def test_nothing_but_emoji_and_what_is_not_to_be_seen_is_no_text(text: str) -> None:
    assert panel_of(text) == ()


def test_emoji_take_no_room() -> None:
    assert panel_of("Furka \U0001f3cd\ufe0f Pass") == panel_of("Furka Pass")


def test_lines_are_about_equally_long() -> None:
    words = ["Passo", "dello", "Stelvio", "48", "tornanti", "on", "tour", "with", "friends", "ok"]
    font, cap, most = Font("Inter", 600), 27.0, 700.0
    lines = broken(words, font, cap, most)
    widths = [text_mask(font, line, cap).width for line in lines]
    assert " ".join(lines).split() == words
    assert len(lines) == 2
    assert max(widths) <= most
    assert min(widths) > 0.7 * max(widths)


def test_a_white_logo_can_be_seen_on_white_footage() -> None:
    logo = cv2.imencode(".png", np.full((60, 200, 4), 255, np.uint8))[1].tobytes()
    spec = HudSpec(widgets=(WidgetEntry(kind=WidgetKind.LOGO),), logo=logo, animate=False)
    planes = blank(TALL, luma=235)
    Hud(spec, ride_with(Channel.SPEED), TALL).draw(planes, 0)
    assert planes.y.min() < 190
