"""Raw dumps of GPMF payloads, as taken out of GoPro videos by other tools."""

from pathlib import Path

from uploadm8.core.telemetry.formats import Format
from uploadm8.core.telemetry.gpmf.streams import split_payloads
from uploadm8.core.telemetry.gpmf.timing import PAYLOAD_S, payload_starts
from uploadm8.core.telemetry.gpmf.track import gpmf_track
from uploadm8.core.telemetry.problems import Problem, telemetry_error
from uploadm8.core.telemetry.raw import RawTrack

MAX_BYTES = 256 * 2**20


def read(path: Path) -> RawTrack:
    """Read payload after payload; each stands for a second of video.

    Raises:
        TelemetryError: telemetry_damaged, telemetry_no_position, telemetry_too_large.
    """
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise telemetry_error(Problem.TOO_LARGE)
    payloads = split_payloads(data)
    if not payloads:
        raise telemetry_error(Problem.DAMAGED)
    starts = payload_starts(len(payloads))
    return gpmf_track(payloads, starts, starts + PAYLOAD_S)


def sniff(head: bytes) -> bool:
    """A DEVC container at the very start."""
    return head[:4] == b"DEVC" and head[4:5] == b"\0"


FORMAT = Format("gopro-gpmf", sniff, read, max_bytes=MAX_BYTES)
