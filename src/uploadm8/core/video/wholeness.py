"""How much of a file is missing at its end, by the lengths that its outermost parts tell."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO, Final

_MOST_PARTS = 100_000  # fragments of a long recording
_SEGMENT = b"\x18\x53\x80\x67"  # all of a Matroska file but its header (RFC 9559, 5.1)
_LONGEST_LENGTH = 8  # bytes of an EBML length (RFC 8794, 4)


def missing_bytes(path: Path, demuxer: str) -> int:
    """Bytes between the end of the file and the end that it tells; 0 where it tells none.

    Recordings that were never finished tell none, or miss no more than what was being written.
    """
    told_end = _TOLD_ENDS.get(demuxer)
    if told_end is None:
        return 0
    size = path.stat().st_size
    with path.open("rb") as file:
        return max(0, told_end(file, size) - size)


def _end_of_boxes(file: BinaryIO, size: int) -> int:
    place = 0
    for _ in range(_MOST_PARTS):
        if place >= size:  # a damaged length may be beyond what can be sought
            break
        file.seek(place)
        head = file.read(16)
        length = int.from_bytes(head[:4], "big")
        if length == 1:  # the length is 64 bits wide
            length = int.from_bytes(head[8:16], "big")
        if len(head) < 8 or length < 8:  # 0 is "up to the end of the file"
            break
        place += length
    return place


def _end_of_chunks(file: BinaryIO, size: int) -> int:
    place = 0
    for _ in range(_MOST_PARTS):  # long recordings consist of several (OpenDML 1.02)
        if place >= size:
            break
        file.seek(place)
        head = file.read(8)
        length = int.from_bytes(head[4:8], "little")
        if head[:4] != b"RIFF" or not length:
            break
        place += 8 + length + length % 2
    return place


def _end_of_segment(file: BinaryIO, size: int) -> int:
    file.seek(4)  # behind the header's own name
    header = _length(file)
    if header is None or header >= size:
        return 0
    file.seek(header, 1)
    if file.read(4) != _SEGMENT:
        return 0
    length = _length(file)
    return 0 if length is None else file.tell() + length


def _length(file: BinaryIO) -> int | None:
    """An EBML length; None when it is unknown, as in a live recording."""
    first = file.read(1)
    if not first or not first[0]:
        return None
    count = _LONGEST_LENGTH + 1 - first[0].bit_length()
    bits = 7 * count
    value = int.from_bytes(first + file.read(count - 1), "big") & ((1 << bits) - 1)
    return None if value == (1 << bits) - 1 else value


_TOLD_ENDS: Final[Mapping[str, Callable[[BinaryIO, int], int]]] = MappingProxyType(
    {"mov": _end_of_boxes, "avi": _end_of_chunks, "matroska": _end_of_segment}
)
