"""Walk the messages of FIT data once; read fields of equal messages as one numpy column."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from uploadm8.core.telemetry.problems import Problem, telemetry_error
from uploadm8.core.telemetry.track import FloatArray

ByteArray = NDArray[np.uint8]
OffsetArray = NDArray[np.int64]

MAX_MESSAGES = 4_000_000
MAX_LAYOUTS = 4096  # a device writes a few dozen; more is an attack on our patience
_DEFINITION, _HAS_DEVELOPER, _COMPRESSED = 0x40, 0x20, 0x80

# Base type number: numpy kind, bytes, the value that means "absent" (FIT protocol, table 7).
_BASE_TYPES: dict[int, tuple[str, int, int | None]] = {
    0x00: ("u1", 1, 0xFF),
    0x01: ("i1", 1, 0x7F),
    0x02: ("u1", 1, 0xFF),
    0x03: ("i2", 2, 0x7FFF),
    0x04: ("u2", 2, 0xFFFF),
    0x05: ("i4", 4, 0x7FFFFFFF),
    0x06: ("u4", 4, 0xFFFFFFFF),
    0x08: ("f4", 4, None),
    0x09: ("f8", 8, None),
    0x0A: ("u1", 1, 0),
    0x0B: ("u2", 2, 0),
    0x0C: ("u4", 4, 0),
    0x0D: ("u1", 1, 0xFF),
    0x0E: ("i8", 8, 0x7FFFFFFFFFFFFFFF),
    0x0F: ("u8", 8, 0xFFFFFFFFFFFFFFFF),
    0x10: ("u8", 8, 0),
}


@dataclass(frozen=True, slots=True)
class FieldPlace:
    """Where a field lies in a message: bytes after its header, size, base type number."""

    offset: int
    size: int
    base_type: int


@dataclass(slots=True)
class Layout:
    """One shape of message, and where in the data the messages of this shape are.

    Attributes:
        number: global message number, 20 for `record`.
        big_endian: byte order of its numbers.
        size: bytes without the header byte.
        fields: places by field number.
        developer: places by (developer index, field number).
        offsets: of the header byte of every message, ascending.
    """

    number: int
    big_endian: bool
    size: int
    fields: dict[int, FieldPlace]
    developer: dict[tuple[int, int], FieldPlace]
    offsets: "array[int]" = field(default_factory=lambda: array("q"))

    def positions(self) -> OffsetArray:
        """The offsets as an array."""
        return np.frombuffer(self.offsets, np.int64) if self.offsets else np.empty(0, np.int64)

    def raw(self, data: ByteArray, place: FieldPlace) -> ByteArray:
        """The bytes of a field in every message, shape (messages, size)."""
        at = self.positions()[:, None] + (1 + place.offset) + np.arange(place.size)
        cells: ByteArray = data[at]
        return cells

    def values(
        self, data: ByteArray, place: FieldPlace, base_type: int | None = None
    ) -> FloatArray:
        """The first value of a field in every message; NaN where it is absent."""
        base = place.base_type if base_type is None else base_type
        kind, size, absent = _BASE_TYPES.get(base & 0x1F, ("", 0, None))
        if not kind or place.size < size:
            return np.full(len(self.offsets), np.nan)
        order = ">" if self.big_endian else "<"
        cells = self.raw(data, FieldPlace(place.offset, size, base))
        numbers = np.ascontiguousarray(cells).view(f"{order}{kind}")[:, 0]
        with np.errstate(invalid="ignore"):
            values: FloatArray = numbers.astype(np.float64)
        if absent is None:
            values[~np.isfinite(values)] = np.nan
        else:
            values[numbers == absent] = np.nan
        return values

    def texts(self, data: ByteArray, place: FieldPlace) -> list[str]:
        """A string field in every message, up to its terminating zero."""
        return [
            bytes(row).split(b"\0", 1)[0].decode("utf-8", "replace")
            for row in self.raw(data, place)
        ]


class Walk:
    """Every message of one or several chained FIT files, grouped by layout.

    Attributes:
        layouts: all shapes met, in order of appearance.
    """

    def __init__(self) -> None:
        self.layouts: list[Layout] = []
        self._known: dict[bytes, Layout] = {}
        self._messages = 0

    def of(self, number: int) -> Sequence[Layout]:
        """The layouts of one global message that have messages."""
        return [layout for layout in self.layouts if layout.number == number and layout.offsets]

    def run(self, data: bytes, start: int, end: int) -> int | None:
        """Walk the messages between two offsets; where they stop making sense, if they do.

        Raises:
            TelemetryError: telemetry_too_large.
        """
        local: list[Layout | None] = [None] * 16
        position = start
        while position < end:
            header = data[position]
            if header & _COMPRESSED:
                layout = local[header >> 5 & 3]
            elif header & _DEFINITION:
                after = self._define(data, position, end, local)
                if after is None:
                    return position
                position = after
                continue
            else:
                layout = local[header & 0x0F]
            if layout is None or position + layout.size >= end:
                return position
            position = self._take_run(data, position, end, layout)
        return None

    def _take_run(self, data: bytes, position: int, end: int, layout: Layout) -> int:
        """Note this message and those that follow with the same header byte."""
        header, step = data[position], layout.size + 1
        note = layout.offsets.append
        first = position
        last = end - step
        while position <= last and data[position] == header:
            note(position)
            position += step
        self._messages += (position - first) // step
        self._check_bounds()
        return position

    def _define(
        self, data: bytes, position: int, end: int, local: list[Layout | None]
    ) -> int | None:
        """Read a definition message; where the next message starts, or None if it is broken."""
        header = data[position]
        stop = position + 6 + 3 * data[position + 5] if position + 6 <= end else end + 1
        if header & _HAS_DEVELOPER:
            stop += 1 + 3 * data[stop] if stop < end else 1  # the count itself may be cut off
        if stop > end or data[position + 2] > 1:
            return None
        body = data[position + 1 : stop]
        key = bytes([header & _HAS_DEVELOPER]) + body
        layout = self._known.get(key)
        if layout is None:
            if len(self.layouts) == MAX_LAYOUTS:
                return None
            layout = self._known[key] = _parse_layout(body, bool(header & _HAS_DEVELOPER))
            self.layouts.append(layout)
        local[header & 0x0F] = layout
        self._messages += 1
        self._check_bounds()
        return stop

    def _check_bounds(self) -> None:
        if self._messages > MAX_MESSAGES:
            raise telemetry_error(Problem.TOO_LARGE)


def _parse_layout(body: bytes, has_developer: bool) -> Layout:
    """`body` is a complete definition message without its header byte."""
    big_endian = body[1] == 1
    number = int.from_bytes(body[2:4], "big" if big_endian else "little")
    count = body[4]
    offset = 0
    fields: dict[int, FieldPlace] = {}
    for i in range(count):
        field_number, size, base_type = body[5 + 3 * i : 8 + 3 * i]
        fields.setdefault(field_number, FieldPlace(offset, size, base_type))
        offset += size
    developer: dict[tuple[int, int], FieldPlace] = {}
    if has_developer:
        start = 5 + 3 * count
        for i in range(body[start]):
            field_number, size, index = body[start + 1 + 3 * i : start + 4 + 3 * i]
            developer.setdefault((index, field_number), FieldPlace(offset, size, 0x0D))
            offset += size
    return Layout(number, big_endian, offset, fields, developer)
