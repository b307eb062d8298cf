"""Parts of a large object, read in blocks as somebody asks for them, within a bound."""

import asyncio
from types import TracebackType
from typing import Self

from uploadm8.infra.storage.errors import StorageError
from uploadm8.infra.storage.s3 import BLOCK, Storage

_KEPT = 12  # blocks
_AHEAD = 2  # blocks, once somebody reads on from one block to the next


class Pieces:
    """One version of an object.

    Attributes:
        fetched: bytes that were asked of the store.
    """

    def __init__(self, storage: Storage, key: str, etag: str, size: int, most_bytes: int) -> None:
        """`size` is the object's; at most `most_bytes` are fetched of it, in blocks of 1 MiB."""
        self._storage = storage
        self._key, self._etag, self._size = key, etag, size
        self._most = most_bytes
        self._blocks: dict[int, asyncio.Task[bytes]] = {}
        self.fetched = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for task in self._blocks.values():
            task.cancel()
        await asyncio.gather(*self._blocks.values(), return_exceptions=True)

    async def read(self, start: int, end: int) -> bytes:
        """The bytes start..end, `end` excluded, none of them outside the object.

        Raises:
            ObjectMissingError: the object is gone.
            SourceChangedError: it is another one now.
            StorageError: the store failed, or this is outside, or more than is allowed in all.
        """
        if not 0 <= start < end <= self._size or end - start > self._most:
            raise StorageError("This is no part of the object.")
        first, last = start // BLOCK, (end - 1) // BLOCK
        data = b"".join([await self._block(number) for number in range(first, last + 1)])
        return data[start - first * BLOCK : end - first * BLOCK]

    async def _block(self, number: int) -> bytes:
        wanted = self._task(number)
        if number - 1 in self._blocks:
            for following in range(number + 1, number + 1 + _AHEAD):
                if following * BLOCK < self._size and self.fetched + BLOCK <= self._most:
                    self._task(following)
        return await wanted

    def _task(self, number: int) -> asyncio.Task[bytes]:
        task = self._blocks.pop(number, None)
        if task is None:
            task = asyncio.create_task(self._fetch(number))
        self._blocks[number] = task  # the one used last stands last
        for oldest in list(self._blocks)[:-_KEPT]:
            self._blocks.pop(oldest).cancel()
        return task

    async def _fetch(self, number: int) -> bytes:
        start = number * BLOCK
        end = min(start + BLOCK, self._size)
        if self.fetched + end - start > self._most:
            raise StorageError("More of the object was asked for than is allowed.")
        self.fetched += end - start
        parts = self._storage.read(self._key, start, end, self._etag)
        return b"".join([part async for part in parts])
