"""Renditions as uploads see them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from uploadm8.domain.renditions.tables import RenderPlan, Rendition, RenditionState
from uploadm8.domain.uploads.schemas import RenditionOut
from uploadm8.domain.uploads.views import problem_of
from uploadm8.infra.db.engine import DB
from uploadm8.infra.storage.s3 import Storage

_LIVE = [RenditionState.QUEUED.value, RenditionState.RUNNING.value]
URL_S = 15 * 60


@dataclass(frozen=True, slots=True)
class RenditionViews:
    """Implements the uploads' port for renditions."""

    storage: Storage

    async def of_uploads(
        self, workspace_id: UUID, upload_ids: Sequence[UUID]
    ) -> dict[UUID, list[RenditionOut]]:
        """The renditions of some uploads, with download URLs that live 15 minutes."""
        rows = await DB.rows(
            "SELECT * FROM renditions WHERE workspace=$1 AND upload=ANY($2::uuid[]) ORDER BY id",
            workspace_id,
            list(upload_ids),
        )
        found: dict[UUID, list[RenditionOut]] = {}
        for row in rows:
            found.setdefault(row["upload"], []).append(await self._out(row))
        return found

    async def cancel(self, upload_id: UUID) -> None:
        """Cancel those under way, in the caller's transaction, which has canceled the jobs."""
        await RenderPlan.delete().where(RenderPlan.upload == upload_id)
        await Rendition.update({Rendition.state: RenditionState.CANCELED.value}).where(
            Rendition.upload == upload_id, Rendition.state.is_in(_LIVE)
        )

    async def redo(self, upload_id: UUID) -> None:
        """Have all of them made anew, in the caller's transaction; ids and publications stay."""
        await Rendition.update(
            {Rendition.state: RenditionState.QUEUED.value, Rendition.progress: 0.0}
        ).where(Rendition.upload == upload_id)

    async def _out(self, row: Mapping[str, Any]) -> RenditionOut:
        return RenditionOut(
            id=row["id"],
            name=row["name"],
            state=row["state"],
            progress=round(row["progress"], 4),
            width=row["width"],
            height=row["height"],
            fps=row["fps"],
            duration_s=row["duration_s"],
            size_bytes=row["size_bytes"],
            encoder=row["encoder"],
            download_url=await self._url(row["object_key"], f"{row['name']}.mp4"),
            still_url=await self._url(row["still_key"], f"{row['name']}.jpg"),
            problem=problem_of({**row, "error_action": None}),
        )

    async def _url(self, key: str | None, name: str) -> str | None:
        return None if key is None else await self.storage.presign_get(key, name, URL_S)
