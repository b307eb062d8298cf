"""Format: how one telemetry format is recognised by its content, and read."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from uploadm8.core.telemetry.raw import RawTrack

HEAD_BYTES = 65_536  # what `sniff` gets to see
MAX_TEXT_BYTES = 512 << 20


@dataclass(frozen=True, slots=True)
class Format:
    """One entry of the registry.

    Attributes:
        name: short name, such as ``gpx``.
        sniff: whether the first HEAD_BYTES of a file (fewer if it is shorter) are of this format.
        read: reads the file into rows. Raises TelemetryError when nothing in it is usable; what
            is lost from a partly readable file is told in RawTrack.dropped and .warnings.
        max_bytes: a larger file is refused unread.
    """

    name: str
    sniff: Callable[[bytes], bool]
    read: Callable[[Path], RawTrack]
    max_bytes: int = MAX_TEXT_BYTES
