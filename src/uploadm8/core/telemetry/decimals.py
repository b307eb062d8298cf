"""Thousands of decimal numbers at a time, exactly as float() reads each of them."""

from collections.abc import Sequence

import numpy as np

from uploadm8.core.telemetry.track import FloatArray

_WIDEST = 16  # characters: 15 digits and a point are exact in float64, as is their power of ten
_POWERS = 10.0 ** np.arange(_WIDEST + 1)
_POINT, _MINUS, _PLUS = b".-+"


def read_decimals(cells: Sequence[str]) -> FloatArray:
    """The values of plain decimal numbers, such as ``-12.50``.

    Raises:
        ValueError: a cell is not a number.
    """
    text = np.array(cells, dtype=np.bytes_)
    width = text.dtype.itemsize
    if width > _WIDEST:
        return np.fromiter(map(float, cells), np.float64, len(cells))
    # One row per character, so that every step below runs along memory.
    characters = np.ascontiguousarray(text.view(np.uint8).reshape(len(cells), width).T)
    digits = characters - ord("0")
    is_digit = digits <= 9
    alike = is_digit.all(axis=1)
    if width > 1 and alike.sum() == width - 1 and (characters[~alike] == _POINT).all():
        # The usual case, every cell with its point in the same place: one product does it.
        weights = 10 ** np.arange(width - 2, -1, -1, dtype=np.int64)
        uniform: FloatArray = (weights @ digits[alike]) / _POWERS[width - 1 - alike.argmin()]
        return uniform
    is_point = characters == _POINT
    signed = (characters[0] == _MINUS) | (characters[0] == _PLUS)
    length = (characters != 0).sum(axis=0)
    points = is_point.sum(axis=0)
    counted = is_digit.sum(axis=0)
    if counted.min() == 0 or points.max() > 1 or (counted + points + signed != length).any():
        raise ValueError("not a plain decimal number")
    value = np.zeros(len(cells), dtype=np.int64)
    for digit, there in zip(digits, is_digit, strict=True):
        np.multiply(value, 10, out=value, where=there)
        np.add(value, digit, out=value, where=there)
    places = np.where(points > 0, length - 1 - is_point.argmax(axis=0), 0)
    numbers: FloatArray = value / _POWERS[places]
    np.negative(numbers, out=numbers, where=characters[0] == _MINUS)
    return numbers
