"""Chunk arithmetic of the platforms. Pure; every range is [start, end) in bytes."""

import re
from dataclasses import dataclass

TIKTOK_WHOLE = 64_000_000
"""Up to this size one chunk of exactly the file; both readings of "64 MB" hold."""
TIKTOK_CHUNK = 10_485_760
"""Between the 5 MB and 64 MB that TikTok allows, in either reading of "MB"."""
YOUTUBE_UNIT = 262_144
"""Every chunk but the last is a multiple of this."""
YOUTUBE_CHUNK = 32 * YOUTUBE_UNIT

_CONTENT_RANGE = re.compile(r"bytes\s+0-(\d+)/(?:\d+|\*)")
_RANGE = re.compile(r"(?:bytes=)?0-(\d+)")


@dataclass(frozen=True, slots=True)
class ChunkPlan:
    """How TikTok is told the file comes: `count` chunks, the last one taking the remainder."""

    size: int
    chunk_size: int
    count: int

    def bounds(self, index: int) -> tuple[int, int]:
        """Return [start, end) of a chunk."""
        if not 0 <= index < self.count:
            raise IndexError(index)
        start = index * self.chunk_size
        return start, self.size if index == self.count - 1 else start + self.chunk_size


def tiktok_plan(size: int) -> ChunkPlan:
    """Plan a TikTok upload: count = floor(size / chunk), never one chunk unequal to the size."""
    if size <= 0:
        raise ValueError("a video has at least one byte")
    if size <= TIKTOK_WHOLE:
        return ChunkPlan(size, size, 1)
    return ChunkPlan(size, TIKTOK_CHUNK, size // TIKTOK_CHUNK)


def tiktok_resume(plan: ChunkPlan, stored: int) -> int:
    """Return the index of the next chunk when TikTok says it stored `stored` bytes.

    Both "the last byte's index" and "the number of bytes" are in use for that figure; chunks are
    stored whole, so the boundary next to it is meant either way.
    """
    return min((stored + 1) // plan.chunk_size, plan.count - 1)


def youtube_last_start(size: int) -> int:
    """Offset of the final piece, at most YOUTUBE_CHUNK long, whose arrival creates the video."""
    if size <= 0:
        raise ValueError("a video has at least one byte")
    return (size - 1) // YOUTUBE_CHUNK * YOUTUBE_CHUNK


def youtube_next(size: int, offset: int) -> tuple[int, int]:
    """Return [start, end) of the next chunk that is not the last; empty when only it is left.

    The server may have stored part of a chunk, so `offset` can lie anywhere; what is sent is then
    cut to a multiple of 256 KiB that does not reach the end of the file.
    """
    room = size - 1 - offset
    length = min(YOUTUBE_CHUNK, room // YOUTUBE_UNIT * YOUTUBE_UNIT)
    if offset >= youtube_last_start(size) or length <= 0:
        return offset, offset
    return offset, offset + length


def content_range(start: int, end: int, total: int) -> str:
    """Write the Content-Range header of [start, end); its bounds are inclusive."""
    return f"bytes {start}-{end - 1}/{total}"


def stored_by_content_range(value: str | None) -> int | None:
    """Read `bytes 0-N/TOTAL` of a TikTok answer; None when absent or of another form."""
    match = _CONTENT_RANGE.fullmatch((value or "").strip())
    return int(match[1]) if match else None


def stored_by_range(value: str | None) -> int:
    """Read the `Range` of YouTube's 308 as the number of stored bytes; absent means none."""
    match = _RANGE.fullmatch((value or "").strip())
    return int(match[1]) + 1 if match else 0
