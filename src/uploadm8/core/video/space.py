"""Whether there is room on the disk, asked before hours of work and not after."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from uploadm8.core.video.encoders import AUDIO_BITRATE, max_bitrate
from uploadm8.core.video.rendition import RenditionSpec
from uploadm8.errors import Retry, UnavailableError

_TYPICAL_SHARE = 0.8  # of the highest bit rate: what grainy footage really takes
_COPIES = 2  # segments and the joined file are there at once
_RESERVE = 256 * 1024 * 1024
_AGAIN_S = 300.0


def bytes_needed(specs: Sequence[RenditionSpec], duration_s: float) -> int:
    """Disk space that a render of these may take on its way, in bytes."""
    bits = sum(max_bitrate(spec, duration_s) * _TYPICAL_SHARE + AUDIO_BITRATE[2] for spec in specs)
    return int(bits * duration_s / 8) * _COPIES + _RESERVE


def check_space(folder: Path, specs: Sequence[RenditionSpec], duration_s: float) -> None:
    """Make sure that a render will not fill the disk.

    Raises:
        UnavailableError: disk_full; another worker, or this one later, may have room.
    """
    need, free = bytes_needed(specs, duration_s), shutil.disk_usage(folder).free
    if free < need:
        raise UnavailableError(
            f"A render needs about {need} bytes of disk and {free} are free.",
            code="disk_full",
            action="Free some space, or render to another disk.",
            retry=Retry.RATE_LIMITED,  # waiting for room is no failed attempt
            retry_after=_AGAIN_S,
        )
