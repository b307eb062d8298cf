"""Digits that can be read, eased appearance, sweeps that move by less than a pixel."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hud_data import full_ride
from uploadm8.core.hud.color import Ink
from uploadm8.core.hud.frame import FrameFormat
from uploadm8.core.hud.hud import Hud
from uploadm8.core.hud.layer import Layer
from uploadm8.core.hud.motion import bridge_gaps, digit_slots, presence
from uploadm8.core.hud.spec import HudSpec, WidgetEntry, WidgetKind
from uploadm8.core.hud.sweep import Sweep

TIMES = np.arange(0, 20, 1 / 30)
WIDE = FrameFormat(960, 540, 30.0)


def test_digits_change_at_most_eight_times_a_second() -> None:
    slots = digit_slots(TIMES)
    assert (slots <= np.arange(len(TIMES))).all()
    assert len(np.unique(slots)) == 160


def test_the_ball_moves_with_every_frame_while_its_number_does_not() -> None:
    hud = Hud(HudSpec(widgets=(WidgetEntry(kind=WidgetKind.G_FORCE),)), full_ride(), WIDE)
    states = [hud._panels[0].widget.state(i) for i in range(300, 330)]
    assert len({(s.x, s.y) for s in states}) > 20
    assert len({s.digits for s in states}) <= 9


def test_the_trail_is_a_matter_of_time_and_not_of_calls() -> None:
    hud = Hud(HudSpec(widgets=(WidgetEntry(kind=WidgetKind.G_FORCE),)), full_ride(), WIDE)
    widget = hud._panels[0].widget
    first = widget.state(500)
    for i in (3, 900, 17):
        widget.state(i)
    assert widget.state(500) == first


@given(st.lists(st.booleans(), min_size=2, max_size=200))
def test_presence_is_zero_where_hidden_and_never_jumps_out(shown: list[bool]) -> None:
    mask = np.array(shown)
    amount = presence(mask, TIMES[: len(mask)], animate=True)
    assert (amount[~mask] == 0).all()
    assert (amount >= 0).all()
    assert (amount <= 1).all()


def test_panels_ease_in_and_stay() -> None:
    amount = presence(np.ones(len(TIMES), np.bool_), TIMES, animate=True)
    assert 0 < amount[0] < 0.1
    assert (np.diff(amount) >= 0).all()
    assert amount[30] == 1
    assert amount[-1] == 1


def test_only_short_gaps_are_bridged() -> None:
    valid = np.ones(len(TIMES), np.bool_)
    valid[60:120] = False
    valid[300:450] = False
    shown = bridge_gaps(valid, TIMES)
    assert shown[60:120].all()
    assert not shown[300:450].any()


def test_a_gap_at_the_start_or_end_is_not_bridged() -> None:
    valid = np.ones(len(TIMES), np.bool_)
    valid[:30] = valid[-30:] = False
    assert np.array_equal(bridge_gaps(valid, TIMES), valid)


def line_sweep() -> tuple[Layer, Sweep]:
    base, lit = Layer(64, 8), Layer(64, 8)
    lit.paint(np.full((8, 64), 255, np.uint8), Ink(200.0, 60.0, 60.0))
    along = np.tile(np.arange(64) + 0.5, (8, 1))
    return base, Sweep(lit, along, 64)


@given(st.floats(0, 63))
def test_a_sweep_covers_exactly_what_was_passed(value: float) -> None:
    base, sweep = line_sweep()
    sweep.uncover(base, value)
    covered = (255 - base.inv_y[0].astype(float)).sum() / 255
    assert abs(covered - value) < 0.03
    assert (np.diff(base.inv_y[0].astype(int)) >= 0).all()


def test_a_sweep_at_nothing_changes_nothing() -> None:
    base, sweep = line_sweep()
    sweep.uncover(base, 0)
    assert (base.inv_y == 255).all()
