"""The sample table of a track: where each sample lies in the file, and when it is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from uploadm8.core.telemetry.mp4.boxes import Box, find
from uploadm8.core.telemetry.track import FloatArray

IntArray = NDArray[np.int64]

MAX_SAMPLES = 2_000_000


@dataclass(frozen=True, slots=True)
class SampleTable:
    """One entry per sample.

    Attributes:
        offsets: bytes from the start of the file.
        sizes: bytes.
        times: seconds on the clock of the movie, when the sample starts.
        durations: seconds.
    """

    offsets: IntArray
    sizes: IntArray
    times: FloatArray
    durations: FloatArray

    def __len__(self) -> int:
        return len(self.offsets)


def read_samples(data: bytes, table: Box, timescale: int, start_s: float) -> SampleTable:
    """Read an ``stbl`` box; inconsistent tables are cut to what they agree on.

    Args:
        data: the ``moov`` box.
        table: the ``stbl`` box in it.
        timescale: ticks per second of the track.
        start_s: when the first sample is shown, from the edit list.
    """
    sizes = _sizes(data, find(data, table, b"stsz"))
    chunks = _chunk_offsets(data, table)
    chunk_of = _chunk_of_samples(data, find(data, table, b"stsc"), len(chunks), len(sizes))
    count = min(len(sizes), len(chunk_of))
    sizes, chunk_of = sizes[:count], chunk_of[:count]
    before = np.cumsum(sizes) - sizes
    first = np.searchsorted(chunk_of, chunk_of)
    offsets = chunks[chunk_of] + before - before[first]
    ticks = _durations(data, find(data, table, b"stts"), count)
    times = start_s + (np.cumsum(ticks) - ticks) / timescale
    return SampleTable(offsets, sizes, times, ticks / timescale)


def _numbers(data: bytes, box: Box | None, skip: int, kind: str, columns: int) -> IntArray:
    """The table of a full box behind its version, flags and `skip` bytes, as many rows as fit."""
    if box is None:
        return np.empty((0, columns), np.int64)
    start = box.start + 4 + skip
    count = int.from_bytes(data[start : start + 4], "big")
    width = np.dtype(kind).itemsize * columns
    count = min(count, max(box.end - start - 4, 0) // width, MAX_SAMPLES)
    if count == 0:
        return np.empty((0, columns), np.int64)
    rows = np.frombuffer(data, kind, count=count * columns, offset=start + 4)
    return rows.astype(np.int64).reshape(count, columns)


def _sizes(data: bytes, box: Box | None) -> IntArray:
    if box is None or box.end - box.start < 12:
        return np.empty(0, np.int64)
    uniform = int.from_bytes(data[box.start + 4 : box.start + 8], "big")
    if uniform:
        count = int.from_bytes(data[box.start + 8 : box.start + 12], "big")
        return np.full(min(count, MAX_SAMPLES), uniform, np.int64)
    return _numbers(data, box, 4, ">u4", 1)[:, 0]


def _chunk_offsets(data: bytes, table: Box) -> IntArray:
    short = _numbers(data, find(data, table, b"stco"), 0, ">u4", 1)[:, 0]
    if len(short):
        return short
    wide = _numbers(data, find(data, table, b"co64"), 0, ">i8", 1)[:, 0]
    return np.clip(wide, 0, 2**60)


def _chunk_of_samples(data: bytes, box: Box | None, chunks: int, samples: int) -> IntArray:
    """The chunk of each sample, from runs of (first chunk counted from 1, samples per chunk)."""
    runs = _numbers(data, box, 0, ">u4", 3)
    first = runs[:, 0] - 1
    runs = runs[(first >= 0) & (first < chunks) & (np.diff(first, prepend=-1) > 0)]
    if not len(runs):
        return np.empty(0, np.int64)
    lengths = np.diff(np.append(runs[:, 0] - 1, chunks))
    per_chunk = np.repeat(np.minimum(runs[:, 1], samples), np.maximum(lengths, 0))
    used = int(np.searchsorted(np.cumsum(per_chunk), samples)) + 1
    start = int(runs[0, 0]) - 1
    return np.repeat(np.arange(start, start + len(per_chunk))[:used], per_chunk[:used])


def _durations(data: bytes, box: Box | None, count: int) -> IntArray:
    runs = _numbers(data, box, 0, ">u4", 2)
    repeats = np.minimum(runs[:, 0], count)
    used = int(np.searchsorted(np.cumsum(repeats), count)) + 1
    ticks = np.repeat(runs[:used, 1], repeats[:used])[:count]
    if not len(ticks):
        return np.zeros(count, np.int64)
    return np.pad(ticks, (0, count - len(ticks)), mode="edge")
