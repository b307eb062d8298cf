"""What a reader makes of bytes: rows or a TelemetryError, and nothing else."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from uploadm8.core.telemetry.raw import RawTrack
from uploadm8.errors import TelemetryError


def outcome(read: Callable[[Path], RawTrack], data: bytes) -> RawTrack | TelemetryError:
    """Read `data` as a file; any other exception than a TelemetryError fails the test."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        try:
            return read(Path(file.name))
        except TelemetryError as error:
            return error


def assert_sound(result: RawTrack | TelemetryError) -> None:
    """An error has a code and sentences; rows have columns of one length without infinities."""
    if isinstance(result, TelemetryError):
        assert result.code.startswith("telemetry_")
        assert result.detail
        assert result.action
        return
    assert not np.isinf(result.t).any()
    for column in result.columns.values():
        assert len(column) == len(result.t)
        assert not np.isinf(column).any()
