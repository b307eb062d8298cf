"""Bring a decoded picture into the form everything else works on: 8-bit 4:2:0, SDR, upright."""

import cv2
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from uploadm8.core.hud.frame import Plane, Planes
from uploadm8.core.video.color import Color, Range
from uploadm8.core.video.planes import new_frame, planes_of
from uploadm8.core.video.source import SourceInfo
from uploadm8.core.video.tonemap import ToneMapper

_TURNS = {
    90: cv2.ROTATE_90_COUNTERCLOCKWISE,
    180: cv2.ROTATE_180,
    270: cv2.ROTATE_90_CLOCKWISE,
}


class Upright:
    """Turns decoded pictures into upright 8-bit limited-range 4:2:0 ones.

    Attributes:
        color: the tags of what comes out.
        size: width and height of what comes out.
        passes: whether pictures go through untouched (and still belong to the decoder).
    """

    def __init__(self, source: SourceInfo, scale: float = 1.0) -> None:
        """`scale` below 1 lets pictures that must be converted shrink first, which is cheaper."""
        self.color: Color = source.color.rendered()
        self._source = source
        coded = (source.coded_width, source.coded_height)
        self._converts = source.color != self.color or source.pixel_format != "yuv420p"
        shrinks = self._converts and scale < 1
        self._size = (_even(coded[0] * scale), _even(coded[1] * scale)) if shrinks else coded
        swap = source.rotation in (90, 270)
        self.size = (self._size[1], self._size[0]) if swap else self._size
        self.passes = not (self._converts or source.rotation or source.interlaced)
        self._reformatter = VideoReformatter()
        self._mappers: dict[tuple[int, int, str], ToneMapper] = {}

    def __call__(self, frame: VideoFrame) -> VideoFrame:
        """The upright picture; times are kept."""
        if self._converts or (frame.width, frame.height) != self._size:
            color = self._source.color
            frame = self._mapped(frame) if color.hdr or color.wide else self._reformatted(frame)
        if self._source.interlaced:
            frame.make_writable()
            _weave_away(planes_of(frame))
        return self._turned(frame) if self._source.rotation else frame

    def _mapped(self, frame: VideoFrame) -> VideoFrame:
        key = (frame.width, frame.height, frame.format.name)
        if key not in self._mappers:
            self._mappers[key] = ToneMapper(key[:2], self._size, key[2], self._source.color)
        return self._mappers[key](frame)

    def _reformatted(self, frame: VideoFrame) -> VideoFrame:
        # Files with unspecified tags mean what `Color.resolve` says, so swscale is told outright.
        known = self._source.color
        frame.color_range, frame.colorspace = known.range, known.matrix
        frame.color_trc, frame.color_primaries = known.transfer, known.primaries
        return self._reformatter.reformat(
            frame,
            width=self._size[0],
            height=self._size[1],
            format="yuv420p",
            src_color_range=known.range,
            dst_color_range=int(Range.LIMITED),
            dst_colorspace=self.color.matrix,
            dst_color_trc=self.color.transfer,
            dst_color_primaries=self.color.primaries,
        )

    def _turned(self, frame: VideoFrame) -> VideoFrame:
        swap = self._source.rotation in (90, 270)
        turned = new_frame(*((frame.height, frame.width) if swap else (frame.width, frame.height)))
        source, target, turn = planes_of(frame), planes_of(turned), _TURNS[self._source.rotation]
        for name in ("y", "u", "v"):
            cv2.rotate(getattr(source, name), turn, dst=getattr(target, name))
        return turned


def _weave_away(planes: Planes) -> None:
    """Keep one field and put the mean of its neighbours between its lines.

    Half of the lines are lost, but nothing combs, and every picture keeps its time.
    """
    for plane in (planes.y, planes.u, planes.v):
        last = plane.shape[0] - (2 if plane.shape[0] % 2 else 1)
        cv2.addWeighted(
            plane[0:last:2], 0.5, _below(plane, last), 0.5, 0, dst=plane[1 : last + 1 : 2]
        )


def _below(plane: Plane, last: int) -> Plane:
    rows = np.minimum(np.arange(2, last + 3, 2), plane.shape[0] - 1 - (plane.shape[0] + 1) % 2)
    return np.asarray(plane[rows[: len(range(1, last + 1, 2))]], np.uint8)


def _even(value: float) -> int:
    return max(2, round(value / 2) * 2)
