"""Draw a track into one picture: the way coloured by speed, and curves of speed and altitude."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from uploadm8.core.telemetry.problems import Problem, telemetry_error
from uploadm8.core.telemetry.track import Channel, Clock, FloatArray, Track

Image = NDArray[np.uint8]
_WIDTH, _HEIGHT, _MARGIN = 1280, 720, 48
_PAPER, _INK, _FAINT = (24, 20, 17), (235, 235, 235), (70, 64, 58)  # BGR
_SCALE = 16  # sub-pixel units of cv2 line drawing, 2**_SHIFT
_SHIFT = 4
Curve = tuple[Channel, str, str, float, tuple[int, int, int]]  # what, name, unit, factor, colour
_CURVES: tuple[Curve, ...] = (
    (Channel.SPEED, "speed", "km/h", 3.6, (80, 200, 255)),
    (Channel.ALTITUDE, "altitude", "m", 1.0, (160, 220, 120)),
    (Channel.G_LAT, "lateral", "g", 1.0, (240, 170, 110)),
)

Box = tuple[int, int, int, int]  # left, top, right, bottom


def write_plot(track: Track, path: Path) -> None:
    """Write the picture as PNG.

    Raises:
        TelemetryError: telemetry_unreadable if the picture cannot be written there.
    """
    done, data = cv2.imencode(".png", draw(track))
    try:
        if done:
            path.write_bytes(data.tobytes())
    except OSError as error:
        raise telemetry_error(
            Problem.UNREADABLE, f"The plot cannot be written to {path}."
        ) from error


def draw(track: Track) -> Image:
    """The picture, BGR, shape (720, 1280, 3)."""
    image = np.full((_HEIGHT, _WIDTH, 3), _PAPER, dtype=np.uint8)
    half = _WIDTH // 2
    _draw_way(image, track, (_MARGIN, _MARGIN + 16, half - _MARGIN // 2, _HEIGHT - _MARGIN))
    shown = [curve for curve in _CURVES if curve[0] in track]
    _write(image, f"{track.format}   {len(track)} points", (_MARGIN, _MARGIN - 8), _INK)
    space = (_HEIGHT - 2 * _MARGIN) // max(len(shown), 1)
    for place, curve in enumerate(shown):
        channel, name, unit, factor, colour = curve
        top = _MARGIN + place * space + 28
        box = (half + _MARGIN // 2, top, _WIDTH - _MARGIN, top + space - 44)
        _draw_curve(image, track, curve, box)
        low, high = _range(track, channel, factor)
        label = f"{name}  {low:.1f} to {high:.1f} {unit}"
        _write(image, label, (box[0], top - 10), colour)
    return image


def _write(image: Image, text: str, at: tuple[int, int], colour: tuple[int, int, int]) -> None:
    cv2.putText(image, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.5, colour, 1, cv2.LINE_AA)


def _range(track: Track, channel: Channel, factor: float) -> tuple[float, float]:
    column = track.columns[channel]
    values = column.values[column.valid] * factor
    return float(values.min()), float(values.max())


def _polyline(
    image: Image, x: FloatArray, y: FloatArray, colour: tuple[int, int, int], width: int = 2
) -> None:
    points = np.rint(np.stack((x, y), axis=1) * _SCALE).astype(np.int32)
    cv2.polylines(image, [points], False, colour, width, cv2.LINE_AA, _SHIFT)


def _draw_curve(
    image: Image,
    track: Track,
    curve: Curve,
    box: Box,
) -> None:
    channel, _, _, factor, colour = curve
    left, top, right, bottom = box
    cv2.rectangle(image, (left, top), (right, bottom), _FAINT, 1, cv2.LINE_AA)
    column = track.columns[channel]
    low, high = _range(track, channel, factor)
    span = max(float(np.ptp(track.t)), 1e-9)
    for start, stop in track.spans():
        rows = np.flatnonzero(column.valid[start:stop]) + start
        rows = rows[:: max(len(rows) // 4000, 1)]
        x = left + (track.t[rows] - track.t[0]) / span * (right - left)
        share = (column.values[rows] * factor - low) / max(high - low, 1e-9)
        if len(rows) > 1:
            _polyline(image, x, bottom - 6 - share * (bottom - top - 12), colour)
    unit = "points" if track.clock is Clock.NONE else "s"
    _write(image, f"{np.ptp(track.t):.0f} {unit}", (right - 64, bottom + 14), _FAINT)


def _draw_way(image: Image, track: Track, box: Box) -> None:
    left, top, right, bottom = box
    cv2.rectangle(image, (left, top), (right, bottom), _FAINT, 1, cv2.LINE_AA)
    if Channel.LAT not in track:
        _write(image, "no position", (left + 12, top + 24), _FAINT)
        return
    lat, lon = track.columns[Channel.LAT], track.columns[Channel.LON]
    rows = np.flatnonzero(lat.valid)
    rows = rows[:: max(len(rows) // 8000, 1)]
    north = lat.values[rows]
    east = np.unwrap(lon.values[rows], period=360.0) * np.cos(np.radians(north.mean()))
    size = max(float(np.ptp(north)), float(np.ptp(east)), 1e-6)
    scale = (min(right - left, bottom - top) - 32) / size
    x = (left + right) / 2 + (east - (east.max() + east.min()) / 2) * scale
    y = (top + bottom) / 2 - (north - (north.max() + north.min()) / 2) * scale
    segment = np.searchsorted(np.asarray(track.segments), rows, side="right")
    colours = _speed_colours(track, rows)
    for i in np.flatnonzero(np.diff(segment) == 0).tolist():
        b, g, r = (int(c) for c in colours[i])
        _polyline(image, x[i : i + 2], y[i : i + 2], (b, g, r), 3)
    for i, colour in ((0, (120, 230, 120)), (len(rows) - 1, (110, 110, 250))):
        cv2.circle(image, (round(float(x[i])), round(float(y[i]))), 6, colour, -1, cv2.LINE_AA)


def _speed_colours(track: Track, rows: NDArray[np.int64]) -> Image:
    speed = track.columns.get(Channel.SPEED)
    if speed is None:
        return np.full((len(rows), 3), 200, dtype=np.uint8)
    known = np.where(speed.valid[rows], speed.values[rows], 0.0)
    share = known / max(float(known.max()), 1e-9)
    levels = np.rint(share * 255).astype(np.uint8)
    colours = cv2.applyColorMap(levels.reshape(-1, 1), cv2.COLORMAP_TURBO)
    return np.asarray(colours, dtype=np.uint8).reshape(-1, 3)
