"""Views of the three planes of a YUV 4:2:0 frame: writable, no copy, any row padding."""

from typing import cast

import av
import numpy as np
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane

from uploadm8.core.hud.frame import Plane, Planes


def planes_of(frame: VideoFrame) -> Planes:
    """The planes of an 8-bit 4:2:0 frame."""
    y, u, v = (view_of(plane) for plane in frame.planes)
    return Planes(y, u, v)


def new_frame(width: int, height: int) -> VideoFrame:
    """An 8-bit 4:2:0 frame of undefined content."""
    return av.VideoFrame(width, height, "yuv420p")


def copy_planes(source: Planes, target: Planes) -> None:
    """Copy the pixels of one frame into another of the same size."""
    np.copyto(target.y, source.y)
    np.copyto(target.u, source.u)
    np.copyto(target.v, source.v)


def view_of(plane: VideoPlane) -> Plane:
    """Writable pixels of one plane; a plane is a buffer, although its type does not say so."""
    rows = np.frombuffer(cast("memoryview[int]", plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]
