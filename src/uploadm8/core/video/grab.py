"""Get single pictures out of a video: the one shown at a time, upright and in SDR."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path

import cv2
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from uploadm8.core.video.color import Color, Matrix, Range
from uploadm8.core.video.faults import fault
from uploadm8.core.video.limits import DEFAULT_LIMITS, MediaLimits
from uploadm8.core.video.opening import opened, picture_stream, upright_aspect
from uploadm8.core.video.probe import probe
from uploadm8.core.video.reader import Picture, Reader
from uploadm8.core.video.source import SourceInfo
from uploadm8.core.video.timeline import Timeline
from uploadm8.core.video.upright import Upright

Bgr = NDArray[np.uint8]


class Grabber:
    """Pictures of one opened source.

    Attributes:
        source: what the probe found.
        pixel_aspect: width of a pixel over its height, once the picture is upright.
        color: tags of the pictures handed out.
    """

    def __init__(self, source: SourceInfo, reader: Reader, pixel_aspect: Fraction) -> None:
        self.source = source
        self.pixel_aspect = pixel_aspect
        self._reader = reader
        self._upright = Upright(source)
        self._running: Iterator[Picture] = iter(())
        self._next: Picture | None = None  # of those that run, already decoded
        self.color: Color = self._upright.color

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the pictures."""
        return self._upright.size

    def at(self, seconds: float) -> VideoFrame:
        """The picture shown at that many seconds after the first; it may be drawn on.

        Later pictures of the same group are decoded from where the last call stopped, so that
        rising times cost a long group of pictures once.

        Raises:
            MediaError: when there is no picture to be had.
        """
        step = 1 / self.source.nominal_fps
        last = Fraction(self.source.duration_s) - step
        wanted = max(Fraction(0), min(Fraction(seconds), last))
        shown = None
        for time, picture in self._from(wanted):
            if shown is not None and time > wanted + step / 4:
                self._next = time, picture
                break
            shown = picture
        if shown is None:
            raise fault("media_undecodable", what=f"no picture at {seconds:g} s")
        upright = self._upright(shown)
        if self._upright.passes:
            upright.make_writable()
        return upright

    def _from(self, wanted: Fraction) -> Iterator[Picture]:
        """Pictures from one at or before `wanted` on."""
        following, self._next = self._next, None
        if following and following[0] <= wanted and self._reader.one_group(following[0], wanted):
            return chain([following], self._running)
        self._running = self._reader.pictures(wanted)
        return self._running


@contextmanager
def grabbing(path: Path, limits: MediaLimits = DEFAULT_LIMITS) -> Iterator[Grabber]:
    """Open a source for single pictures."""
    source = probe(path, limits)
    with opened(path, limits) as container:
        stream = picture_stream(container, limits, threads=False)
        origin = Timeline.of(source, None).origin
        yield Grabber(
            source, Reader(container, stream, source, origin), upright_aspect(stream, source)
        )


@dataclass(frozen=True, slots=True)
class GrabTask:
    """A picture to take out of a video."""

    video: Path
    seconds: float


def grab_jpeg(task: GrabTask, emit: Callable[[object], None]) -> bytes:
    """The picture as JPEG, at the size of the video; past the end it is the last one.

    Raises:
        MediaError: the video cannot be used.
    """
    del emit
    with grabbing(task.video) as grabber:
        return encode_image(to_bgr(grabber.at(task.seconds), grabber.color), ".jpg")


def to_bgr(frame: VideoFrame, color: Color) -> Bgr:
    """An 8-bit 4:2:0 frame as pixels for OpenCV, with its own matrix and range."""
    frame.color_range = color.range
    frame.colorspace = color.matrix
    pixels = frame.reformat(
        format="bgr24",
        src_colorspace=_sws(color.matrix),
        src_color_range=color.range,
        dst_color_range=int(Range.FULL),
    )
    return np.asarray(pixels.to_ndarray(), np.uint8)


def encode_image(pixels: Bgr, suffix: str, jpeg_quality: int = 90) -> bytes:
    """PNG or JPEG bytes; `suffix` is ``.png`` or ``.jpg``."""
    options = [cv2.IMWRITE_JPEG_QUALITY, jpeg_quality] if suffix != ".png" else []
    fine, data = cv2.imencode(suffix, pixels, options)
    if not fine:
        raise fault("media_undecodable", what=f"the picture cannot be written as {suffix}")
    return data.tobytes()


def _sws(matrix: int) -> int:
    return matrix if matrix in tuple(Matrix) else int(Matrix.BT709)
