"""Accelerations of the vehicle out of a GoPro's accelerometer, whichever way it is mounted."""

import numpy as np

from uploadm8.core.telemetry.gpmf.gps import GpsRows
from uploadm8.core.telemetry.gpmf.streams import Stream
from uploadm8.core.telemetry.gpmf.timing import sample_times
from uploadm8.core.telemetry.track import Channel, FloatArray

GRAVITY = 9.80665
_MAX_READING = 160.0  # m/s2, the range of the sensor
_SMOOTH_S = 0.25  # about 3 Hz: below the shaking of the mount, above what a vehicle does
_LEAST_S = 15.0
_LEAST_CHANGE = 0.4  # m/s2, deviation of the change of speed that shows which way is forward
_LEAST_R = 0.6
_DEFAULT_ORDER = "ZXY"  # HERO5 and every stream that does not say


def vehicle_forces(
    streams: list[Stream],
    rows: GpsRows,
    t: FloatArray,
    payloads: tuple[FloatArray, FloatArray],
    zero_us: float | None,
) -> dict[Channel, FloatArray]:
    """Channels in g at the GPS rows; only those that the data itself proves.

    Up is where gravity is, on average. Forward is the level direction in which the acceleration
    follows the change of the receiver's speed; without such a direction only the vertical is
    known. Right is what remains.

    Args:
        streams: of the clip.
        rows: of its GPS.
        t: seconds of the GPS rows.
        payloads: starts and ends of the payloads in seconds.
        zero_us: of the camera's clock at the first frame.
    """
    meter = next((stream for stream in streams if stream.key == "ACCL"), None)
    if meter is None or len(t) < 10 or any(p.values.shape[1] != 3 for p in meter.pieces):
        return {}
    readings = camera_axes(meter)
    when = sample_times(meter, *payloads, zero_us)
    sane = np.isfinite(readings).all(axis=1) & (np.abs(readings) < _MAX_READING).all(axis=1)
    if int(sane.sum()) < 100 or when[sane][-1] - when[sane][0] < _LEAST_S:
        return {}
    felt = _smoothed(when[sane], readings[sane], t)
    gravity = felt.mean(axis=0)
    size = float(np.linalg.norm(gravity))
    if not 0.8 * GRAVITY < size < 1.2 * GRAVITY:
        return {}
    up = gravity / size
    vertical = felt @ up
    channels = {Channel.G_VERT: vertical / GRAVITY - size / GRAVITY}
    forward = _forward(felt - np.outer(vertical, up), up, rows, t)
    if forward is not None:
        channels[Channel.G_LONG] = felt @ forward / GRAVITY
        channels[Channel.G_LAT] = felt @ np.cross(forward, up) / GRAVITY
    return channels


def camera_axes(stream: Stream) -> FloatArray:
    """Readings as X, Y, Z of the camera: ORIN names the columns, lower case is negative."""
    parts = []
    for piece in stream.pieces:
        note = piece.notes.get("ORIN")
        order = note.text if note is not None and len(note.text) == 3 else _DEFAULT_ORDER
        if sorted(order.upper()) != ["X", "Y", "Z"]:
            order = _DEFAULT_ORDER
        out = np.empty_like(piece.values)
        for column, letter in enumerate(order):
            sign = 1.0 if letter.isupper() else -1.0
            out[:, "XYZ".index(letter.upper())] = sign * piece.values[:, column]
        parts.append(out)
    return np.concatenate(parts)


def _smoothed(when: FloatArray, readings: FloatArray, t: FloatArray) -> FloatArray:
    """Means of the readings around each time, from sums that grow along the clip."""
    sums = np.concatenate((np.zeros((1, 3)), np.cumsum(readings, axis=0)))
    low = np.searchsorted(when, t - _SMOOTH_S).clip(0, len(when) - 1)
    high = np.maximum(np.searchsorted(when, t + _SMOOTH_S), low + 1)
    mean: FloatArray = (sums[high] - sums[low]) / (high - low)[:, None]
    return mean


def _forward(level: FloatArray, up: FloatArray, rows: GpsRows, t: FloatArray) -> FloatArray | None:
    """The level direction, of length 1, in which acceleration follows the change of speed."""
    good = ~rows.no_fix & np.isfinite(rows.columns[Channel.SPEED])
    if int(good.sum()) < 20 or float(np.median(np.diff(t))) <= 0:
        return None
    speed = np.interp(t, t[good], rows.columns[Channel.SPEED][good])
    reach = max(1, round(0.5 / float(np.median(np.diff(t)))))
    change = np.zeros(len(t))
    change[reach:-reach] = (speed[2 * reach :] - speed[: -2 * reach]) / (
        t[2 * reach :] - t[: -2 * reach]
    )
    if float(np.std(change[good])) < _LEAST_CHANGE:
        return None
    centred = level[good] - level[good].mean(axis=0)
    pull = np.linalg.lstsq(centred, change[good] - change[good].mean(), rcond=1e-3)[0]
    pull = pull - up * float(pull @ up)
    length = float(np.linalg.norm(pull))
    if length < 1e-6:
        return None
    forward: FloatArray = pull / length
    along = centred @ forward
    if float(np.corrcoef(along, change[good])[0, 1]) < _LEAST_R:
        return None
    return forward
