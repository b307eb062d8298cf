"""Clips and recordings at the edge: one frame, one point, standing still, no dates."""

from dataclasses import replace

import numpy as np
import pytest

from hud_data import blank, full_track
from uploadm8.core.hud.frame import FrameFormat
from uploadm8.core.hud.hud import Hud
from uploadm8.core.hud.spec import HudSpec, Preset, ThemeName, WidgetEntry, WidgetKind
from uploadm8.core.telemetry.resample import Samples, resample
from uploadm8.core.telemetry.track import Channel, Column, Track

WIDE = FrameFormat(960, 540, 30.0)
KINDS = [k for k in WidgetKind if k not in {WidgetKind.STATS, WidgetKind.LOGO, WidgetKind.TEXT}]


def points(count: int) -> Track:
    """The first points of the full ride."""
    track = full_track()
    columns = {c: Column(v.values[:count], v.valid[:count]) for c, v in track.columns.items()}
    return replace(track, t=track.t[:count], columns=columns)


def still_standing() -> Track:
    """Every channel constant."""
    track = full_track()
    columns = {
        c: Column(np.full(len(track), v.values[0]), v.valid) for c, v in track.columns.items()
    }
    return replace(track, columns=columns)


CASES: dict[str, Samples] = {
    "one frame": resample(full_track(), np.array([12.3])),
    "one point": resample(points(1), np.arange(0, 2, 1 / 30)),
    "two points": resample(points(2), np.arange(0, 2, 1 / 30)),
    "standing": resample(still_standing(), np.arange(0, 2, 1 / 30)),
    "no date": resample(replace(full_track(), start_utc=None), np.arange(0, 2, 1 / 30)),
    "before the data": resample(full_track(), np.arange(-90, -80, 1 / 30)),
    "segments": resample(
        replace(full_track(), segments=(0, 100, 101, 400)), np.arange(5, 15, 1 / 30)
    ),
    "long ride": resample(full_track(7200), np.arange(3000, 3020, 1 / 30)),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(
    "theme", [ThemeName.GLASS, ThemeName.RACING, ThemeName.DRONE, ThemeName.SPORT]
)
def test_every_widget_bears_it(case: str, theme: ThemeName) -> None:
    samples = CASES[case]
    follow = WidgetEntry(kind=WidgetKind.MAP, style="follow")
    entries = (*(WidgetEntry(kind=kind, scale=0.5) for kind in KINDS), follow)
    hud = Hud(HudSpec(theme=theme, widgets=entries[:16], summary_card=True), samples, WIDE)
    planes = blank(WIDE)
    for index in range(0, len(samples.times), max(1, len(samples.times) // 7)):
        hud.draw(planes, index)


def test_no_frames_at_all_make_a_hud_that_draws_none() -> None:
    samples = resample(full_track(), np.zeros(0))
    hud = Hud(HudSpec(preset=Preset.MOTORCYCLE), samples, WIDE)
    assert hud.widgets == ()


def test_full_range_frames_get_full_range_colours() -> None:
    samples = CASES["long ride"]
    entry = WidgetEntry(kind=WidgetKind.SPEED, style="digital")
    spec = HudSpec(theme=ThemeName.SPORT, widgets=(entry,), animate=False)
    brightest = {}
    for full in (False, True):
        frame = FrameFormat(960, 540, 30.0, "bt601", full_range=full)
        planes = blank(frame)
        Hud(spec, samples, frame).draw(planes, 300)
        brightest[full] = int(planes.y.max())
    assert brightest == {False: 235, True: 255}


def test_a_jump_of_the_longitude_at_180_degrees_is_no_journey_around_the_world() -> None:
    track = full_track()
    lon = np.mod(track.columns[Channel.LON].values - 7.1 + 180 + 180, 360) - 180
    east = Column(lon, track.columns[Channel.LON].valid)
    samples = resample(track.with_columns({Channel.LON: east}), np.arange(0, 20, 1 / 30))
    hud = Hud(HudSpec(widgets=(WidgetEntry(kind=WidgetKind.MAP),)), samples, WIDE)
    widget = hud._panels[0].widget
    xs = [widget.state(i).x for i in range(600)]
    assert np.abs(np.diff(xs)).max() < 20
    assert max(xs) - min(xs) > 40
