"""A picture of every theme, drawn on a plain evening sky with a made-up drive."""

from functools import cache

import cv2
import numpy as np

from uploadm8.core.hud.spec import HudSpec, Preset, ThemeName
from uploadm8.core.telemetry.track import Channel, Clock, Column, FloatArray, Track
from uploadm8.core.video.grab import encode_image
from uploadm8.core.video.quick_still import quick_still
from uploadm8.core.video.specs import Aspect, rendition_spec

_SECONDS = 40
_TOP, _BOTTOM = (150, 96, 62), (110, 168, 240)  # BGR


_SHOWN = {
    ThemeName.MINIMAL: Preset.BIKE,
    ThemeName.SPORT: Preset.MOTORCYCLE,
    ThemeName.DRONE: Preset.DRONE,
}
_ENGINE = {Channel.RPM, Channel.THROTTLE, Channel.GEAR}


@cache
def theme_still(theme: ThemeName) -> bytes:
    """A JPEG of the theme, 1920x1080, the same for every call."""
    return quick_still(
        _sky(),
        _drive(engine=theme is ThemeName.RACING),
        HudSpec(theme=theme, preset=_SHOWN.get(theme, Preset.CAR), time_zone="UTC"),
        rendition_spec(Aspect.WIDE),
        seconds=26.0,
        offset_s=0.0,
        duration_s=float(_SECONDS),
    )


def _sky() -> bytes:
    mix = np.linspace(0.0, 1.0, 720)[:, None, None]
    rows = np.array(_TOP) * (1 - mix) + np.array(_BOTTOM) * mix
    pixels = np.broadcast_to(rows, (720, 1280, 3)).astype(np.uint8).copy()
    for height, shade in ((470, (86, 74, 96)), (560, (60, 54, 70))):
        x = np.arange(0, 1281, 8)
        y = height + 40 * np.sin(x / 150 + height) + 18 * np.sin(x / 47)
        outline = np.stack([x, y], 1).astype(np.int32)
        ground = np.concatenate([outline, np.array([[1280, 720], [0, 720]], np.int32)])
        cv2.fillPoly(pixels, [ground], shade, cv2.LINE_AA)
    return encode_image(pixels, ".jpg", 92)


def _drive(*, engine: bool) -> Track:
    t = np.arange(0.0, _SECONDS, 0.1)
    speed = 24 + 9 * np.sin(t / 6)
    course = (40 + 70 * np.sin(t / 9)) % 360
    north = np.cumsum(speed * np.cos(np.radians(course))) * 0.1
    east = np.cumsum(speed * np.sin(np.radians(course))) * 0.1
    channels: dict[Channel, FloatArray] = {
        Channel.LAT: 47.2 + north / 111_195,
        Channel.LON: 11.4 + east / (111_195 * np.cos(np.radians(47.2))),
        Channel.ALTITUDE: 940 + 30 * np.sin(t / 11),
        Channel.SPEED: speed,
        Channel.COURSE: course,
        Channel.DISTANCE: np.cumsum(speed) * 0.1,
        Channel.G_LONG: np.gradient(speed, 0.1) / 9.80665,
        Channel.G_LAT: speed * np.radians(np.gradient(70 * np.sin(t / 9), 0.1)) / 9.80665,
        Channel.GRADE: 6 * np.cos(t / 11),
        Channel.RPM: 2600 + 60 * speed,
        Channel.THROTTLE: 50 + 40 * np.cos(t / 6),
        Channel.GEAR: np.full_like(t, 4.0),
        Channel.LEAN: 34 * np.sin(t / 5),
        Channel.HEART_RATE: 128 + 10 * np.sin(t / 8),
        Channel.CADENCE: 86 + 4 * np.sin(t / 5),
        Channel.VERTICAL_SPEED: 30 / 11 * np.cos(t / 11),
        Channel.SATELLITES: np.full_like(t, 17.0),
    }
    everywhere = np.ones(len(t), np.bool_)
    shown = (name for name in channels if engine or name not in _ENGINE)
    columns = {name: Column(channels[name], everywhere) for name in shown}
    return Track("synthetic", t, columns, clock=Clock.VIDEO, start_utc=1_790_000_000.0)
