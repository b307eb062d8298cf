"""A stored rendition as the bytes that a platform client reads."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from uploadm8.infra.storage.s3 import Storage


@dataclass(frozen=True, slots=True)
class StoredMedia:
    """Ranged reads of one object, pinned to its ETag."""

    storage: Storage
    key: str
    etag: str
    size: int
    content_type: str = "video/mp4"

    def read(self, start: int, end: int) -> AsyncIterator[bytes]:
        """The bytes of [start, end) in blocks of at most 1 MiB."""
        return self.storage.read(self.key, start, end, self.etag)
