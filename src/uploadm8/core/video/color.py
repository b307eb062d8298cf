"""Colour descriptions (ITU-T H.273 code points) and what they become in an SDR rendition."""

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Self

_UNSPECIFIED = 2  # the code point "unspecified" of primaries, transfer and matrix
_HD_LINES = 720  # unspecified colours mean BT.709 from here up, BT.601 below


class Range(IntEnum):
    """Which code values stand for black and white."""

    LIMITED = 1
    FULL = 2


class Matrix(IntEnum):
    """How RGB became YUV."""

    BT709 = 1
    BT470BG = 5
    SMPTE170M = 6
    BT2020 = 9


class Primaries(IntEnum):
    """Which red, green and blue are meant."""

    BT709 = 1
    BT470BG = 5
    SMPTE170M = 6
    BT2020 = 9


class Transfer(IntEnum):
    """How light became a code value."""

    BT709 = 1
    SMPTE170M = 6
    PQ = 16
    HLG = 18


@dataclass(frozen=True, slots=True)
class Color:
    """Colour tags of a stream; integers are H.273 code points, never "unspecified"."""

    range: int
    matrix: int
    primaries: int
    transfer: int

    @classmethod
    def resolve(
        cls, *, color_range: int, matrix: int, primaries: int, transfer: int, lines: int
    ) -> Self:
        """Fill in what a file leaves out, by its number of lines, as players do."""
        standard = Matrix.BT709 if lines >= _HD_LINES else Matrix.SMPTE170M
        known = matrix if matrix not in (0, _UNSPECIFIED) else int(standard)
        return cls(
            range=color_range if color_range in (1, 2) else int(Range.LIMITED),
            matrix=known,
            primaries=primaries if primaries not in (0, _UNSPECIFIED) else known,
            transfer=transfer if transfer not in (0, _UNSPECIFIED) else _sdr_transfer(known),
        )

    @property
    def hdr(self) -> bool:
        """Whether the transfer is HLG or PQ."""
        return self.transfer in (Transfer.PQ, Transfer.HLG)

    @property
    def wide(self) -> bool:
        """Whether the gamut or matrix is BT.2020's."""
        return Matrix.BT2020 in (self.matrix, self.primaries) or self.matrix == 10

    def rendered(self) -> "Color":
        """The tags of an 8-bit SDR rendition: limited range; HDR and wide gamut become BT.709.

        Standard-definition matrices are kept: turning them costs a colour conversion of every
        picture and gains nothing, as long as the tags tell the truth.
        """
        if self.hdr or self.wide or self.matrix not in tuple(Matrix):
            return Color(Range.LIMITED, Matrix.BT709, Primaries.BT709, Transfer.BT709)
        return replace(self, range=int(Range.LIMITED))


def _sdr_transfer(matrix: int) -> int:
    return int(Transfer.BT709 if matrix == Matrix.BT709 else Transfer.SMPTE170M)
