"""Draw the pictures of docs/hud.md: every theme over a landscape that is made up here.

python docs/pictures/draw_hud.py
"""

from pathlib import Path

import av
import cv2
import numpy as np

from uploadm8.core.hud.frame import FrameFormat, Planes
from uploadm8.core.hud.hud import Hud
from uploadm8.core.hud.spec import HudSpec, Preset, StatField, ThemeName, WidgetEntry, WidgetKind
from uploadm8.core.telemetry.resample import Samples, resample
from uploadm8.core.telemetry.track import Channel, Clock, Column, Track

HERE = Path(__file__).parent
WIDE = FrameFormat(1920, 1080, 30.0)
TALL = FrameFormat(1080, 1920, 30.0)
Image = np.ndarray


def mix(a: Image, b: Image, share: Image) -> Image:
    return a * (1 - share) + b * share


def landscape(frame: FrameFormat) -> Image:
    """An evening pass road: sky, four ridges, meadow, road; RGB."""
    w, h = frame.width, frame.height
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    rng = np.random.default_rng(7)
    horizon = h * 0.47
    share = np.clip(y / horizon, 0, 1)[..., None]
    picture = mix(np.float32([70, 120, 190]), np.float32([250, 214, 170]), share**1.6)
    sun = np.exp(-(((x - w * 0.68) / h) ** 2 + ((y - horizon * 0.78) / h) ** 2) * 26)[..., None]
    picture = np.minimum(picture + sun * np.float32([120, 90, 40]), 255)
    for depth in range(4):
        near = depth / 3
        base = horizon * (0.62 + 0.13 * depth)
        line = np.full(w, base, np.float32)
        for octave in range(1, 8):
            size = h * (0.085 - 0.014 * depth) / octave**1.15
            phase = rng.uniform(0, 7)
            line += size * np.sin(np.arange(w) / h * (1.7 + 2.2 * octave) + phase)
        color = mix(np.float32([150, 160, 185]), np.float32([46, 66, 58]), np.float32(near))
        cover = np.clip(y - line + 0.5, 0, 1)[..., None]
        haze = np.clip((y - line) / (h * 0.16), 0, 1)[..., None]
        picture = mix(picture, mix(color, color + 26 * (1 - near), haze), cover)
    depth = np.clip((y - horizon) / (h - horizon), 1e-3, 1)
    grain = cv2.GaussianBlur(rng.normal(0, 1, (h, w)).astype(np.float32), (0, 0), 1.6)
    broad = cv2.GaussianBlur(rng.normal(0, 1, (h // 8, w // 8)).astype(np.float32), (0, 0), 3)
    broad = cv2.resize(broad, (w, h), interpolation=cv2.INTER_CUBIC) * 6
    meadow = np.float32([78, 96, 48]) + (grain * 60 * depth + broad * 9)[..., None]
    meadow = mix(np.float32([120, 128, 96]), meadow, np.clip(depth * 2.2, 0, 1)[..., None])
    picture = mix(picture, meadow, np.clip(y - horizon, 0, 1)[..., None])
    centre = w * 0.5 + h * 0.16 * (1 - depth) ** 2.4
    across = (x - centre) / (depth * h * 0.62)
    asphalt = np.float32([74, 74, 80]) + (grain * 16 * depth)[..., None]
    road = np.clip((1 - np.abs(across)) * depth * h * 0.62 + 0.5, 0, 1) * (y > horizon)
    picture = mix(picture, asphalt, road[..., None])
    dashes = (np.mod(0.55 / depth, 1.0) < 0.5) & (np.abs(across) < 0.018)
    edges = np.abs(np.abs(across) - 0.9) < 0.016
    paint = ((dashes | edges) & (y > horizon + 2)).astype(np.float32)
    paint = cv2.GaussianBlur(paint, (0, 0), 0.8)[..., None]
    return np.clip(mix(picture, np.float32([232, 230, 222]), paint * 0.9), 0, 255).astype(np.uint8)


def ride() -> Samples:
    """A minute and a half of a made-up pass road, every channel."""
    t = np.arange(0, 90.05, 0.1)
    a = t / 12
    x = 640 * np.sin(0.52 * a) + 170 * np.sin(2.3 * a) + 35 * np.sin(6.1 * a)
    y = 95 * a + 210 * np.sin(1.21 * a + 0.6) + 40 * np.sin(5.2 * a)
    speed = 27 + 9 * np.sin(0.9 * a + 2.2) + 4 * np.sin(3.1 * a)
    course = np.degrees(np.arctan2(np.gradient(x), np.gradient(y))) % 360
    values = {
        Channel.LAT: 46.552 + y / 111_320,
        Channel.LON: 8.414 + x / 76_600,
        Channel.ALTITUDE: 1640 + 62 * a + 34 * np.sin(1.8 * a) + 9 * np.sin(5.3 * a),
        Channel.SPEED: speed,
        Channel.COURSE: course,
        Channel.DISTANCE: 12_300 + np.cumsum(speed) * 0.1,
        Channel.G_LONG: 0.36 * np.cos(3.1 * a),
        Channel.G_LAT: 0.62 * np.sin(2.3 * a),
        Channel.LEAN: 36 * np.sin(2.3 * a),
        Channel.GRADE: 7.2 + 2.5 * np.sin(1.8 * a),
        Channel.VERTICAL_SPEED: 2.1 * np.cos(1.8 * a),
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
    track = Track("made-up", t, columns, clock=Clock.UTC, start_utc=1_718_038_000.0)
    return resample(track, np.arange(0, 90, 1 / 30))


def only(samples: Samples, channels: set[Channel]) -> Samples:
    track = samples.track
    columns = {c: v for c, v in track.columns.items() if c in channels}
    kept = Track(track.format, track.t, columns, clock=track.clock, start_utc=track.start_utc)
    return resample(kept, samples.times)


def draw(name: str, spec: HudSpec, samples: Samples, frame: FrameFormat, index: int) -> None:
    picture = av.VideoFrame.from_ndarray(landscape(frame), format="rgb24")
    picture = picture.reformat(format="yuv420p", dst_colorspace="ITU709")
    planes = [np.frombuffer(p, np.uint8).reshape(-1, p.line_size) for p in picture.planes]
    y, u, v = (a[: p.height, : p.width] for a, p in zip(planes, picture.planes, strict=True))
    Hud(spec, samples, frame).draw(Planes(y, u, v), index)
    rgb = picture.reformat(format="rgb24", src_colorspace="ITU709").to_ndarray()
    size = (1280, 720) if frame is WIDE else (540, 960)
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)[..., ::-1]
    cv2.imwrite(str(HERE / f"{name}.jpg"), small, [cv2.IMWRITE_JPEG_QUALITY, 84])


_C = Channel
PHONE = {
    _C.LAT,
    _C.LON,
    _C.ALTITUDE,
    _C.SPEED,
    _C.COURSE,
    _C.DISTANCE,
    _C.G_LONG,
    _C.G_LAT,
    _C.GRADE,
}
ENGINE = {_C.RPM, _C.THROTTLE, _C.BRAKE, _C.GEAR, _C.LAP}
FLIGHT = {_C.LAT, _C.LON, _C.ALTITUDE, _C.SPEED, _C.COURSE, _C.VERTICAL_SPEED, _C.SATELLITES}
BIKE = PHONE - {_C.G_LONG, _C.G_LAT} | {_C.HEART_RATE, _C.POWER, _C.CADENCE}


def main() -> None:
    full = ride()
    phone, racing = only(full, PHONE), only(full, PHONE | ENGINE)
    rides = {
        ThemeName.RACING: (Preset.CAR, racing),
        ThemeName.SPORT: (Preset.MOTORCYCLE, only(full, PHONE | {_C.LEAN})),
        ThemeName.DRONE: (Preset.DRONE, only(full, FLIGHT)),
        ThemeName.MINIMAL: (Preset.BIKE, only(full, BIKE)),
    }
    for theme in ThemeName:
        preset, samples = rides.get(theme, (Preset.CAR, phone))
        spec = HudSpec(theme=theme, preset=preset)
        draw(f"hud-{theme}", spec, samples, WIDE, 1500)
        draw(f"hud-{theme}-tall", spec, samples, TALL, 1500)
    draw("hud-summary", HudSpec(summary_card=True), phone, WIDE, 2660)
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
    draw("hud-widgets", HudSpec(widgets=chosen, accent="#ff9f1c"), full, WIDE, 1980)


if __name__ == "__main__":
    main()
