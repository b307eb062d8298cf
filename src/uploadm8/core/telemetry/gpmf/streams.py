"""The streams of GPMF payloads: scaled numbers per payload, with what the camera says of them."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from uploadm8.core.telemetry.gpmf.klv import Item, items
from uploadm8.core.telemetry.track import FloatArray

MAX_DEVICES = 16
MAX_STREAMS = 128
_MAX_NOTES = 256


@dataclass(frozen=True, slots=True)
class Piece:
    """What one payload holds of one stream.

    Attributes:
        payload: index of the payload.
        values: scaled numbers, shape (samples, columns).
        first_us: microseconds on the camera's clock of the first sample (STMP), or None.
        notes: the items that precede the data, by key.
    """

    payload: int
    values: FloatArray
    first_us: float | None
    notes: dict[str, Item]


@dataclass(slots=True)
class Stream:
    """All pieces of one stream, such as GPS5, of one device, in order."""

    key: str
    device: str
    pieces: list[Piece] = field(default_factory=list)

    @property
    def counts(self) -> FloatArray:
        """Samples in each piece."""
        return np.array([len(piece.values) for piece in self.pieces], dtype=np.float64)

    def values(self) -> FloatArray:
        """The samples of all pieces, shape (samples, columns)."""
        return np.concatenate([piece.values for piece in self.pieces])

    def note(self, key: str, default: float) -> FloatArray:
        """One noted number per sample, the same for all samples of a payload."""
        per_piece = [
            piece.notes[key].number() if key in piece.notes else default for piece in self.pieces
        ]
        return np.repeat(np.array(per_piece), self.counts.astype(np.int64))


def read_streams(payloads: Iterable[bytes]) -> list[Stream]:
    """All streams of all devices; samples that do not parse are left out."""
    streams: dict[tuple[str, str, str], Stream] = {}
    for index, payload in enumerate(payloads):
        for device in _devices(payload):
            name = device_id = ""
            for item in items(device.data):
                if item.key == "DVID":
                    device_id = item.data.hex()
                elif item.key == "DVNM":
                    name = item.text
                elif item.key == "STRM" and not item.type:
                    found = _piece(item, index)
                    if found is None:
                        continue
                    key, piece = found
                    at = (device_id, name, key)
                    if at in streams or len(streams) < MAX_STREAMS:
                        streams.setdefault(at, Stream(key, name)).pieces.append(piece)
    return list(streams.values())


def _devices(payload: bytes) -> list[Item]:
    found = [item for item in items(payload) if item.key == "DEVC" and not item.type]
    return found[:MAX_DEVICES]


def _piece(stream: Item, payload: int) -> tuple[str, Piece] | None:
    """The data of a stream is its last item; what precedes it describes it."""
    notes: dict[str, Item] = {}
    last: Item | None = None
    for item in items(stream.data):
        if last is not None:
            notes[last.key] = last
        last = item
        if len(notes) > _MAX_NOTES:
            return None
    if last is None:
        return None
    values = last.numbers(notes["TYPE"].text if "TYPE" in notes else "")
    if not values.size:
        return None
    values = _scaled(values, notes.get("SCAL"))
    first = notes["STMP"].number() if "STMP" in notes else float("nan")
    return last.key, Piece(payload, values, first if np.isfinite(first) else None, notes)


def _scaled(values: FloatArray, scale: Item | None) -> FloatArray:
    """Divide by SCAL: one divisor for all columns, or one each."""
    if scale is None:
        return values
    divisors = scale.numbers().reshape(-1)
    if len(divisors) not in (1, values.shape[1]) or not np.isfinite(divisors).all():
        return values
    return values / np.where(divisors == 0, 1.0, divisors)


def split_payloads(data: bytes) -> list[bytes]:
    """The payloads of a raw dump: one starts where the camera, its first device, comes again."""
    payloads: list[bytes] = []
    start = at = 0
    first_id: bytes | None = None
    while data[at : at + 4] == b"DEVC" and at + 8 <= len(data):
        length = data[at + 5] * int.from_bytes(data[at + 6 : at + 8], "big")
        body = data[at + 8 : at + 8 + length]
        device_id = next((item.data for item in items(body) if item.key == "DVID"), b"")
        if first_id is None:
            first_id = device_id
        elif device_id == first_id:
            payloads.append(data[start:at])
            start = at
        at += 8 + (length + 3) // 4 * 4
    if at > start:
        payloads.append(data[start:at])
    return payloads
