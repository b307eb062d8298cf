"""The HUD on rendered frames: only inside its panels, at the right time, on every rendition."""

from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from filmed import job, spec, watch
from media import Clip, make
from uploadm8.core.hud.frame import FrameFormat
from uploadm8.core.hud.hud import Hud
from uploadm8.core.hud.spec import HudSpec, ThemeName, WidgetEntry, WidgetKind
from uploadm8.core.telemetry.resample import resample
from uploadm8.core.telemetry.track import Channel, Column, Track
from uploadm8.core.video import lane
from uploadm8.core.video.grab import encode_image
from uploadm8.core.video.planes import planes_of
from uploadm8.core.video.probe import probe
from uploadm8.core.video.quick_still import keep_pictures, quick_still, sharpest
from uploadm8.core.video.render import render
from uploadm8.core.video.resume import render_resumable
from uploadm8.core.video.still import still
from uploadm8.core.video.writer import UNDER_WAY, Writer

HUD = HudSpec(animate=False)
NUMBER_ROWS = 16  # pictures carry their number in the first rows


def drive(seconds: float = 30) -> Track:
    t = np.arange(0, seconds, 0.1)
    fine = np.ones(len(t), np.bool_)
    values = {
        Channel.SPEED: 20 + 10 * np.sin(t),
        Channel.ALTITUDE: 500 + t,
        Channel.COURSE: (t * 20) % 360,
        Channel.LAT: 46 + 0.001 * np.sin(t / 9),
        Channel.LON: 7 + 0.001 * np.cos(t / 9),
    }
    return Track(
        "drive", t, {k: Column(np.asarray(v, np.float64), fine) for k, v in values.items()}
    )


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("hud") / "clip.mp4", Clip(640, 360, frames=60, noise=4))


class Tap(Writer):
    """A writer that also keeps the luma it is given, and where in memory that was."""

    kept: list[NDArray[np.uint8]] = []
    places: list[int] = []

    def picture(self, frame: av.VideoFrame, pts: int) -> None:
        self.kept.append(planes_of(frame).y.copy())
        self.places.append(frame.planes[0].buffer_ptr)
        super().picture(frame, pts)


@pytest.fixture
def tapped(monkeypatch: pytest.MonkeyPatch) -> list[NDArray[np.uint8]]:
    monkeypatch.setattr(lane, "Writer", Tap)
    monkeypatch.setattr(Tap, "kept", [])
    monkeypatch.setattr(Tap, "places", [])
    return Tap.kept


def test_pixels_outside_the_panels_are_those_of_the_source(
    clip: Path, tmp_path: Path, tapped: list[NDArray[np.uint8]]
) -> None:
    one = spec(640, 360)
    render(job(clip, tmp_path, one, hud=HUD, track=drive()))
    samples = resample(drive(), np.arange(61) / 30)
    hud = Hud(HUD, samples, FrameFormat(640, 360, 30.0, "bt709"), one.margins)
    outside = np.ones((360, 640), bool)
    for panel in hud.panels:
        outside[panel.y : panel.bottom, panel.x : panel.right] = False
    source = watch(clip, 1.0)
    assert len(tapped) == 60
    assert 0.3 < outside.mean() < 1
    for drawn, plain in zip(tapped, source.luma, strict=True):
        # Equal for all pictures: drawing never reached those that the decoder still refers to.
        np.testing.assert_array_equal(drawn[outside], plain[outside])
        assert (drawn[~outside] != plain[~outside]).mean() > 0.3


def test_frames_wait_and_are_encoded_in_memory_that_no_other_frame_takes(
    clip: Path, tmp_path: Path, tapped: list[NDArray[np.uint8]]
) -> None:
    render(job(clip, tmp_path, spec(640, 360), hud=HUD, track=drive()))
    most = UNDER_WAY + lane.TOGETHER
    assert len(Tap.places) == len(tapped) == 60
    for first in range(60 - most):
        assert len(set(Tap.places[first : first + most])) == most


def test_the_wide_rendition_leaves_no_trace_in_the_tall_one(
    clip: Path, tmp_path: Path, tapped: list[NDArray[np.uint8]]
) -> None:
    wide, tall = spec(640, 360, name="wide"), spec(360, 640, name="tall")
    render(job(clip, tmp_path, tall, hud=HUD, track=drive()))
    alone = tapped[:]
    tapped.clear()
    render(job(clip, tmp_path, wide, tall, hud=HUD, track=drive()))
    beside = [luma for luma in tapped if luma.shape == (640, 360)]
    assert len(tapped) == 2 * len(beside) == 2 * len(alone)
    for one, other in zip(alone, beside, strict=True):
        np.testing.assert_array_equal(one, other)


def test_without_telemetry_there_is_no_hud(clip: Path, tmp_path: Path) -> None:
    report = render(job(clip, tmp_path, spec(640, 360), hud=HUD))
    assert report.hud_ms is None
    report = render(job(clip, tmp_path, spec(640, 360, hud=False), hud=HUD, track=drive()))
    assert report.hud_ms is None


def test_the_hud_is_the_same_at_the_seam_of_two_segments(
    clip: Path, tmp_path: Path, tapped: list[NDArray[np.uint8]]
) -> None:
    render(job(clip, tmp_path, spec(640, 360, name="whole"), hud=HUD, track=drive()))
    whole = tapped[:]
    tapped.clear()
    parts = job(clip, tmp_path, spec(640, 360, name="parts"), hud=HUD, track=drive())
    render_resumable(parts, tmp_path, seconds=0.6)
    assert len(tapped) == len(whole) == 60
    for one, other in zip(whole, tapped, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_offset_moves_the_telemetry(
    clip: Path, tmp_path: Path, tapped: list[NDArray[np.uint8]]
) -> None:
    hud = HudSpec(animate=False, widgets=(WidgetEntry(kind=WidgetKind.SPEED, style="digital"),))
    render(job(clip, tmp_path, spec(640, 360), hud=hud, track=drive(), offset_s=1.0))
    moved = tapped[0]
    tapped.clear()
    render(job(clip, tmp_path, spec(640, 360), hud=hud, track=drive(), trim=(1.0, 2.0)))
    # The picture differs, but the same second of the track is drawn on it.
    panel = np.abs(moved.astype(int) - tapped[0])[60:]
    assert panel.mean() < 12


def test_a_still_shows_what_the_render_shows(
    clip: Path, tmp_path: Path, tapped: list[NDArray[np.uint8]]
) -> None:
    one = spec(640, 360)
    render(job(clip, tmp_path, one, hud=HUD, track=drive()))
    png = still(clip, drive(), HUD, 1.0, one)
    shown = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    gray = np.asarray(cv2.cvtColor(np.asarray(shown, np.uint8), cv2.COLOR_BGR2GRAY), np.float64)
    expected = (tapped[30].astype(np.float64) - 16) * 255 / 219
    assert np.abs(gray - np.clip(expected, 0, 255)).mean() < 3


@pytest.mark.parametrize("seconds", [0.0, 0.1, 1.99])
def test_a_still_shows_panels_that_have_eased_in(clip: Path, seconds: float) -> None:
    one, eased = spec(640, 360), HudSpec(animate=True)
    assert still(clip, drive(), eased, seconds, one) == still(clip, drive(), HUD, seconds, one)
    assert still(clip, drive(), eased, seconds, one) != still(clip, None, None, seconds, one)


def test_a_quick_still_shows_panels_that_have_eased_in() -> None:
    jpeg = encode_image(np.full((360, 640, 3), 90, np.uint8), ".jpg")

    def at_start(hud: HudSpec | None) -> bytes:
        return quick_still(
            jpeg, drive(), hud, spec(640, 360), seconds=0.0, offset_s=0.0, duration_s=20.0
        )

    assert at_start(HudSpec(animate=True)) == at_start(HUD) != at_start(None)


@pytest.mark.parametrize("theme", list(ThemeName))
def test_a_still_of_every_theme_in_every_shape(clip: Path, theme: ThemeName) -> None:
    for size in ((640, 360), (360, 640)):
        plain = still(clip, None, None, 0.5, spec(*size))
        drawn = still(clip, drive(), HudSpec(theme=theme, animate=False), 0.5, spec(*size))
        assert drawn[:4] == b"\x89PNG"
        assert drawn != plain


@pytest.mark.parametrize("seconds", [0.0, 0.4, 1.0, 1.5, 1.99, 500.0])
def test_a_still_may_be_of_any_time(clip: Path, seconds: float) -> None:
    data = still(clip, None, None, seconds, spec(640, 360), image="jpg")
    shown = np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE))
    number = sum(int(shown[8, bit * 16 + 8] > 125) << bit for bit in range(10))
    assert number == min(int(seconds * 30 + 0.01), 59)


def test_the_sharpest_picture_becomes_the_thumbnail(tmp_path: Path) -> None:
    info = Clip(640, 360, frames=120, audio=None, flash=frozenset(range(60)))
    source = make(tmp_path / "in.mp4", info)
    pictures = list(keep_pictures(source, 8))
    assert {picture.jpeg[:2] for picture in pictures} == {b"\xff\xd8"}
    best = sharpest(pictures, 4.0)
    assert best is not None
    assert 2.0 <= best <= 3.7  # the first half is all white, and the very end is left out


def test_a_turned_clip_gives_an_upright_still(tmp_path: Path) -> None:
    source = make(tmp_path / "in.mp4", Clip(640, 360, rotation=90, audio=None))
    assert probe(source).height == 640
    png = still(source, drive(), HUD, 0.5, spec(360, 640))
    shown = np.asarray(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR))
    assert shown.shape == (640, 360, 3)
