"""The index of a movie: its tracks, when and where it says it was filmed."""

from dataclasses import dataclass, field
from pathlib import Path

from uploadm8.core.telemetry.mp4.boxes import Box, children, find, top_level
from uploadm8.core.telemetry.mp4.fragments import read_fragments, track_defaults
from uploadm8.core.telemetry.mp4.metadata import read_keys, read_user_data
from uploadm8.core.telemetry.mp4.samples import SampleTable, read_samples
from uploadm8.core.telemetry.problems import Problem, telemetry_error

MAX_INDEX_BYTES = 96 * 2**20
MAX_TRACKS = 64
MAX_SAMPLE_BYTES = 4 * 2**20
MAX_TRACK_BYTES = 256 * 2**20  # hours of GPMF
_MAC_EPOCH = -2_082_844_800  # 1904-01-01 in Unix seconds
_EARLIEST = 631_152_000.0  # 1990: an earlier clock was never set


@dataclass(frozen=True, slots=True)
class MovieTrack:
    """One track.

    Attributes:
        handler: such as ``vide``, ``soun``, ``meta``, ``text``, ``sbtl``.
        name: what the handler calls itself, such as ``GoPro MET``.
        codec: four-character code of the sample description, such as ``gpmd``.
        duration_s: seconds.
    """

    handler: str
    name: str
    codec: str
    duration_s: float
    _timescale: int
    _start_s: float
    _table: Box | None
    _index: bytes = field(repr=False)
    _path: Path
    _id: int

    def samples(self) -> SampleTable:
        """Where the samples are, by the index or by fragments; empty when neither says."""
        table = self._table or Box(b"stbl", 0, 0)
        found = read_samples(self._index, table, self._timescale, self._start_s)
        index = Box(b"moov", 0, len(self._index))
        if len(found) or find(self._index, index, b"mvex") is None:
            return found
        defaults = track_defaults(self._index, index, self._id)
        return read_fragments(self._path, self._id, self._timescale, defaults)


@dataclass(frozen=True, slots=True)
class Movie:
    """What the index of a movie file says.

    Attributes:
        path: the file.
        duration_s: seconds, 0 when unknown.
        creation_utc: Unix seconds, nominally UTC, often local time in truth; None when unset.
        tracks: at most 64.
        user_data: payloads by four-character code, such as ``©xyz`` and ``GPMF``.
        keys: QuickTime metadata, such as ``com.apple.quicktime.creationdate``.
        gps_table: payload of the ``gps `` box of dash cams.
    """

    path: Path
    duration_s: float
    creation_utc: float | None
    tracks: tuple[MovieTrack, ...]
    user_data: dict[bytes, bytes]
    keys: dict[str, str]
    gps_table: bytes

    def read(self, samples: SampleTable) -> list[bytes]:
        """The bytes of each sample; empty where it lies outside the file or beyond our bounds."""
        blocks = []
        left = MAX_TRACK_BYTES
        with self.path.open("rb") as file:
            at = -1
            for offset, size in zip(samples.offsets.tolist(), samples.sizes.tolist(), strict=True):
                left -= size
                if size > MAX_SAMPLE_BYTES or left < 0:
                    blocks.append(b"")
                    continue
                if offset != at:
                    file.seek(offset)
                block = file.read(size)
                at = offset + len(block)
                blocks.append(block if len(block) == size else b"")
        return blocks


def read_movie(path: Path) -> Movie | None:
    """Read the index of an MP4 or QuickTime file; None when it has none (as if cut off).

    Raises:
        TelemetryError: telemetry_too_large when the index is beyond all measure.
    """
    with path.open("rb") as file:
        box = next((box for box in top_level(file) if box.kind == b"moov"), None)
        if box is None:
            return None
        if box.end - box.start > MAX_INDEX_BYTES:
            raise telemetry_error(Problem.TOO_LARGE)
        file.seek(box.start)
        data = file.read(box.end - box.start)
    index = Box(b"moov", 0, len(data))
    creation, timescale, duration = _header(data, find(data, index, b"mvhd"))
    tracks = [child for child in children(data, 0, len(data)) if child.kind == b"trak"]
    gps = find(data, index, b"gps ")
    return Movie(
        path=path,
        duration_s=duration / timescale,
        creation_utc=creation,
        tracks=tuple(_track(path, data, box, timescale) for box in tracks[:MAX_TRACKS]),
        user_data=read_user_data(data, find(data, index, b"udta")),
        keys=read_keys(data, index),
        gps_table=data[gps.start : gps.end] if gps else b"",
    )


def _integer(data: bytes, at: int, size: int) -> int:
    return int.from_bytes(data[at : at + size], "big")


def _header(data: bytes, box: Box | None) -> tuple[float | None, int, int]:
    """Creation in Unix seconds, ticks per second (never 0), duration, of ``mvhd`` or ``mdhd``."""
    if box is None or box.end - box.start < 20:
        return None, 1, 0
    wide = data[box.start] == 1
    at, size = box.start + 4, 8 if wide else 4
    created = _integer(data, at, size) + _MAC_EPOCH
    timescale = _integer(data, at + 2 * size, 4)
    duration = _integer(data, at + 2 * size + 4, size)
    if duration >= 2 ** (8 * size) - 1:
        duration = 0
    plausible = _EARLIEST < created < 2**33
    return float(created) if plausible else None, timescale or 1, duration


def _track(path: Path, data: bytes, box: Box, movie_timescale: int) -> MovieTrack:
    media = find(data, box, b"mdia") or Box(b"mdia", 0, 0)
    _, timescale, duration = _header(data, find(data, media, b"mdhd"))
    handler = find(data, media, b"hdlr")
    table = find(data, media, b"minf", b"stbl")
    description = find(data, table, b"stsd") if table else None
    kind, name = b"", b""
    if handler is not None:
        kind = data[handler.start + 8 : handler.start + 12]
        name = data[handler.start + 24 : handler.end]
        if name and name[0] == len(name) - 1:
            name = name[1:]  # QuickTime writes the length first
    codec = data[description.start + 12 : description.start + 16] if description else b""
    return MovieTrack(
        handler=kind.decode("latin-1"),
        name=name.decode("utf-8", "replace").strip("\0 \t\b\x0b"),
        codec=codec.decode("latin-1"),
        duration_s=duration / timescale,
        _timescale=timescale,
        _start_s=_start(data, find(data, box, b"edts", b"elst"), movie_timescale, timescale),
        _table=table,
        _index=data,
        _path=path,
        _id=_track_id(data, find(data, box, b"tkhd")),
    )


def _track_id(data: bytes, header: Box | None) -> int:
    if header is None:
        return 0
    return _integer(data, header.start + (20 if data[header.start] == 1 else 12), 4)


def _start(data: bytes, box: Box | None, movie_timescale: int, timescale: int) -> float:
    """When the first sample is shown: after empty edits, and less what the first edit skips."""
    if box is None or box.end - box.start < 8:
        return 0.0
    size = 8 if data[box.start] == 1 else 4
    count = _integer(data, box.start + 4, 4)
    start = 0.0
    at = box.start + 8
    for _ in range(min(count, 8)):
        if at + 2 * size + 4 > box.end:
            break
        length = _integer(data, at, size)
        media_time = int.from_bytes(data[at + size : at + 2 * size], "big", signed=True)
        if media_time >= 0:
            return start - media_time / timescale
        start += length / movie_timescale
        at += 2 * size + 4
    return start
