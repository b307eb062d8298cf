"""Bring a decoded picture into the form everything else works on: 8-bit 4:2:0, SDR, upright."""

import cv2
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from uploadm8.core.video.color import Color, Range
from uploadm8.core.video.planes import new_frame, planes_of
from uploadm8.core.video.source import SourceInfo

_TURNS = {
    90: cv2.ROTATE_90_COUNTERCLOCKWISE,
    180: cv2.ROTATE_180,
    270: cv2.ROTATE_90_CLOCKWISE,
}


class Upright:
    """Turns decoded pictures into upright 8-bit limited-range 4:2:0 ones.

    Attributes:
        color: the tags of what comes out.
        passes: whether pictures go through untouched (and still belong to the decoder).
    """

    def __init__(self, source: SourceInfo) -> None:
        self.color: Color = source.color.rendered()
        self._from = source.color
        self._rotation = source.rotation
        self._size = (source.coded_width, source.coded_height)
        same_color = self._from == self.color and source.pixel_format == "yuv420p"
        self.passes = same_color and not source.rotation
        self._converts = not same_color
        self._reformatter = VideoReformatter()

    def __call__(self, frame: VideoFrame) -> VideoFrame:
        """The upright picture; times are kept."""
        if self._converts or (frame.width, frame.height) != self._size:
            frame = self._convert(frame)
        return self._turned(frame) if self._rotation else frame

    def _convert(self, frame: VideoFrame) -> VideoFrame:
        # Files with unspecified tags mean what `Color.resolve` says, so swscale is told outright.
        frame.color_range = self._from.range
        frame.colorspace = self._from.matrix
        frame.color_trc = self._from.transfer
        frame.color_primaries = self._from.primaries
        return self._reformatter.reformat(
            frame,
            width=self._size[0],
            height=self._size[1],
            format="yuv420p",
            src_color_range=self._from.range,
            dst_color_range=int(Range.LIMITED),
            dst_colorspace=self.color.matrix,
            dst_color_trc=self.color.transfer,
            dst_color_primaries=self.color.primaries,
        )

    def _turned(self, frame: VideoFrame) -> VideoFrame:
        swap = self._rotation in (90, 270)
        size = (frame.height, frame.width) if swap else (frame.width, frame.height)
        turned = new_frame(*size)
        source, target = planes_of(frame), planes_of(turned)
        for name in ("y", "u", "v"):
            cv2.rotate(getattr(source, name), _TURNS[self._rotation], dst=getattr(target, name))
        turned.pts, turned.time_base = frame.pts, frame.time_base
        return turned
