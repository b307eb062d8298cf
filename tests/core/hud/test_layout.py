"""Every panel inside the safe area and apart from the others, whatever is asked and recorded."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hud_data import full_track, ride_with
from uploadm8.core.hud.frame import SAFE_AREAS, FrameFormat, Rect, default_safe_area
from uploadm8.core.hud.frost import CELL
from uploadm8.core.hud.hud import Hud
from uploadm8.core.hud.layout import Request, arrange
from uploadm8.core.hud.spec import (
    Anchor,
    HudSpec,
    Preset,
    StatField,
    ThemeName,
    Units,
    WidgetEntry,
    WidgetKind,
)
from uploadm8.core.telemetry.track import Channel
from uploadm8.dev.sample_ride import PHONE

FRAMES = [
    FrameFormat(960, 540, 30.0),
    FrameFormat(540, 960, 30.0),
    FrameFormat(540, 540, 30.0),
    FrameFormat(540, 676, 30.0),
    FrameFormat(848, 480, 30.0),
    FrameFormat(640, 272, 30.0),
]
RATIOS = st.sampled_from(FRAMES)
CHANNELS = st.sets(st.sampled_from(sorted(full_track().columns)), max_size=21)


def assert_sound(hud: Hud, area: Rect) -> None:
    for rect in hud.panels:
        assert rect.inside(area)
        assert not any(side % 2 for side in rect)
    for a, b in combinations(hud.panels, 2):
        assert not a.overlaps(b)


SPECS = st.builds(
    HudSpec,
    theme=st.sampled_from(ThemeName),
    preset=st.sampled_from(Preset),
    units=st.sampled_from(Units),
    scale=st.floats(0.5, 2.0),
    text=st.just("Anna Example"),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(RATIOS, SPECS, CHANNELS)
def test_automatic_layouts_are_sound_for_any_data(
    frame: FrameFormat, spec: HudSpec, channels: set[Channel]
) -> None:
    hud = Hud(spec, ride_with(*channels), frame)
    assert_sound(hud, default_safe_area(frame).rect(frame))


ENTRY = st.builds(
    WidgetEntry,
    kind=st.sampled_from([k for k in WidgetKind if k not in {WidgetKind.STATS, WidgetKind.LOGO}]),
    anchor=st.none() | st.sampled_from(Anchor),
    scale=st.floats(0.5, 2.0),
    text=st.just("A line of text"),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    RATIOS,
    st.sampled_from(sorted(SAFE_AREAS)),
    st.sampled_from(ThemeName),
    st.lists(ENTRY, min_size=1, max_size=8),
)
def test_layouts_of_users_are_sound_too(
    frame: FrameFormat, area: str, theme: ThemeName, entries: list[WidgetEntry]
) -> None:
    spec = HudSpec(theme=theme, widgets=tuple(entries))
    hud = Hud(spec, ride_with(*full_track().columns), frame, SAFE_AREAS[area])
    assert_sound(hud, SAFE_AREAS[area].rect(frame))


SIDE = st.floats(8, 700)
REQUEST = st.builds(
    Request,
    SIDE,
    SIDE,
    st.lists(st.sampled_from(Anchor), min_size=1, max_size=9),
    st.integers(0, 5),
    st.none() | SIDE,
)


@given(st.lists(REQUEST, max_size=12), st.integers(0, 40))
def test_places_never_overlap_and_keep_their_distance(requests: list[Request], gap: int) -> None:
    area = Rect(38, 34, 1844, 1012)
    places = [rect for rect in arrange(requests, area, gap) if rect is not None]
    near = max(0, gap - CELL // 2) // 2 * 2  # the gap is rounded to whole cells
    for rect in places:
        assert rect.inside(area)
    for a, b in combinations(places, 2):
        assert not Rect(a.x - near, a.y - near, a.w + 2 * near, a.h + 2 * near).overlaps(b)


def test_what_can_be_narrow_fills_the_room_between_two_others() -> None:
    area = Rect(62, 220, 856, 1220)
    left = Request(232, 232, (Anchor.BOTTOM_LEFT,), 0)
    right = Request(232, 240, (Anchor.BOTTOM_RIGHT,), 0)
    middle = Request(1000, 136, (Anchor.BOTTOM,), 1, 300)
    assert arrange([left, right, middle], area, 16)[2] == Rect(310, 1304, 360, 136)
    assert arrange([left, middle], area, 16)[1] == Rect(310, 1304, 608, 136)
    assert arrange([middle], area, 16)[0] == Rect(62, 1304, 856, 136)


def test_what_would_be_too_narrow_moves_away_from_the_edge() -> None:
    area = Rect(62, 220, 856, 1220)
    beside = Request(504, 72, (Anchor.TOP_LEFT,), 0)
    wide = Request(1000, 72, (Anchor.TOP,), 1, 360)
    assert arrange([beside, wide], area, 16)[1] == Rect(62, 308, 856, 72)


PORTRAIT = FrameFormat(1080, 1920, 30.0)


@pytest.mark.parametrize("theme", ThemeName)
@pytest.mark.parametrize("preset", Preset)
def test_the_middle_of_a_tall_picture_is_free(theme: ThemeName, preset: Preset) -> None:
    hud = Hud(HudSpec(theme=theme, preset=preset), ride_with(*PHONE), PORTRAIT)
    middle = Rect(0, 700, 1080, 400)
    assert hud.panels
    assert not any(rect.overlaps(middle) for rect in hud.panels)
    assert sum(r.w * r.h for r in hud.panels) < 0.16 * 1080 * 1920
    assert {panel.widget.scene.unit for panel in hud._panels} == {1.0}  # nothing had to shrink


def test_the_strip_of_a_dashcam_has_the_numbers_of_its_preset() -> None:
    everything = ride_with(*full_track().columns)
    hud = Hud(HudSpec(theme=ThemeName.DASHCAM, preset=Preset.BIKE), everything, FRAMES[0])
    strip = next(entry for entry in hud.widgets if entry.kind is WidgetKind.STATS)
    assert {StatField.HEART_RATE, StatField.POWER, StatField.CADENCE} < set(strip.fields)


@pytest.mark.parametrize("theme", ThemeName)
def test_a_tall_hud_stays_clear_of_the_controls_of_every_app(theme: ThemeName) -> None:
    everything = ride_with(*full_track().columns)
    spec = HudSpec(theme=theme, preset=Preset.MOTORCYCLE, text="Anna", summary_card=True)
    panels = Hud(spec, everything, PORTRAIT).panels
    for app in ("tiktok", "reels", "shorts"):
        clear = SAFE_AREAS[app].rect(PORTRAIT)
        assert all(rect.inside(clear) for rect in panels)


def test_a_widget_stands_at_the_anchor_it_names() -> None:
    entry = WidgetEntry(kind=WidgetKind.SPEED, anchor=Anchor.TOP_RIGHT)
    frame = FRAMES[0]
    (rect,) = Hud(HudSpec(widgets=(entry,)), ride_with(Channel.SPEED), frame).panels
    area = default_safe_area(frame).rect(frame)
    assert rect.y == area.y
    assert 0 <= area.right - rect.right < 2


def test_the_least_important_widget_goes_when_there_is_no_room() -> None:
    tiny = FrameFormat(320, 180, 30.0)
    spec = HudSpec(preset=Preset.MOTORCYCLE, scale=2.0)
    hud = Hud(spec, ride_with(*full_track().columns), tiny)
    kinds = [entry.kind for entry in hud.widgets]
    assert kinds[0] is WidgetKind.SPEED
    assert len(kinds) < 10


@pytest.mark.parametrize("frame", FRAMES[:5], ids=lambda f: f"{f.width}x{f.height}")
@pytest.mark.parametrize("theme", [t for t in ThemeName if t is not ThemeName.DASHCAM])
def test_six_widgets_fit_every_shape(frame: FrameFormat, theme: ThemeName) -> None:
    hud = Hud(HudSpec(theme=theme, animate=False), ride_with(*PHONE), frame)
    assert len(hud.widgets) >= 6
    assert np.sum([r.w * r.h for r in hud.panels]) < 0.5 * frame.width * frame.height
