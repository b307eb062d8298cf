"""The language of caption templates."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uploadm8.core.hud.spec import Units
from uploadm8.domain.captions.template import problems, render
from uploadm8.domain.captions.variables import EXAMPLES, VARIABLES, values_of

UPLOAD = {"title": "Pass", "filename": "a.mp4", "caption": "", "hashtags": ["ride"]}
TRACK = {"max_speed_mps": 31.0, "distance_m": 42_195.0, "altitude_max_m": 2757.4}


def values(**more: object) -> dict[str, str | None]:
    return values_of(UPLOAD, {}, {**TRACK, **more}, units=Units.METRIC, time_zone="Europe/Rome")


def test_variables_are_put_in() -> None:
    text = "{title}: {max_speed} over {distance}, up to {max_altitude} {hashtags}"
    assert render(text, values()) == "Pass: 112 km/h over 42.2 km, up to 2,757 m #ride"


@pytest.mark.parametrize(
    ("units", "text"),
    [(Units.IMPERIAL, "69 mph 26.2 mi 9,047 ft"), (Units.NAUTICAL, "60 kn 22.8 nmi 9,047 ft")],
)
def test_other_units_where_the_workspace_wants_them(units: Units, text: str) -> None:
    told = values_of(UPLOAD, {}, TRACK, units=units, time_zone="UTC")
    assert render("{max_speed} {distance} {max_altitude}", told) == text


def test_date_and_time_are_those_of_the_place() -> None:
    told = values(start_utc="2026-07-01T22:30:00Z")
    assert render("{date} {time}", told) == "2 July 2026 00:30"


def test_a_line_without_its_value_is_left_out() -> None:
    text = "{title}\nTop speed {max_speed}\nFilmed in {place}\n{hashtags}"
    assert render(text, values()) == "Pass\nTop speed 112 km/h\n#ride"


def test_a_text_instead_keeps_the_line() -> None:
    assert render("Filmed in {place|the Alps}", values()) == "Filmed in the Alps"


def test_doubled_braces_are_braces() -> None:
    assert render("{{{title}}}", values()) == "{Pass}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{speed}", "{speed} is no variable"),
        ("100 } sure", "a } stands alone at character 5; double it"),
        ("{title", "a { stands alone at character 1; double it"),
    ],
)
def test_what_is_wrong_with_a_template_is_said(text: str, said: str) -> None:
    assert problems(text) == [said]


@given(st.text("{}| \nabc", max_size=60))
def test_a_template_without_problems_can_always_be_rendered(text: str) -> None:
    if not problems(text):
        assert "\n\n\n" not in render(text, EXAMPLES)


def test_every_variable_has_an_example_that_renders() -> None:
    for name in VARIABLES:
        assert render(f"{{{name}}}", EXAMPLES) == EXAMPLES[name]
