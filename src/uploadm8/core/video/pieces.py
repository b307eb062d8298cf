"""A file that is elsewhere, read piece by piece from whoever holds it."""

import os
from collections.abc import Callable
from typing import Protocol

Ask = Callable[[int, int], bytes]
"""Gives the bytes from a place of the file to another, the second not included."""


class SeekableBytes(Protocol):
    """What FFmpeg needs of a file."""

    def read(self, count: int) -> bytes:
        """At most so many bytes from where it stands; none at the end."""

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Stand elsewhere; returns where."""

    def tell(self) -> int:
        """Where it stands."""


class PiecedFile:
    """A file of known size in bytes, of which only what is read is asked for."""

    def __init__(self, ask: Ask, size: int) -> None:
        self._ask = ask
        self.size = size
        self._place = 0

    def read(self, count: int) -> bytes:
        """At most so many bytes from where it stands; none at the end."""
        end = min(self._place + count, self.size)
        if end <= self._place:
            return b""
        data = self._ask(self._place, end)
        self._place += len(data)
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Stand elsewhere; returns where."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self.size}[whence]
        self._place = max(0, base + offset)
        return self._place

    def tell(self) -> int:
        """Where it stands."""
        return self._place
