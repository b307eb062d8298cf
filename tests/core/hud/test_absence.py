"""What is absent is hidden; a short gap shows a dash; speed obeys safe driving."""

from dataclasses import replace

import numpy as np
import pytest

from hud_data import blank, frame_times, full_ride, full_track, ride_with, same
from uploadm8.core.hud.frame import FrameFormat
from uploadm8.core.hud.hud import Hud
from uploadm8.core.hud.spec import HudSpec, Preset, SafeDriving, StatField, WidgetEntry, WidgetKind
from uploadm8.core.hud.units import ABSENT
from uploadm8.core.telemetry.resample import Samples, resample
from uploadm8.core.telemetry.track import Channel, Column

WIDE = FrameFormat(960, 540, 30.0)
NEEDS = {
    WidgetKind.SPEED: (Channel.SPEED,),
    WidgetKind.MAP: (Channel.LAT, Channel.LON),
    WidgetKind.ALTITUDE: (Channel.ALTITUDE,),
    WidgetKind.COMPASS: (Channel.COURSE,),
    WidgetKind.G_FORCE: (Channel.G_LAT, Channel.G_LONG),
    WidgetKind.LEAN: (Channel.LEAN,),
    WidgetKind.LAP: (Channel.LAP,),
    WidgetKind.ENGINE: (Channel.RPM,),
    WidgetKind.HEART_RATE: (Channel.HEART_RATE,),
    WidgetKind.POWER: (Channel.POWER,),
    WidgetKind.CADENCE: (Channel.CADENCE,),
    WidgetKind.GRADE: (Channel.GRADE,),
    WidgetKind.DISTANCE: (Channel.DISTANCE,),
    WidgetKind.COORDINATES: (Channel.LAT, Channel.LON),
}


@pytest.mark.parametrize("kind", NEEDS)
def test_a_widget_is_there_with_its_channels_and_hidden_without(kind: WidgetKind) -> None:
    spec = HudSpec(widgets=(WidgetEntry(kind=kind),))
    assert [e.kind for e in Hud(spec, ride_with(*NEEDS[kind]), WIDE).widgets] == [kind]
    for missing in NEEDS[kind]:
        others = [c for c in NEEDS[kind] if c is not missing]
        assert Hud(spec, ride_with(*others, Channel.TEMPERATURE), WIDE).widgets == ()


def test_without_usable_data_only_the_clock_remains() -> None:
    hud = Hud(HudSpec(), ride_with(Channel.SATELLITES), WIDE)
    assert [entry.kind for entry in hud.widgets] == [WidgetKind.STATS]
    (panel,) = hud._panels
    labels = [digits for digits, _ in panel.widget.state(30 * 5).numbers]
    assert labels == ["06:13:25", "0:05"]


def gap_in_speed(start: float, end: float) -> Samples:
    track = full_track()
    column = track.columns[Channel.SPEED]
    valid = column.valid & ~((track.t > start) & (track.t < end))
    cut = track.with_columns({Channel.SPEED: Column(column.values, valid)})
    samples = resample(cut, frame_times())
    # The gap is told as the resampler would tell a longer one, so that any length can be tried.
    lost = (samples.times > start) & (samples.times < end)
    told = {**samples.valid, Channel.SPEED: samples.valid[Channel.SPEED] & ~lost}
    return replace(samples, valid=told)


def test_a_short_gap_shows_a_dash() -> None:
    samples = gap_in_speed(20, 22)
    hud = Hud(HudSpec(widgets=(WidgetEntry(kind=WidgetKind.SPEED),)), samples, WIDE)
    (panel,) = hud._panels
    assert panel.widget.state(21 * 30).digits == ABSENT
    assert panel.strength[(21 * 30)] == 255


def test_a_long_gap_hides_the_widget_gently() -> None:
    samples = gap_in_speed(20, 30)
    hud = Hud(HudSpec(widgets=(WidgetEntry(kind=WidgetKind.SPEED),)), samples, WIDE)
    (panel,) = hud._panels
    strength = panel.strength.astype(int)
    assert strength[(25 * 30)] == 0
    assert strength[(15 * 30)] == 255
    assert np.abs(np.diff(strength)).max() < 64
    planes, before = blank(WIDE, seed=4), blank(WIDE, seed=4)
    hud.draw(planes, 25 * 30)
    assert same(planes, before)


def test_values_of_a_gap_are_never_shown() -> None:
    samples = gap_in_speed(20, 22)
    spoiled = samples.values[Channel.SPEED].copy()
    spoiled[~samples.valid[Channel.SPEED]] = 9999
    wrong = replace(samples, values={**samples.values, Channel.SPEED: spoiled})
    first, second = blank(WIDE), blank(WIDE)
    Hud(HudSpec(), samples, WIDE).draw(first, 640)
    Hud(HudSpec(), wrong, WIDE).draw(second, 640)
    assert same(first, second)


def all_texts(hud: Hud) -> str:
    states = [p.widget.state(i) for p in hud._panels for i in range(0, 1790, 40)]
    return " ".join(str(state) for state in states)


def test_a_capped_speed_is_nowhere_exceeded() -> None:
    spec = HudSpec(
        preset=Preset.CAR,
        safe_driving=SafeDriving(mode="cap", limit_kmh=100),
        summary_card=True,
        widgets=(
            WidgetEntry(kind=WidgetKind.SPEED, style="digital"),
            WidgetEntry(kind=WidgetKind.MAX_SPEED),
            WidgetEntry(kind=WidgetKind.STATS, fields=(StatField.SPEED, StatField.PACE)),
        ),
    )
    hud = Hud(spec, full_ride(), WIDE)
    assert WidgetKind.MAX_SPEED not in [entry.kind for entry in hud.widgets]
    speeds = {p.widget.state(i).digits for p in hud._panels[:1] for i in range(1790)}
    assert max(int(s) for s in speeds) == 100


def test_a_hidden_speed_is_nowhere() -> None:
    spec = HudSpec(
        safe_driving=SafeDriving(mode="hide"),
        widgets=(
            WidgetEntry(kind=WidgetKind.SPEED),
            WidgetEntry(kind=WidgetKind.MAX_SPEED),
            WidgetEntry(kind=WidgetKind.STATS, fields=(StatField.SPEED, StatField.PACE)),
            WidgetEntry(kind=WidgetKind.DISTANCE),
        ),
    )
    assert [e.kind for e in Hud(spec, full_ride(), WIDE).widgets] == [WidgetKind.DISTANCE]
    assert "km/h" not in all_texts(Hud(spec, full_ride(), WIDE))
