"""Builds small MP4 files and GPMF payloads byte by byte, independently of the readers."""

import struct
from collections.abc import Sequence


def box(kind: bytes, *payload: bytes) -> bytes:
    """A box around its payload."""
    body = b"".join(payload)
    return struct.pack(">I4s", len(body) + 8, kind) + body


def full(kind: bytes, *payload: bytes) -> bytes:
    """A box with version 0 and no flags."""
    return box(kind, bytes(4), *payload)


def movie(
    samples: Sequence[bytes],
    *,
    handler: bytes = b"meta",
    name: bytes = b"",
    codec: bytes = b"gpmd",
    ticks: int = 1001,
    timescale: int = 1000,
    creation: int = 0,
    extra: bytes = b"",
) -> bytes:
    """A file with one track: `samples` in one chunk, each `ticks` long, after ``ftyp``."""
    start = box(b"ftyp", b"isom", bytes(4))
    data = box(b"mdat", *samples)
    chunk = len(start) + 8
    table = box(
        b"stbl",
        full(b"stsd", struct.pack(">I", 1), box(codec, bytes(8))),
        full(b"stts", struct.pack(">III", 1, len(samples), ticks)),
        full(b"stsc", struct.pack(">IIII", 1, 1, max(len(samples), 1), 1)),
        full(b"stsz", struct.pack(">II", 0, len(samples)), *(size(s) for s in samples)),
        full(b"stco", struct.pack(">II", 1, chunk)),
    )
    total = ticks * len(samples)
    times = struct.pack(">IIII", 0, 0, timescale, total)
    media = box(
        b"mdia",
        full(b"mdhd", times, bytes(4)),
        full(b"hdlr", bytes(4), handler, bytes(12), name + b"\0"),
        box(b"minf", table),
    )
    head = full(b"mvhd", struct.pack(">IIII", creation, 0, timescale, total), bytes(80))
    return start + data + box(b"moov", head, box(b"trak", media), extra)


def fragmented(samples: Sequence[bytes], *, codec: bytes = b"gpmd", ticks: int = 1001) -> bytes:
    """A file with one track, number 7, two samples to a fragment; its index knows none of them."""
    empty = movie([], codec=codec)
    index = empty[empty.index(b"moov") + 4 :]
    track = full(b"tkhd", bytes(8), struct.pack(">I", 7), bytes(68))
    index = index.replace(index[index.index(b"trak") - 4 :], b"") + box(
        b"trak", track, index[index.index(b"trak") + 4 :]
    )
    extends = full(b"trex", struct.pack(">5I", 7, 1, ticks, 0, 0))
    data = empty[: empty.index(b"mdat") - 4] + box(b"moov", index, box(b"mvex", extends))
    for first in range(0, len(samples), 2):
        part = samples[first : first + 2]
        sizes = b"".join(size(sample) for sample in part)
        runs = struct.pack(">I", 0x000201) + struct.pack(">I", len(part))

        def traf(offset: int, runs: bytes = runs, sizes: bytes = sizes, at: int = first) -> bytes:
            header = box(b"tfhd", struct.pack(">II", 0x020000, 7))
            clock = box(b"tfdt", struct.pack(">II", 0, at * ticks))
            run = box(b"trun", runs + struct.pack(">i", offset) + sizes)
            return box(b"moof", full(b"mfhd", bytes(4)), box(b"traf", header, clock, run))

        data += traf(len(traf(0)) + 8) + box(b"mdat", *part)
    return data


def size(sample: bytes) -> bytes:
    """An entry of ``stsz``."""
    return struct.pack(">I", len(sample))


def klv(key: bytes, letter: bytes, width: int, data: bytes) -> bytes:
    """A GPMF item, padded to four bytes."""
    head = struct.pack(">4scBH", key, letter, width, len(data) // width if width else 0)
    return head + data + bytes(-len(data) % 4)


def nest(key: bytes, *items: bytes) -> bytes:
    """A GPMF container."""
    body = b"".join(items)
    return struct.pack(">4sBBH", key, 0, 1, len(body)) + body


def gps5(
    rows: Sequence[tuple[float, float, float, float, float]],
    *,
    utc: bytes = b"250601100000.000",
    fix: int = 3,
    dop: int = 150,
    stamp_us: int | None = None,
) -> bytes:
    """A payload of one device with a GPS5 stream; rows are degrees, metres, metres per second."""
    divisors = (10**7, 10**7, 1000, 1000, 100)
    data = b"".join(
        struct.pack(">5i", *(round(v * d) for v, d in zip(row, divisors, strict=True)))
        for row in rows
    )
    stamp = b"" if stamp_us is None else klv(b"STMP", b"J", 8, struct.pack(">Q", stamp_us))
    return nest(
        b"DEVC",
        klv(b"DVID", b"L", 4, struct.pack(">I", 1)),
        klv(b"DVNM", b"c", 1, b"Camera"),
        nest(
            b"STRM",
            stamp,
            klv(b"GPSF", b"L", 4, struct.pack(">I", fix)),
            klv(b"GPSU", b"U", 16, utc),
            klv(b"GPSP", b"S", 2, struct.pack(">H", dop)),
            klv(b"SCAL", b"l", 4, struct.pack(">5i", *divisors)),
            klv(b"GPS5", b"l", 20, data),
        ),
    )


def freegps_block(
    utc: tuple[int, int, int, int, int, int],
    status: bytes,
    numbers: tuple[float, float, float, float],
    *,
    newer: bool = False,
) -> bytes:
    """A ``freeGPS`` box; `utc` is year, month, day, hour, minute, second."""
    year, month, day, hour, minute, second = utc
    moment = struct.pack("<6I", hour, minute, second, year - 2000, month, day)
    values = struct.pack("<4f", *numbers)
    lead = 12 if newer else 44
    body = b"freeGPS ".ljust(lead, b"\0") + moment + status.ljust(4, b"\0") + values
    return struct.pack(">I", 0x4000) + body.ljust(0x4000 - 4, b"\0")
