"""Logs inside gzip and zip files, as Strava and Garmin export them: unpacked with bounds."""

import gzip
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from uploadm8.core.telemetry.formats import HEAD_BYTES, MAX_TEXT_BYTES
from uploadm8.core.telemetry.problems import Problem, telemetry_error

_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"
_CHUNK = 1 << 20
_MAX_MEMBERS = 200  # looked at; an export of one activity has one or two
_BROKEN = (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError, NotImplementedError)


def is_compressed(head: bytes) -> bool:
    """Whether a file starts like gzip or zip."""
    return head.startswith((_GZIP, _ZIP))


@contextmanager
def unpacked(path: Path, wanted: Callable[[bytes], bool]) -> Iterator[Path]:
    """A temporary file with the log that a compressed file holds.

    Args:
        path: a gzip or zip file.
        wanted: whether the beginning of a zip's member is a log; the first such one is taken.

    Raises:
        TelemetryError: telemetry_damaged, telemetry_too_large, telemetry_unknown_format.
    """
    with tempfile.TemporaryDirectory(prefix="log-") as folder:
        log = Path(folder) / "log"
        try:
            with path.open("rb") as file:
                is_zip = file.read(len(_ZIP)) == _ZIP
            if is_zip:
                _unzip(path, log, wanted)
            else:
                with gzip.open(path) as packed:
                    _copy(packed, log)
        except _BROKEN as error:
            raise telemetry_error(
                Problem.DAMAGED, "The compressed file is damaged or protected by a password."
            ) from error
        yield log


def _unzip(path: Path, log: Path, wanted: Callable[[bytes], bool]) -> None:
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist()[:_MAX_MEMBERS]:
            if member.is_dir():
                continue
            with archive.open(member) as packed:
                if not wanted(packed.read(HEAD_BYTES)):
                    continue
            with archive.open(member) as packed:
                _copy(packed, log)
                return
    raise telemetry_error(
        Problem.UNKNOWN_FORMAT, "The zip file holds no telemetry that we can read."
    )


def _copy(packed: IO[bytes] | gzip.GzipFile, log: Path) -> None:
    written = 0
    with log.open("wb") as out:
        while chunk := packed.read(_CHUNK):
            written += len(chunk)
            if written > MAX_TEXT_BYTES:
                raise telemetry_error(Problem.TOO_LARGE)
            out.write(chunk)
