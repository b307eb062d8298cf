"""Key-length-value items of GPMF, and their numbers as numpy arrays."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from uploadm8.core.telemetry.track import FloatArray

_HEADER = 8
MAX_COLUMNS = 64

# Type letter to numpy kind; q and Q are fixed point with 16 and 32 bits behind the point.
_KINDS: dict[str, tuple[str, float]] = {
    "b": ("i1", 1.0),
    "B": ("u1", 1.0),
    "s": (">i2", 1.0),
    "S": (">u2", 1.0),
    "l": (">i4", 1.0),
    "L": (">u4", 1.0),
    "j": (">i8", 1.0),
    "J": (">u8", 1.0),
    "f": (">f4", 1.0),
    "d": (">f8", 1.0),
    "q": (">i4", 2.0**-16),
    "Q": (">i8", 2.0**-32),
}
_OPAQUE = {"c": 1, "F": 4, "G": 16, "U": 16}


@dataclass(frozen=True, slots=True)
class Item:
    """One item: four-character key, type letter (empty for a container), rows and bytes a row."""

    key: str
    type: str
    size: int
    repeat: int
    data: bytes

    @property
    def text(self) -> str:
        """The payload as text."""
        return self.data.decode("latin-1").strip("\0 ")

    def numbers(self, layout: str = "") -> FloatArray:
        """The payload as numbers, shape (rows, columns); no rows where it holds none.

        Args:
            layout: the preceding TYPE, for the type letter ``?``.
        """
        letters = _expand(layout) if self.type == "?" else self._plain_letters()
        fields = [_KINDS.get(letter, (f"V{_OPAQUE.get(letter, 1)}", 0.0)) for letter in letters]
        if not fields or len(fields) > MAX_COLUMNS:
            return np.empty((0, 0))
        row = np.dtype([(f"c{i}", kind) for i, (kind, _) in enumerate(fields)])
        if row.itemsize != self.size or len(self.data) < self.size * self.repeat:
            return np.empty((0, 0))
        table = np.frombuffer(self.data, row, count=self.repeat)
        out = np.full((self.repeat, len(fields)), np.nan)
        for i, (_, unit) in enumerate(fields):
            if unit:
                out[:, i] = table[f"c{i}"] * unit
        out[~np.isfinite(out)] = np.nan
        return out

    def number(self) -> float:
        """The first number, NaN if there is none."""
        values = self.numbers()
        return float(values[0, 0]) if values.size else float("nan")

    def _plain_letters(self) -> str:
        if self.type not in _KINDS:
            return ""
        width = np.dtype(_KINDS[self.type][0]).itemsize
        return self.type * (self.size // width if self.size % width == 0 else 0)


def items(data: bytes) -> Iterator[Item]:
    """The items one after the other; stops at the first that makes no sense."""
    at = 0
    while at + _HEADER <= len(data):
        key = data[at : at + 4]
        if not key.isascii() or key == b"\0\0\0\0":
            return
        size = data[at + 5]
        repeat = int.from_bytes(data[at + 6 : at + 8], "big")
        length = size * repeat
        start = at + _HEADER
        if start + length > len(data):
            return
        letter = chr(data[at + 4]) if data[at + 4] else ""
        yield Item(key.decode("ascii"), letter, size, repeat, data[start : start + length])
        at = start + (length + 3) // 4 * 4


def _expand(layout: str) -> str:
    """A TYPE such as ``Lf[3]S`` as one letter per number: ``LfffS``."""
    letters = ""
    i = 0
    while i < len(layout) and len(letters) <= MAX_COLUMNS:
        count, after = 1, i + 1
        if layout[after : after + 1] == "[":
            close = layout.find("]", after)
            digits = layout[after + 1 : close]
            if close < 0 or not digits.isascii() or not digits.isdigit():
                return ""
            count, after = min(int(digits), MAX_COLUMNS + 1), close + 1
        letters += layout[i] * count
        i = after
    return letters
