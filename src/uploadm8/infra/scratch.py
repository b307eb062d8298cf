"""Private working folders on the worker's disk; one per upload, shared by its jobs here."""

import asyncio
import contextlib
import fcntl
import os
import shutil
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from uploadm8.errors import Retry, UnavailableError
from uploadm8.infra.storage.s3 import Storage

_SPARE = 2 * 1024**3
_FULL_AGAIN_S = 300
_LOCK_AGAIN_S = 0.1


class DiskFullError(UnavailableError):
    """The worker's disk has too little room for this video; it is tried again later."""

    code = "disk_full"
    retry = Retry.RATE_LIMITED


@dataclass(frozen=True, slots=True)
class Scratch:
    """The scratch root of this worker."""

    root: Path

    def folder(self, upload_id: UUID) -> Path:
        """The upload's folder, readable by nobody else."""
        path = (self.root / str(upload_id)).resolve()
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        return path

    def preflight(self, source_bytes: int) -> None:
        """Make sure that a source, its renditions and some slack fit.

        Raises:
            DiskFullError: they do not.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(self.root).free
        needed = 3 * source_bytes + _SPARE
        if free < needed:
            raise DiskFullError(
                f"{free >> 20} MiB free, {needed >> 20} MiB needed.", retry_after=_FULL_AGAIN_S
            )

    async def fetch(self, storage: Storage, key: str, etag: str, path: Path) -> None:
        """Have the object at `path`, downloading it unless this very version is there already."""
        stamp = path.with_name(path.name + ".etag")
        async with _alone(path.with_name(path.name + ".lock")):
            with contextlib.suppress(OSError):
                if await asyncio.to_thread(stamp.read_text) == etag:
                    return
            part = path.with_name(path.name + ".part")
            await storage.download(key, part, etag)
            part.replace(path)
            await asyncio.to_thread(stamp.write_text, etag)

    def touch(self, upload_id: UUID) -> None:
        """Say that the upload's folder is in use, so that `sweep` leaves it alone."""
        with contextlib.suppress(OSError):
            os.utime(self.root / str(upload_id))

    async def remove(self, upload_id: UUID) -> None:
        """Remove the upload's folder."""
        await asyncio.to_thread(shutil.rmtree, self.root / str(upload_id), ignore_errors=True)

    def sweep(self, older_than_s: float) -> int:
        """Remove folders that nobody touched for that long; returns how many."""
        if not self.root.exists():
            return 0
        limit = time.time() - older_than_s
        stale = [path for path in self.root.iterdir() if path.stat().st_mtime < limit]
        for path in stale:
            shutil.rmtree(path, ignore_errors=True)
        return len(stale)


@contextlib.asynccontextmanager
async def _alone(lock: Path) -> AsyncIterator[None]:
    """Keep out the other worker processes of this machine, which share the folder."""
    with lock.open("w") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                await asyncio.sleep(_LOCK_AGAIN_S)
        yield
