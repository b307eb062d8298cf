"""The CRC-16 of FIT (reflected polynomial 0xA001), over many stripes of the data at a time."""

import numpy as np
from numpy.typing import NDArray

_POLYNOMIAL = 0xA001
_STRIPES = 1024


def _make_table() -> NDArray[np.uint16]:
    table = np.arange(256)
    for _ in range(8):
        table = (table >> 1) ^ (table & 1) * _POLYNOMIAL
    return table.astype(np.uint16)


_TABLE = _make_table()


def crc16(data: bytes) -> int:
    """The checksum of `data`.

    A CRC is linear: the stripes are advanced side by side, then joined by the map that moves a
    checksum past one stripe, which 16 extra columns of zero bytes give along the way.
    """
    length = len(data) // _STRIPES
    crc = 0
    if length:
        body = np.frombuffer(data, np.uint8, count=length * _STRIPES).reshape(_STRIPES, length)
        state = np.zeros(_STRIPES + 16, np.uint16)
        state[_STRIPES:] = 1 << np.arange(16)
        for column in body.T:
            state[:_STRIPES] ^= column
            state = (state >> 8) ^ _TABLE[state & 0xFF]
        moved = state[_STRIPES:].tolist()
        for stripe in state[:_STRIPES].tolist():
            joined = stripe
            for bit in range(16):
                if crc >> bit & 1:
                    joined ^= moved[bit]
            crc = joined
    for byte in data[length * _STRIPES :]:
        crc = (crc >> 8) ^ int(_TABLE[(crc ^ byte) & 0xFF])
    return crc
