"""When GPMF samples were taken, in seconds on the clock of the video.

Three ways, best first: microsecond stamps of each payload (HERO8 and later), the steady rate of a
stream fitted through the ends of the payloads (HERO5 to 7), and even spreading.
"""

import numpy as np

from uploadm8.core.telemetry.gpmf.streams import Stream
from uploadm8.core.telemetry.track import FloatArray

PAYLOAD_S = 1.001  # what a GoPro writes per payload, for dumps without an index
_MAX_STAMP_ERROR_S = 2.0
_MAX_FIT_ERROR = 2.0  # samples
_MIN_PAYLOADS_TO_FIT = 4


def payload_starts(count: int) -> FloatArray:
    """Starts of payloads of which only the order is known."""
    starts: FloatArray = np.arange(count, dtype=np.float64) * PAYLOAD_S
    return starts


def clock_zero_us(streams: list[Stream]) -> float | None:
    """The camera's microseconds at the first frame, from a stream with one sample per frame."""
    for key in ("SHUT", "CORI", "ISOE"):
        for stream in streams:
            if stream.key == key and stream.pieces[0].payload == 0:
                first = stream.pieces[0].first_us
                if first is not None:
                    return first
    return None


def sample_times(
    stream: Stream, starts: FloatArray, ends: FloatArray, zero_us: float | None
) -> FloatArray:
    """Seconds of each sample.

    Args:
        stream: of which the samples are.
        starts: when each payload starts, seconds.
        ends: when each payload ends, seconds.
        zero_us: of the camera's clock at the first frame, if known.
    """
    payloads = np.array([piece.payload for piece in stream.pieces])
    begin, finish = starts[payloads], ends[payloads]
    stamped = _stamped_starts(stream, begin, zero_us)
    if stamped is not None:
        return _spread(stamped, stamped + (finish - begin), stream.counts, payloads)
    fitted = _fitted_times(stream, begin, finish, payloads)
    return fitted if fitted is not None else _spread(begin, finish, stream.counts, payloads)


def _stamped_starts(stream: Stream, begin: FloatArray, zero_us: float | None) -> FloatArray | None:
    stamps = [piece.first_us for piece in stream.pieces]
    if zero_us is None or any(stamp is None for stamp in stamps):
        return None
    starts = (np.array(stamps, dtype=np.float64) - zero_us) / 1e6
    if np.abs(starts - begin).max() > _MAX_STAMP_ERROR_S or (np.diff(starts) <= 0).any():
        return None
    return starts


def _fitted_times(
    stream: Stream, begin: FloatArray, finish: FloatArray, payloads: FloatArray
) -> FloatArray | None:
    """A steady rate through the totals at the ends of the payloads, the short last one aside."""
    totals = np.cumsum(stream.counts)
    if len(totals) < _MIN_PAYLOADS_TO_FIT or (np.diff(payloads) != 1).any():
        return None
    rate, offset = np.polyfit(finish[:-1] - begin[0], totals[:-1], 1)
    error = np.abs(rate * (finish[:-1] - begin[0]) + offset - totals[:-1]).max()
    if rate <= 0 or error > _MAX_FIT_ERROR:
        return None
    first = (0.5 - offset) / rate  # on average half a sample is pending when a payload ends
    times: FloatArray = begin[0] + first + np.arange(totals[-1]) / rate
    return times


def _spread(
    begin: FloatArray, finish: FloatArray, counts: FloatArray, payloads: FloatArray
) -> FloatArray:
    """Evenly from each start to the next, or to its own end where the next payload is missing."""
    until = finish.copy()
    follows = np.diff(payloads) == 1
    until[:-1][follows] = begin[1:][follows]
    step = (until - begin) / counts
    usual = float(np.median(step))
    step[-1] = usual  # the last payload is cut short, its samples are not faster
    step = np.clip(step, usual / 2, usual * 2)
    repeats = counts.astype(np.int64)
    within = np.arange(repeats.sum()) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    times: FloatArray = np.repeat(begin, repeats) + within * np.repeat(step, repeats)
    return times
