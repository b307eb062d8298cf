"""The picture shown at a moment, out of a video that is elsewhere and read piece by piece."""

from dataclasses import dataclass
from time import monotonic
from typing import Any, Protocol

from uploadm8.core.video.cadence import Cadence
from uploadm8.core.video.grab import grabbing_pieces
from uploadm8.core.video.pieces import PiecedFile

_LONG_SIDE = 1920
_QUALITY = 90


class Line(Protocol):
    """To whoever holds the video."""

    def __call__(self, event: Any) -> None:
        """Tell something."""

    def ask(self, start: int, end: int) -> bytes:
        """The bytes from `start` up to `end`, which is not included."""


@dataclass(frozen=True, slots=True)
class ExactTask:
    """Which picture of what.

    Attributes:
        demuxer: one of `containers.CONTAINERS`, as found when the video was inspected.
        size_bytes: of the video.
        cadence: of its pictures, as found then.
        seconds: the moment, after the first picture.
        until: of `time.monotonic()`: what was decoded by then on the way there has to do.
    """

    demuxer: str
    size_bytes: int
    cadence: Cadence
    seconds: float
    until: float


@dataclass(frozen=True, slots=True)
class TimedPicture:
    """A JPEG, and since when it is shown.

    Attributes:
        seconds: after the first picture.
        jpeg: upright, with square pixels.
        exact: whether it is the one that was wanted, and not one on the way there.
    """

    seconds: float
    jpeg: bytes
    exact: bool


def exact_picture(task: ExactTask, line: Line) -> TimedPicture:
    """The picture, upright, with square pixels, at most 1920 on the long side.

    Raises:
        MediaError: the video cannot be used.
    """
    file = PiecedFile(line.ask, task.size_bytes)
    with grabbing_pieces(file, task.demuxer, task.cadence) as grabber:
        shown, picture = grabber.shown(task.seconds, task.until)
        exact = monotonic() < task.until
        return TimedPicture(float(shown), grabber.jpeg(picture, _LONG_SIDE, _QUALITY), exact)
