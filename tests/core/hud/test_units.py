"""How numbers are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uploadm8.core.hud.spec import Units
from uploadm8.core.hud.units import MINUS, UNIT_SYSTEMS, duration_text, gear_text, number
from uploadm8.core.hud.widgets.dial import scale_end

METRIC, IMPERIAL, NAUTICAL = (
    UNIT_SYSTEMS[u] for u in (Units.METRIC, Units.IMPERIAL, Units.NAUTICAL)
)


@given(st.floats(-1e6, 1e6), st.integers(0, 2), st.booleans())
def test_no_number_is_minus_zero(value: float, decimals: int, signed: bool) -> None:
    text = number(value, decimals, signed=signed)
    assert "-" not in text
    if float(text.replace(MINUS, "-")) == 0:
        assert MINUS not in text


def test_speeds_in_every_unit() -> None:
    assert METRIC.speed.of(10) == 36
    assert round(IMPERIAL.speed.of(44.704), 6) == 100
    assert round(NAUTICAL.speed.of(0.514444), 3) == 1.0


@pytest.mark.parametrize(
    ("metres", "metric", "imperial", "nautical"),
    [
        (42.0, ("42", "m"), ("138", "ft"), ("138", "ft")),
        (1234.0, ("1.23", "km"), ("0.77", "mi"), ("0.67", "nmi")),
        (250_000.0, ("250.0", "km"), ("155.3", "mi"), ("135.0", "nmi")),
    ],
)
def test_ways_short_and_long(
    metres: float, metric: tuple[str, str], imperial: tuple[str, str], nautical: tuple[str, str]
) -> None:
    assert METRIC.distance_text(metres) == metric
    assert IMPERIAL.distance_text(metres) == imperial
    assert NAUTICAL.distance_text(metres) == nautical


def test_pilots_and_sailors_see_knots_feet_and_nautical_miles() -> None:
    assert (NAUTICAL.speed.symbol, NAUTICAL.distance.symbol) == ("kn", "nmi")
    assert number(NAUTICAL.height.of(304.8)) + NAUTICAL.height.symbol == "1000ft"
    assert NAUTICAL.climb_text(2.54) == ("+500", "ft/min")
    assert NAUTICAL.temperature_text(20) == ("20", "\u00b0C")


def test_climb_and_temperature_follow_the_units() -> None:
    assert METRIC.climb_text(-1.26) == (f"{MINUS}1.3", "m/s")
    assert IMPERIAL.climb_text(-2.54) == (f"{MINUS}500", "ft/min")
    assert IMPERIAL.temperature_text(20) == ("68", "\u00b0F")


def test_pace_is_minutes_per_unit_and_absent_when_standing() -> None:
    assert METRIC.pace_text(1000 / 300) == "5:00"
    assert IMPERIAL.pace_text(1609.344 / 450) == "7:30"
    assert METRIC.pace_text(0.0) is None


def test_durations() -> None:
    assert duration_text(62.96, 1) == "1:02.9"
    assert duration_text(3723) == "1:02:03"
    assert duration_text(59.999) == "0:59"


@given(st.floats(0, 1100))
def test_a_scale_ends_above_its_highest_value(highest: float) -> None:
    assert scale_end(highest) >= highest


def test_gears_are_named_as_on_the_lever() -> None:
    assert [gear_text(gear) for gear in (-1.0, 0.0, 1.0, 6.0)] == ["R", "N", "1", "6"]
