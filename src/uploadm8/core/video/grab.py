"""Get single pictures out of a video: the one shown at a time, upright and in SDR."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path
from time import monotonic

import cv2
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from uploadm8.core.video.cadence import Cadence
from uploadm8.core.video.color import Color, Matrix, Range
from uploadm8.core.video.faults import fault
from uploadm8.core.video.limits import DEFAULT_LIMITS, MediaLimits
from uploadm8.core.video.opening import opened, opened_pieces, picture_stream, upright_aspect
from uploadm8.core.video.pieces import PiecedFile
from uploadm8.core.video.probe import probe, probe_pictures
from uploadm8.core.video.reader import Picture, Reader
from uploadm8.core.video.source import SourceInfo
from uploadm8.core.video.timeline import Timeline
from uploadm8.core.video.upright import Upright

Bgr = NDArray[np.uint8]

_SURELY = 8  # pictures before a wanted one that are decoded whether others need them or not


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
        return self.shown(seconds)[1]

    def shown(self, seconds: float, until: float = math.inf) -> Picture:
        """The picture like `at`, and the seconds after the first from which it is shown.

        When `time.monotonic()` passes `until` first, the last of those decoded on the way there.

        Raises:
            MediaError: when there is no picture to be had.
        """
        step = 1 / self.source.nominal_fps
        last = Fraction(self.source.duration_s) - step
        wanted = max(Fraction(0), min(Fraction(seconds), last))
        if not self.source.variable:
            self._reader.needed_from = wanted - _SURELY * step
        shown = None
        for picture in self._from(wanted):
            if shown is not None and picture[0] > wanted + step / 4:
                self._next = picture
                break
            shown = picture
            if monotonic() > until:
                break
        if shown is None:
            raise fault("media_undecodable", what=f"no picture at {seconds:g} s")
        upright = self._upright(shown[1])
        if self._upright.passes:
            upright.make_writable()
        return shown[0], upright

    def jpeg(self, picture: VideoFrame, long_side: int, quality: int) -> bytes:
        """A picture that `at` gave as JPEG, with square pixels, its long side at most that."""
        width, height = self.size
        width = round(width * float(self.pixel_aspect))
        scale = min(1.0, long_side / max(width, height))
        size = (round(width * scale), round(height * scale))
        pixels = cv2.resize(to_bgr(picture, self.color), size, interpolation=cv2.INTER_AREA)
        return encode_image(np.asarray(pixels, np.uint8), ".jpg", quality)

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
        yield _grabber(source, container, picture_stream(container, limits, threads=1))


@contextmanager
def grabbing_pieces(
    file: PiecedFile, demuxer: str, cadence: Cadence, limits: MediaLimits = DEFAULT_LIMITS
) -> Iterator[Grabber]:
    """The same for a file that is elsewhere, of which `probe` has told demuxer and cadence."""
    with opened_pieces(file, demuxer, limits) as container:
        stream = picture_stream(container, limits)
        source = probe_pictures(container, stream, file.size, cadence, limits)
        yield _grabber(source, container, stream)


def _grabber(source: SourceInfo, container: InputContainer, stream: VideoStream) -> Grabber:
    origin = Timeline.of(source, None).origin
    reader = Reader(container, stream, source, origin)
    return Grabber(source, reader, upright_aspect(stream, source))


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
