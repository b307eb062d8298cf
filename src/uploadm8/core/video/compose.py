"""Place a picture in a frame of another shape: crop, fit, or fit over a blurred copy of itself."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import cv2
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter

from uploadm8.core.hud.frame import Plane, Planes, Rect
from uploadm8.core.video.planes import copy_planes, new_frame, planes_of
from uploadm8.core.video.rendition import Fit, RenditionSpec
from uploadm8.core.video.source import SourceInfo

_SAME_SHAPE = 0.025  # shapes closer than this are cropped: bars a few pixels wide look like a fault
_BLACK_Y, _NO_COLOR = 16, 128
_BLACK = (_BLACK_Y, _NO_COLOR, _NO_COLOR)
_BLUR_SHRINK = 16  # the blurred copy is made at a sixteenth of the size
_BLUR_SIGMA = 2.4  # at that size
_BLUR_DIM = 0.62  # the copy is darker, so that the picture stands out

_Area = tuple[slice, slice]


@dataclass(frozen=True, slots=True)
class Placement:
    """Which part of the source goes to which part of the frame, in luma pixels.

    Attributes:
        source: rectangle of the source picture, on even pixels.
        target: rectangle of the frame, on even pixels.
        blur: rectangle of the source that is blurred to fill the bars; None for no blur.
    """

    source: Rect
    target: Rect
    blur: Rect | None


def place(width: int, height: int, pixel_aspect: Fraction, spec: RenditionSpec) -> Placement:
    """Lay a picture of width x height pixels (each `pixel_aspect` wide) into a rendition."""
    shape = width * float(pixel_aspect) / height
    whole = Rect(0, 0, width, height)
    frame = Rect(0, 0, spec.width, spec.height)
    filled = _centred(width, height, spec.aspect / shape)
    if spec.fit is Fit.CROP or abs(shape / spec.aspect - 1) <= _SAME_SHAPE:
        return Placement(filled, frame, None)
    shown = _centred(spec.width, spec.height, shape / spec.aspect)
    return Placement(whole, shown, filled if spec.fit is Fit.BLUR else None)


def needed_scale(source: SourceInfo, specs: Sequence[RenditionSpec]) -> float:
    """How much of the source's resolution the most demanding rendition needs; at most 1."""
    return min(1.0, max(_scale(source, spec) for spec in specs))


def _scale(source: SourceInfo, spec: RenditionSpec) -> float:
    across, down = spec.width / source.width, spec.height / source.height
    return max(across, down) if spec.fit is Fit.CROP else min(across, down)


class Composer:
    """Fills frames of one rendition from upright source pictures.

    Attributes:
        identity: whether the source picture already is the frame.
    """

    def __init__(
        self,
        width: int,
        height: int,
        pixel_aspect: Fraction,
        spec: RenditionSpec,
        *,
        frames: int = 1,
    ) -> None:
        """`frames` take turns: each is the caller's until as many later ones were composed."""
        self.identity = (width, height) == (spec.width, spec.height) and pixel_aspect == 1
        self._spec = spec
        self._place = place(width, height, pixel_aspect, spec)
        self._whole = self._place.source == Rect(0, 0, width, height)
        self._most = frames
        self._frames: deque[VideoFrame] = deque()
        self._reformatter = VideoReformatter()

    def compose(self, picture: VideoFrame) -> VideoFrame:
        """The rendition's frame."""
        frame = self._next()
        source, target = planes_of(picture), planes_of(frame)
        if self.identity:
            copy_planes(source, target)
            return frame
        if self._place.blur is not None:
            self._fill_bars(source, target, self._place.blur)
        self._fill_picture(picture, source, target)
        return frame

    def _next(self) -> VideoFrame:
        if len(self._frames) == self._most:
            self._frames.rotate(-1)
            return self._frames[-1]
        frame = new_frame(self._spec.width, self._spec.height)
        for plane, value in zip(_tuple(planes_of(frame)), _BLACK, strict=True):
            plane[:] = value
        self._frames.append(frame)
        return frame

    def _fill_picture(self, picture: VideoFrame, source: Planes, planes: Planes) -> None:
        target = self._place.target
        if self._whole and target.w < self._place.source.w:
            # swscale's bicubic filter widens when shrinking, so fine detail does not shimmer.
            small = self._reformatter.reformat(
                picture, width=target.w, height=target.h, interpolation=Interpolation.BICUBIC
            )
            copy_planes(planes_of(small), _part(planes, target))
            return
        pairs = zip(
            _tuple(_part(source, self._place.source)),
            _tuple(_part(planes, target)),
            strict=True,
        )
        for one, other in pairs:
            _resize(one, other)

    def _fill_bars(self, source: Planes, planes: Planes, rect: Rect) -> None:
        target = self._place.target
        size = (self._spec.width // _BLUR_SHRINK, self._spec.height // _BLUR_SHRINK)
        parts = zip(_tuple(_part(source, rect)), _tuple(planes), (1, 2, 2), strict=True)
        for plane, frame, step in parts:
            small = _blurred(plane, size, is_luma=step == 1)
            x, y, w, h = (side // step for side in target)
            beside = target.h == self._spec.height
            first = (slice(None), slice(x)) if beside else (slice(y), slice(None))
            last = (
                (slice(None), slice(x + w, None)) if beside else (slice(y + h, None), slice(None))
            )
            _stretch(small, frame, (first, last))


def _blurred(plane: Plane, size: tuple[int, int], *, is_luma: bool) -> Plane:
    size = (max(2, size[0]), max(2, size[1]))
    # In two steps: averaging over a whole picture at once is fast for whole factors only.
    steps = 4 if is_luma else 2
    between = cv2.resize(plane, (size[0] * steps, size[1] * steps), interpolation=cv2.INTER_LINEAR)
    small = cv2.resize(between, size, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), _BLUR_SIGMA)
    if is_luma:
        small = cv2.convertScaleAbs(small, alpha=_BLUR_DIM, beta=_BLACK_Y * (1 - _BLUR_DIM))
    return _u8(small)


def _stretch(small: Plane, frame: Plane, bars: Sequence[_Area]) -> None:
    """Enlarge the first and the last part of `small` over the two bars of the frame."""
    for area, number in zip(bars, (0, -1), strict=True):
        bar = frame[area]
        rows, columns = (
            max(2, round(size * part / whole))
            for size, part, whole in zip(small.shape, bar.shape, frame.shape, strict=True)
        )
        part = small[:rows, :columns] if number == 0 else small[-rows:, -columns:]
        cv2.resize(part, bar.shape[::-1], dst=bar, interpolation=cv2.INTER_LINEAR)


def _resize(source: Plane, target: Plane) -> None:
    size = (target.shape[1], target.shape[0])
    shrink = min(source.shape[1] / size[0], source.shape[0] / size[1])
    if shrink >= 2:  # whole factors are the fast case of area averaging
        part = (source.shape[1] // int(shrink), source.shape[0] // int(shrink))
        source = _u8(cv2.resize(source, part, interpolation=cv2.INTER_AREA))
    mode = cv2.INTER_CUBIC if shrink < 1 else cv2.INTER_LINEAR
    cv2.resize(source, size, dst=target, interpolation=mode)


def _u8(pixels: Any) -> Plane:  # OpenCV's stubs know no pixel types
    return np.asarray(pixels, np.uint8)


def _centred(width: int, height: int, ratio: float) -> Rect:
    """The middle part of a rectangle, `ratio` times as wide for its height; on even pixels."""
    w = width if ratio >= 1 else round(width * ratio / 2) * 2
    h = height if ratio <= 1 else round(height / ratio / 2) * 2
    return Rect((width - w) // 4 * 2, (height - h) // 4 * 2, w, h)


def _part(planes: Planes, rect: Rect) -> Planes:
    luma = np.s_[rect.y : rect.bottom, rect.x : rect.right]
    chroma = np.s_[rect.y // 2 : (rect.bottom + 1) // 2, rect.x // 2 : (rect.right + 1) // 2]
    return Planes(planes.y[luma], planes.u[chroma], planes.v[chroma])


def _tuple(planes: Planes) -> tuple[Plane, Plane, Plane]:
    return planes.y, planes.u, planes.v
