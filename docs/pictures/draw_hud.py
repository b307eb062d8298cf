"""Draw the pictures of docs/hud.md and of the README, as HUD previews of the sample drive.

python docs/pictures/draw_hud.py
"""

from functools import cache
from pathlib import Path

import cv2
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from uploadm8.core.hud.spec import (
    Anchor,
    HudSpec,
    Preset,
    StatField,
    ThemeName,
    WidgetEntry,
    WidgetKind,
)
from uploadm8.core.telemetry.track import Channel, Clock, Column, Track
from uploadm8.core.video.quick_still import quick_still
from uploadm8.core.video.rendition import Fit
from uploadm8.core.video.specs import Aspect, rendition_spec
from uploadm8.dev.sample_drive import Drive
from uploadm8.dev.sample_ride import PHONE, only
from uploadm8.dev.sample_scene import Scene

HERE = Path(__file__).parent
SECONDS = 90.0
SIZES = {
    Aspect.WIDE: (1280, 720),
    Aspect.TALL: (540, 960),
    Aspect.SQUARE: (540, 540),
    Aspect.PORTRAIT: (540, 675),
}
Image = NDArray[np.uint8]


@cache
def view() -> bytes:
    """A JPEG of the sample drive."""
    scene = Scene(Drive(20, seed=3), 1920, 1080, seed=3)
    planes = np.ascontiguousarray(np.moveaxis(scene.paint(11.0), -1, 0))
    frame = VideoFrame.from_ndarray(planes, format="yuv444p")
    bgr = frame.reformat(format="bgr24", src_colorspace="ITU709", src_color_range="MPEG")
    return bytes(cv2.imencode(".jpg", bgr.to_ndarray(), [cv2.IMWRITE_JPEG_QUALITY, 95])[1])


def ride() -> Track:
    """A minute and a half of a made-up pass road, every channel."""
    t = np.arange(0, 90.05, 0.1)
    a = t / 12
    x = 640 * np.sin(0.52 * a) + 170 * np.sin(2.3 * a) + 35 * np.sin(6.1 * a)
    y = 95 * a + 210 * np.sin(1.21 * a + 0.6) + 40 * np.sin(5.2 * a)
    speed = 27 + 9 * np.sin(0.9 * a + 2.2) + 4 * np.sin(3.1 * a)
    course = np.degrees(np.arctan2(np.gradient(x), np.gradient(y))) % 360
    way = np.cumsum(speed) * 0.1
    grade = 6 + 8 * np.sin(1.8 * a) + 2 * np.sin(5.3 * a)
    values = {
        Channel.LAT: 46.552 + y / 111_320,
        Channel.LON: 8.414 + x / 76_600,
        Channel.ALTITUDE: 1904 + np.cumsum(np.gradient(way) * grade / 100),
        Channel.SPEED: speed,
        Channel.COURSE: course,
        Channel.DISTANCE: way,
        Channel.G_LONG: 0.36 * np.cos(3.1 * a),
        Channel.G_LAT: 0.62 * np.sin(2.3 * a),
        Channel.LEAN: 36 * np.sin(2.3 * a),
        Channel.GRADE: grade,
        Channel.VERTICAL_SPEED: speed * grade / 100,
        Channel.HEART_RATE: 146 + 9 * np.sin(a),
        Channel.CADENCE: 88 + 5 * np.sin(3 * a),
        Channel.POWER: 247 + 60 * np.sin(2 * a),
        Channel.RPM: 6200 + 2600 * np.sin(3.1 * a + 1),
        Channel.THROTTLE: np.clip(55 + 60 * np.sin(3.1 * a), 0, 100),
        Channel.BRAKE: np.clip(-70 * np.sin(3.1 * a), 0, 100),
        Channel.GEAR: np.clip(np.round(speed / 8), 1, 6),
        Channel.LAP: 1 + np.floor(t / 26),
        Channel.SATELLITES: np.full(len(t), 18.0),
    }
    columns = {c: Column(v, np.ones(len(t), np.bool_)) for c, v in values.items()}
    return Track("made-up", t, columns, clock=Clock.UTC, start_utc=1_718_038_000.0)


def drawn(spec: HudSpec, track: Track, aspect: Aspect, seconds: float, fit: Fit) -> Image:
    jpeg = quick_still(
        view(),
        track,
        spec,
        rendition_spec(aspect, fit=fit),
        seconds=seconds,
        offset_s=0.0,
        duration_s=SECONDS,
    )
    pixels = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    return np.asarray(cv2.resize(pixels, SIZES[aspect], interpolation=cv2.INTER_AREA), np.uint8)


def save(name: str, image: Image) -> None:
    cv2.imwrite(str(HERE / f"{name}.jpg"), image, [cv2.IMWRITE_JPEG_QUALITY, 80])


def draw(name: str, spec: HudSpec, track: Track, aspect: Aspect, seconds: float) -> None:
    save(name, drawn(spec, track, aspect, seconds, Fit.CROP))


def half(image: Image) -> Image:
    h, w = image.shape[:2]
    small = cv2.resize(image, (w // 2, h // 2), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)


def panel_of(spec: HudSpec, track: Track, seconds: float) -> Image:
    """The middle of the picture, as large as one panel."""
    image = drawn(spec, track, Aspect.WIDE, seconds, Fit.CROP)
    h, w = image.shape[:2]
    return image[h // 2 - 124 : h // 2 + 124, w // 2 - 140 : w // 2 + 140]


def beside(images: list[Image]) -> Image:
    """In a row, at one height, with a white gap."""
    height = min(image.shape[0] for image in images)
    gap = np.full((height, 16, 3), 255, np.uint8)
    row: list[Image] = []
    for image in images:
        width = round(image.shape[1] * height / image.shape[0])
        row += [np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)), gap]
    return np.hstack(row[:-1])


_C = Channel
ENGINE = {_C.RPM, _C.THROTTLE, _C.BRAKE, _C.GEAR, _C.LAP}
FLIGHT = {_C.LAT, _C.LON, _C.ALTITUDE, _C.SPEED, _C.COURSE, _C.VERTICAL_SPEED, _C.SATELLITES}
BIKE = {*PHONE} - {_C.G_LONG, _C.G_LAT} | {_C.HEART_RATE, _C.POWER, _C.CADENCE}


LEAN = (WidgetEntry(kind=WidgetKind.LEAN, anchor=Anchor.CENTER, scale=1.4),)


def main() -> None:
    full = ride()
    phone, racing = only(full, PHONE), only(full, {*PHONE} | ENGINE)
    rides = {
        ThemeName.RACING: (Preset.CAR, racing),
        ThemeName.SPORT: (Preset.MOTORCYCLE, only(full, {*PHONE, _C.LEAN})),
        ThemeName.DRONE: (Preset.DRONE, only(full, FLIGHT)),
        ThemeName.MINIMAL: (Preset.BIKE, only(full, BIKE)),
    }
    for theme in ThemeName:
        preset, track = rides.get(theme, (Preset.CAR, phone))
        spec = HudSpec(theme=theme, preset=preset)
        draw(f"hud-{theme}", spec, track, Aspect.WIDE, 50.0)
        draw(f"hud-{theme}-tall", spec, track, Aspect.TALL, 50.0)
    feed = [
        drawn(HudSpec(theme=theme), phone, aspect, 50.0, Fit.CROP)
        for theme, aspect in (
            (ThemeName.GLASS, Aspect.SQUARE),
            (ThemeName.SPORT, Aspect.PORTRAIT),
            (ThemeName.MINIMAL, Aspect.SQUARE),
        )
    ]
    save("hud-square-feed", beside(feed))
    card = HudSpec(summary_card=True)
    cards = [drawn(card, phone, a, 88.7, Fit.CROP) for a in (Aspect.WIDE, Aspect.TALL)]
    save("hud-summary", beside(cards))
    chosen = (
        WidgetEntry(kind=WidgetKind.SPEED, style="digital"),
        WidgetEntry(kind=WidgetKind.LEAN),
        WidgetEntry(kind=WidgetKind.MAP, style="follow"),
        WidgetEntry(kind=WidgetKind.ENGINE),
        WidgetEntry(kind=WidgetKind.LAP),
        WidgetEntry(kind=WidgetKind.G_FORCE),
        WidgetEntry(kind=WidgetKind.STATS, fields=(StatField.CLOCK, StatField.HEART_RATE)),
        WidgetEntry(kind=WidgetKind.TEXT, text="Furka Pass"),
        WidgetEntry(kind=WidgetKind.MAX_SPEED),
    )
    draw("hud-widgets", HudSpec(widgets=chosen, accent="#ff9f1c"), full, Aspect.WIDE, 66.0)
    lean = [panel_of(HudSpec(theme=theme, widgets=LEAN), full, 41.0) for theme in ThemeName]
    save("hud-lean", beside(lean))
    faded = [
        drawn(HudSpec(theme=theme, opacity=opacity), racing, Aspect.WIDE, 50.0, Fit.CROP)
        for theme, opacity in (
            (ThemeName.GLASS, 0.3),
            (ThemeName.RACING, 0.3),
            (ThemeName.SPORT, 0.0),
            (ThemeName.DRONE, 0.0),
        )
    ]
    save("hud-opacity", half(np.vstack([np.hstack(faded[:2]), np.hstack(faded[2:])])))
    both = [drawn(HudSpec(), phone, a, 50.0, Fit.BLUR) for a in (Aspect.WIDE, Aspect.TALL)]
    save("drive", beside(both))


if __name__ == "__main__":
    main()
