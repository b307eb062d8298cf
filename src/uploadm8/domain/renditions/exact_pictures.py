"""The exact picture of a moment, out of an original of which only the bytes around it are fetched."""

import asyncio
import tempfile
import time
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import structlog

from uploadm8.core.video.cadence import Cadence
from uploadm8.core.video.exact_picture import ExactTask, TimedPicture, exact_picture
from uploadm8.core.video.threads import cores
from uploadm8.errors import UploadM8Error
from uploadm8.infra.jobs.child import run_in_child
from uploadm8.infra.jobs.confined import Limits
from uploadm8.infra.storage.pieces import Pieces
from uploadm8.infra.storage.s3 import Storage

log = structlog.get_logger(__name__)

MOST_BYTES = 64 << 20  # two seconds at 250 Mb/s, and the index
_LIMITS = Limits(cpu_s=10, file_bytes=0, open_files=32)


@dataclass(frozen=True, slots=True)
class ExactPictures:
    """Decodes in a child process that asks for pieces of the original, as many at once as cores.

    Attributes:
        decode_s: after which a picture on the way to the wanted one has to do.
        patience_s: after which there is none, from the request on, the wait for a turn included.
        most_bytes: that may be fetched of an original.
    """

    storage: Storage
    decode_s: float = 1.4
    patience_s: float = 1.75
    most_bytes: int = MOST_BYTES
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(cores()))

    async def at(
        self, upload: dict[str, Any], source: dict[str, Any], seconds: float
    ) -> TimedPicture | None:
        """The picture shown at `seconds`, or one of its group before it when time runs out.

        Args:
            upload: the row.
            source: what inspection found, as `source_facts` tells it.
            seconds: after the first picture.

        Returns:
            None when the original is gone, cannot be read, takes too long, or consists of parts:
            whoever has not read it from its start cannot tell when a later part is shown.
        """
        if source.get("parts", 1) > 1:
            return None
        until = time.monotonic() + self.decode_s
        try:
            async with asyncio.timeout(self.patience_s), self.turns:
                return await self._decoded(upload, _task(upload, source, seconds, until))
        except (UploadM8Error, OSError) as error:  # a timeout is an OSError, too
            reason = getattr(error, "code", type(error).__name__)
            log.info("no_exact_picture", upload_id=str(upload["id"]), reason=reason)
            return None

    async def _decoded(self, upload: dict[str, Any], task: ExactTask) -> TimedPicture:
        place = (upload["object_key"], upload["etag"], task.size_bytes)
        async with Pieces(self.storage, *place, self.most_bytes) as pieces:
            await pieces.read(0, 1)  # no process is started for an original that is gone
            with tempfile.TemporaryDirectory() as folder:
                return await run_in_child(
                    exact_picture, task, scratch=Path(folder), limits=_LIMITS, answer=pieces.read
                )


def _task(
    upload: dict[str, Any], source: dict[str, Any], seconds: float, until: float
) -> ExactTask:
    cadence = Cadence(
        frames=source["frames"],
        promised=source["frames"],
        average=Fraction(source["fps"]).limit_denominator(1_000_000),
        nominal=Fraction(source["nominal_fps"]),
        variable=source["variable_frame_rate"],
        duration_s=float(source["duration_s"]),
    )
    return ExactTask(source["container"], upload["size_bytes"], cadence, seconds, until)
