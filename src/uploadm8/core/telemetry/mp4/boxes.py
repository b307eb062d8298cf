"""Boxes of ISO base media files: a header, a payload, never past the end of what holds them."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

_MOST_BOXES = 4096
_HEADER, _LARGE_HEADER = 8, 16
_OLD_QUICKTIME = (b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")


@dataclass(frozen=True, slots=True)
class Box:
    """A box: its four-character code, and the start and end of its payload."""

    kind: bytes
    start: int
    end: int


def children(data: bytes, start: int, end: int) -> Iterator[Box]:
    """The boxes between two offsets; stops at the first that makes no sense."""
    end = min(end, len(data))
    while start + _HEADER <= end:
        size = int.from_bytes(data[start : start + 4], "big")
        kind, header = data[start + 4 : start + 8], _HEADER
        if size == 1 and start + _LARGE_HEADER <= end:
            size, header = int.from_bytes(data[start + 8 : start + 16], "big"), _LARGE_HEADER
        stop = end if size == 0 else start + size
        if (size and size < header) or stop > end:
            return
        yield Box(kind, start + header, stop)
        start = stop


def find(data: bytes, box: Box, *path: bytes) -> Box | None:
    """The first box on a path of four-character codes below `box`."""
    for kind in path:
        inside = children(data, box.start, box.end)
        found = next((child for child in inside if child.kind == kind), None)
        if found is None:
            return None
        box = found
    return box


def top_level(file: BinaryIO) -> Iterator[Box]:
    """The outermost boxes of a file; one that reaches past the end is cut to it."""
    return boxes_between(file, 0, file.seek(0, os.SEEK_END))


def boxes_between(file: BinaryIO, start: int, end: int) -> Iterator[Box]:
    """The boxes between two places of a file, of which only the headers are read.

    One that reaches past the end is cut to it.
    """
    for _ in range(_MOST_BOXES):
        if start + _HEADER > end:
            return
        file.seek(start)
        head = file.read(_LARGE_HEADER)
        length, header = int.from_bytes(head[:4], "big"), _HEADER
        if length == 1:
            length, header = int.from_bytes(head[8:16], "big"), _LARGE_HEADER
        stop = end if length == 0 else start + length
        if stop < start + header:
            return
        yield Box(head[4:8], start + header, min(stop, end))
        start = stop


def is_mp4(head: bytes) -> bool:
    """Whether a file starts like an MP4 or QuickTime file."""
    return head[4:8] == b"ftyp" or (
        head[4:8] in _OLD_QUICKTIME and int.from_bytes(head[:4], "big") in range(8, 2**31)
    )
