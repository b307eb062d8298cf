"""Stills of finished renditions, taken anew when another moment was chosen."""

import asyncio
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from uploadm8.core.video.grab import GrabTask, grab_jpeg
from uploadm8.domain.renditions.tables import Rendition, RenditionState
from uploadm8.domain.uploads.tables import Upload, UploadState
from uploadm8.domain.uploads.views import thumbnail_at
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.jobs.child import run_in_child
from uploadm8.infra.jobs.handlers import JobContext
from uploadm8.infra.scratch import Scratch
from uploadm8.infra.storage.keys import still_key
from uploadm8.infra.storage.s3 import Storage

GUESS = 0.5  # share of the duration, when nothing was chosen and no picture stands out


@dataclass(frozen=True, slots=True)
class Stills:
    """The handler of `renditions.stills`. The source is not needed: renditions carry the HUD."""

    storage: Storage
    scratch: Scratch

    async def remake(self, context: JobContext) -> None:
        """Take the stills that do not show the moment they shall show. Idempotent."""
        upload = await Upload.select().where(Upload.id == context.subject).first()
        if upload is None or upload["state"] != UploadState.READY:
            return
        rows = await Rendition.select().where(
            Rendition.upload == upload["id"], Rendition.state == RenditionState.SUCCEEDED
        )
        wanted = thumbnail_at(upload)
        run = f"{context.job.id.hex[-12:]}-{context.job.epoch}"
        folder = self.scratch.folder(context.job.id)
        try:
            for row in rows:
                if row["still_at_s"] != wanted:
                    await self._take(context, row, wanted, run, folder)
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def _take(
        self, context: JobContext, row: dict[str, Any], wanted: float | None, run: str, folder: Path
    ) -> None:
        video = folder / "rendition.mp4"
        await self.storage.download(row["object_key"], video, row["etag"])
        seconds = float(row["duration_s"]) * GUESS if wanted is None else wanted
        jpeg = await run_in_child(grab_jpeg, GrabTask(video, seconds), scratch=folder)
        # The old one stays: a platform may be about to fetch it.
        key = still_key(row["workspace"], row["upload"], row["id"], run)
        await self.storage.put_bytes(key, jpeg, "image/jpeg")
        async with transaction():
            await context.fence()
            await Rendition.update({Rendition.still_key: key, Rendition.still_at_s: wanted}).where(
                Rendition.id == row["id"], Rendition.etag == row["etag"]
            )
