"""The frame of FIT: headers, chained files, checksums, and what is left of a broken file."""

from dataclasses import dataclass, field

import numpy as np

from uploadm8.core.telemetry.fit.crc import crc16
from uploadm8.core.telemetry.fit.messages import ByteArray, Walk
from uploadm8.core.telemetry.problems import Problem, telemetry_error

SIGNATURE = b".FIT"
HEADER_SIZES = (12, 14)
_CRC_SIZE = 2


@dataclass(slots=True)
class FitData:
    """All messages of the chained FIT files in one piece of data.

    Attributes:
        data: the bytes.
        walk: the messages in them.
        starts: offset of the first message of each chained file.
        warnings: sentences about what was broken.
    """

    data: ByteArray
    walk: Walk = field(default_factory=Walk)
    starts: list[int] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def is_header(data: bytes, at: int = 0) -> bool:
    """Whether a FIT file header starts at an offset."""
    return (
        len(data) >= at + HEADER_SIZES[0]
        and data[at] in HEADER_SIZES
        and data[at + 8 : at + 12] == SIGNATURE
    )


def read_messages(data: bytes) -> FitData:
    """Walk every file in `data`; what follows a break is lost and said to be.

    Raises:
        TelemetryError: telemetry_damaged when there is no FIT header, telemetry_too_large.
    """
    if not is_header(data):
        raise telemetry_error(Problem.DAMAGED, "The file does not start with a FIT header.")
    fit = FitData(np.frombuffer(data, np.uint8))
    at = 0
    while at < len(data):
        if not is_header(data, at):
            lost = len(data) - at
            fit.warnings.append(f"The last {lost:,} bytes of the file are not FIT data.")
            break
        at = _read_file(data, at, fit)
    return fit


def _read_file(data: bytes, at: int, fit: FitData) -> int:
    """Walk one file; where the next one may start."""
    start = at + data[at]
    size = int.from_bytes(data[at + 4 : at + 8], "little")
    # A recorder that loses power leaves the size at 0: the messages are there all the same.
    unfinished = size == 0 or start + size > len(data)
    end = len(data) if unfinished else start + size
    fit.starts.append(start)
    broken_at = fit.walk.run(data, start, end)
    if unfinished:
        fit.warnings.append("The recording was cut off; everything before the cut was read.")
        return len(data)
    if broken_at is not None:
        lost = end - broken_at
        fit.warnings.append(f"The file is broken: its last {lost:,} bytes could not be read.")
    stop = end + _CRC_SIZE
    if stop > len(data) or crc16(data[at:stop]) != 0:
        fit.warnings.append("The checksum of the file is wrong; some values may be damaged.")
    return stop
