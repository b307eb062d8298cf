"""Specs as users send them, and the answers to wrong ones."""

import base64
import json
from typing import Any

import cv2
import msgspec
import numpy as np
import pytest

from hud_data import blank, car_ride, ride_with, same
from uploadm8.core.hud.frame import SAFE_AREAS, FrameFormat, SafeArea, default_safe_area, safe_area
from uploadm8.core.hud.hud import Hud
from uploadm8.core.hud.spec import HudSpec, ThemeName
from uploadm8.core.hud.validate import validate_spec
from uploadm8.core.telemetry.track import Channel
from uploadm8.errors import InvalidRequestError

WIDE = FrameFormat(960, 540, 30.0)


def png(width: int = 40, height: int = 20) -> str:
    picture = np.zeros((height, width, 4), np.uint8)
    picture[..., 2:] = 255
    return base64.b64encode(cv2.imencode(".png", picture)[1].tobytes()).decode()


def test_an_empty_spec_is_the_default_hud() -> None:
    assert validate_spec({}) == HudSpec()


def test_a_spec_survives_being_saved() -> None:
    spec = validate_spec(
        {
            "theme": "sport",
            "accent": "#12ab9F",
            "widgets": [{"kind": "stats", "fields": ["pace", "heart_rate"], "anchor": "top"}],
            "safe_driving": {"mode": "cap", "limit_kmh": 120},
            "time_zone": "Europe/Zurich",
            "logo": png(),
        }
    )
    assert validate_spec(json.loads(msgspec.json.encode(spec))) == spec


@pytest.mark.parametrize(
    ("wrong", "field", "told"),
    [
        ({"theme": "neon"}, "theme", "glass, minimal, sport"),
        ({"preset": 3}, "preset", "motorcycle"),
        ({"units": "furlong"}, "units", "nautical"),
        ({"accent": "red"}, "accent", "#00d4ff"),
        ({"scale": 9}, "scale", "at most 2.0"),
        ({"opacity": -0.1}, "opacity", "at least 0.0"),
        ({"text": "x" * 81}, "text", "at most 80 characters"),
        ({"widgets": [{"kind": "clock"}] * 17}, "widgets", "at most 16 entries"),
        (
            {"widgets": [{"kind": "stats", "fields": ["speed"] * 7}]},
            "widgets[0].fields",
            "at most 6 entries",
        ),
        ({"opacity": "x"}, "opacity", "float"),
        ({"colour": 1}, "colour", "no field"),
        ({"widgets": [{"kind": "clock"}, {"kind": "wings"}]}, "widgets[1].kind", "compass"),
        ({"widgets": [{"kind": "map", "style": "arc"}]}, "widgets[0].style", "follow"),
        ({"widgets": [{"kind": "stats"}]}, "widgets[0].fields", "heart_rate"),
        ({"widgets": [{"kind": "lap", "fields": ["pace"]}]}, "widgets[0].fields", "stats"),
        ({"widgets": [{"kind": "text"}]}, "widgets[0].text", "given"),
        ({"widgets": [{"kind": "logo"}]}, "logo", "PNG"),
        ({"logo": base64.b64encode(b"GIF89a").decode()}, "logo", "PNG"),
        ({"time_zone": "Mars/Olympus"}, "time_zone", "Europe/Paris"),
        ({"text": "\ud800", "theme": "\ud800"}, "hud", "halves of characters"),
        ({"time_zone": "../etc/passwd"}, "time_zone", "Europe/Paris"),
        (
            {"safe_driving": {"mode": "cap", "limit_kmh": -1}},
            "safe_driving.limit_kmh",
            "more than 0",
        ),
    ],
)
def test_a_wrong_field_is_named_with_what_it_allows(
    wrong: dict[str, Any], field: str, told: str
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        validate_spec(wrong)
    (error,) = caught.value.fields
    assert error.field == field
    assert told in error.message
    assert caught.value.code == "invalid_hud"


def test_a_logo_that_is_no_picture_is_refused_clearly() -> None:
    broken = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(40)).decode()
    with pytest.raises(InvalidRequestError, match="logo"):
        Hud(validate_spec({"logo": broken}), car_ride(), WIDE)


def test_a_logo_is_drawn_in_its_colours() -> None:
    spec = validate_spec({"logo": png(), "widgets": [{"kind": "logo"}], "animate": False})
    planes = blank(WIDE)
    hud = Hud(spec, car_ride(), WIDE)
    hud.draw(planes, 0)
    (rect,) = hud.panels
    x, y = rect.x + rect.w // 2, rect.y + rect.h // 2
    assert abs(int(planes.y[y, x]) - 63) <= 1
    assert abs(int(planes.v[y // 2, x // 2]) - 240) <= 1


def test_accent_opacity_and_scale_change_the_picture() -> None:
    looks = []
    for change in ({}, {"accent": "#ff00ff"}, {"opacity": 0.5}, {"scale": 1.3}):
        planes = blank(WIDE)
        Hud(validate_spec(change), car_ride(), WIDE).draw(planes, 400)
        looks.append(planes)
    assert not any(same(looks[0], other) for other in looks[1:])


def test_a_hud_without_animation_is_complete_at_once() -> None:
    hud = Hud(HudSpec(theme=ThemeName.SPORT, animate=False), car_ride(), WIDE)
    assert {int(panel.strength[0]) for panel in hud._panels if panel.widget.shown()[0]} == {255}


def test_the_summary_card_stands_alone_at_the_end() -> None:
    hud = Hud(HudSpec(summary_card=True), car_ride(), WIDE)
    *others, card = hud._panels
    assert len(hud.panels) == len(hud.widgets) + 1
    assert card.strength[-1] == 255
    assert card.strength[1000] == 0
    for panel in others:
        assert not ((panel.strength > 0) & (card.strength > 0)).any()


def test_a_card_that_could_tell_the_time_alone_is_left_out() -> None:
    samples = ride_with(Channel.HEART_RATE)
    assert Hud(HudSpec(summary_card=True, widgets=()), samples, WIDE).panels
    assert not Hud(HudSpec(summary_card=True, widgets=()), ride_with(Channel.RPM), WIDE).panels


def test_safe_areas_by_name_and_by_shape() -> None:
    assert safe_area("reels") is SAFE_AREAS["reels"]
    assert default_safe_area(FrameFormat(1080, 1920, 30)) is SAFE_AREAS["vertical"]
    assert default_safe_area(FrameFormat(1080, 1350, 30)) is SAFE_AREAS["title"]
    assert SAFE_AREAS["vertical"].rect(FrameFormat(1080, 1920, 30)) == (60, 220, 860, 1220)
    with pytest.raises(InvalidRequestError, match="no safe area"):
        safe_area("myspace")


def test_impossible_frames_and_margins_are_refused() -> None:
    with pytest.raises(InvalidRequestError, match="even"):
        FrameFormat(1921, 1080, 30)
    with pytest.raises(InvalidRequestError, match="leave no room"):
        SafeArea(left=0.5, right=0.5)
