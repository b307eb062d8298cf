"""TikTok's arithmetic of chunks."""

import re
from dataclasses import dataclass

from uploadm8.dev.sandbox.config import Settings

_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
MAX_VIDEO_BYTES = 4 * 1024**3


@dataclass(frozen=True, slots=True)
class ChunkPlan:
    """A file of `size` bytes in `count` pieces of `chunk` bytes, the last one longer."""

    size: int
    chunk: int
    count: int

    def fault(self, limits: Settings) -> str | None:
        """Which rule the plan breaks, or None."""
        if not 0 < self.size <= MAX_VIDEO_BYTES:
            return "The video size is invalid"
        if self.chunk <= 0 or self.count != max(1, self.size // self.chunk):
            return "The total chunk count is invalid"
        if self.count == 1:
            whole = self.chunk == self.size <= limits.tiktok_max_chunk_bytes
            return None if whole else "The chunk size is invalid"
        if not limits.tiktok_min_chunk_bytes <= self.chunk <= limits.tiktok_max_chunk_bytes:
            return "The chunk size is invalid"
        if self.count > 1000 or self.last > limits.tiktok_max_last_chunk_bytes:
            return "The total chunk count is invalid"
        return None

    @property
    def last(self) -> int:
        """Bytes of the last chunk, which takes the remainder."""
        return self.size - self.chunk * (self.count - 1)

    def length_at(self, first: int) -> int | None:
        """How long the chunk starting at byte `first` is; None when no chunk starts there."""
        index, rest = divmod(first, self.chunk)
        if rest or index >= self.count:
            return None
        return self.last if index == self.count - 1 else self.chunk


def parse_content_range(value: str) -> tuple[int, int, int] | None:
    """(first, last, total) of a Content-Range header, or None."""
    match = _RANGE.fullmatch(value)
    return (int(match[1]), int(match[2]), int(match[3])) if match else None
