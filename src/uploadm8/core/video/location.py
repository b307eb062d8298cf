"""Where a video was filmed, written into a finished MP4 when its owner wants that told.

Renditions are made without any place. One is put in afterwards: a `©xyz` and a `loci` box in the
user data of the index, as phones write them, and every chunk offset behind it moved along.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from uploadm8.core.telemetry.mp4.boxes import Box, children, find, top_level
from uploadm8.core.telemetry.mp4.metadata import Place, read_place
from uploadm8.core.telemetry.mp4.movie import read_movie
from uploadm8.core.telemetry.track import Channel, Track
from uploadm8.core.telemetry.zones import Zone, in_zones
from uploadm8.core.video.writer import part_of
from uploadm8.errors import TelemetryError

_ENGLISH = b"\x15\xc7"  # packed ISO 639-2/T code
_OFFSETS = {b"stco": ">u4", b"co64": ">u8"}


def filmed_at(
    source: Path, track: Track | None, zones: Sequence[Zone], start_s: float
) -> Place | None:
    """The first place of the drive that may be shown, else the one the camera noted.

    Args:
        source: the video.
        track: its telemetry, positions inside the zones already gone.
        zones: where no position may be shown.
        start_s: the track's time at the first picture.
    """
    if track is not None and Channel.LAT in track:
        lat, lon = track.columns[Channel.LAT], track.columns[Channel.LON]
        rows = np.flatnonzero(lat.valid & lon.valid & (track.t >= start_s))
        if not len(rows):
            return None
        return Place(float(lat.values[rows[0]]), float(lon.values[rows[0]]), None)
    try:
        movie = read_movie(source)
    except TelemetryError:
        return None
    place = None if movie is None else read_place(movie.user_data, movie.keys)
    if place is None:
        return None
    hidden = in_zones(np.array([place.latitude]), np.array([place.longitude]), zones)[0]
    return None if hidden else place


def write_place(path: Path, place: Place) -> None:
    """Put the place into an MP4 whose index comes before its pictures.

    Raises:
        ValueError: the file has no index, or not before the pictures.
    """
    with path.open("rb") as file:
        boxes = list(top_level(file))
        index = next((box for box in boxes if box.kind == b"moov"), None)
        if index is None or any(box.kind == b"mdat" and box.start < index.start for box in boxes):
            raise ValueError("the index of the file does not come first")
        file.seek(0)
        before = file.read(index.start - 8)
        file.seek(index.start)
        data = file.read(index.end - index.start)
        told = _with_place(data, place)
        with part_of(path).open("wb") as out:
            out.write(before + _box(b"moov", _shifted(told, len(told) - len(data))))
            shutil.copyfileobj(file, out, 1 << 20)
    part_of(path).replace(path)


def _box(kind: bytes, payload: bytes) -> bytes:
    return (len(payload) + 8).to_bytes(4, "big") + kind + payload


def _xyz(place: Place) -> bytes:
    text = f"{place.latitude:+08.4f}{place.longitude:+09.4f}/".encode()
    return _box(b"\xa9xyz", len(text).to_bytes(2, "big") + _ENGLISH + text)


def _loci(place: Place) -> bytes:
    """3GPP TS 26.244, 8.10: language, name, role, longitude, latitude, altitude, body, notes."""
    numbers = (place.longitude, place.latitude, 0.0)
    fixed = b"".join(round(value * 65536).to_bytes(4, "big", signed=True) for value in numbers)
    return _box(b"loci", bytes(4) + _ENGLISH + b"\0\0" + fixed + b"earth\0\0")


def _with_place(data: bytes, place: Place) -> bytes:
    """The index with the place in its user data, of which there may be only one box."""
    boxes = list(children(data, 0, len(data)))
    users = [box for box in boxes if box.kind == b"udta"]
    rest = b"".join(_box(b.kind, data[b.start : b.end]) for b in boxes if b.kind != b"udta")
    user_data = b"".join(data[box.start : box.end] for box in users)
    return rest + _box(b"udta", user_data + _xyz(place) + _loci(place))


def _shifted(data: bytes, by: int) -> bytes:
    """The index with all chunk offsets moved."""
    tracks = [box for box in children(data, 0, len(data)) if box.kind == b"trak"]
    changed = bytearray(data)
    for track in tracks:
        table = find(data, track, b"mdia", b"minf", b"stbl")
        for box in children(data, table.start, table.end) if table else ():
            if box.kind in _OFFSETS:
                _move(changed, box, by)
    return bytes(changed)


def _move(data: bytearray, box: Box, by: int) -> None:
    kind = _OFFSETS[box.kind]
    count = int.from_bytes(data[box.start + 4 : box.start + 8], "big")
    start, width = box.start + 8, np.dtype(kind).itemsize
    offsets = np.frombuffer(bytes(data[start : start + count * width]), kind)
    data[start : start + count * width] = (offsets + np.array(by, kind)).astype(kind).tobytes()
