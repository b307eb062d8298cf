"""PostgreSQL's arrays of integers as numpy's: no Python object for each of very many numbers."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]

# What array_send writes of one dimension: its header, then each number after its own length.
_HEADER_BYTES = 20
_ELEMENT = {length: np.dtype([("length", ">i4"), ("value", f">i{length}")]) for length in (4, 8)}
_NONE: Numbers = np.empty(0, np.int64)


def sent(column: str) -> str:
    """SQL of a column as `numbers` reads it."""
    return f"array_send({column})"


def numbers(told: bytes | None) -> Numbers:
    """An int[] or bigint[] without nulls, as `sent`."""
    if told is None or len(told) <= _HEADER_BYTES:
        return _NONE
    length = int.from_bytes(told[_HEADER_BYTES : _HEADER_BYTES + 4])
    return np.frombuffer(told, _ELEMENT[length], offset=_HEADER_BYTES)["value"].astype(np.int64)


def all_numbers(rows: Iterable[Any], name: str) -> Numbers:
    """A column of several rows, one after the other."""
    return np.concatenate([_NONE, *(numbers(row[name]) for row in rows)])


def totals(keys: Numbers, counts: Numbers) -> dict[int, int]:
    """Sums of counts by key."""
    different, places = np.unique(keys, return_inverse=True)
    return dict(zip(different.tolist(), totals_to(places, counts, len(different)), strict=True))


def totals_to(keys: Numbers, counts: Numbers, size: int) -> list[int]:
    """Sums of counts by key, of all keys from 0 up to `size`."""
    found = np.zeros(size, np.int64)
    np.add.at(found, keys, counts)
    return found.tolist()
