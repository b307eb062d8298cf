"""read_track: any telemetry file to a Track, recognised by its content and never by its name."""

from pathlib import Path

from uploadm8.core.telemetry.clean import clean
from uploadm8.core.telemetry.compressed import is_compressed, unpacked
from uploadm8.core.telemetry.derive import derive
from uploadm8.core.telemetry.formats import HEAD_BYTES, Format
from uploadm8.core.telemetry.problems import Problem, telemetry_error
from uploadm8.core.telemetry.raw import RawTrack
from uploadm8.core.telemetry.readers import (
    dji_srt,
    escort_map,
    fit,
    generic_csv,
    gpmf,
    gpx,
    lap_timer,
    mp4,
    nmea,
    positional,
    racechrono,
    seventymai,
    tcx,
    trackaddict,
    vbox,
)
from uploadm8.core.telemetry.track import Track

# The order matters: binary signatures, then text with an unmistakable mark, then loose shapes.
FORMATS: tuple[Format, ...] = (
    mp4.FORMAT,
    fit.FORMAT,
    gpmf.FORMAT,
    gpx.FORMAT,
    tcx.FORMAT,
    dji_srt.FORMAT,
    racechrono.FORMAT,
    trackaddict.FORMAT,
    lap_timer.FORMAT,
    vbox.FORMAT,
    seventymai.FORMAT,
    nmea.FORMAT,
    escort_map.FORMAT,
    generic_csv.FORMAT,
    positional.FORMAT,
)


def read_track(path: Path) -> Track:
    """Read, clean and derive.

    Raises:
        TelemetryError: with one of the codes in problems.Problem.
    """
    return derive(clean(read_raw(path)))


def read_raw(path: Path) -> RawTrack:
    """The rows of a file, or of the log that a gzip or zip file holds, as its reader gives them.

    Raises:
        TelemetryError: telemetry_empty, telemetry_unknown_format, telemetry_unreadable, or one
            of the reader's.
    """
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
        if not is_compressed(head):
            return _read_plain(path, head)
        with unpacked(path, lambda begin: _recognise(begin) is not None) as log:
            with log.open("rb") as file:
                head = file.read(HEAD_BYTES)
            return _read_plain(log, head)
    except OSError as error:
        raise telemetry_error(Problem.UNREADABLE) from error


def _read_plain(path: Path, head: bytes) -> RawTrack:
    if not head.strip(b"\0 \t\r\n"):
        raise telemetry_error(Problem.EMPTY)
    candidate = _recognise(head)
    if candidate is None:
        raise telemetry_error(Problem.UNKNOWN_FORMAT)
    if path.stat().st_size > candidate.max_bytes:
        raise telemetry_error(Problem.TOO_LARGE)
    return candidate.read(path)


def _recognise(head: bytes) -> Format | None:
    return next((candidate for candidate in FORMATS if candidate.sniff(head)), None)
