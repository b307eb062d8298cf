"""Stills with any HUD, at any time, without rendering and without spending quota."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from uploadm8.core.hud.validate import validate_spec
from uploadm8.core.telemetry.store import load_track
from uploadm8.core.telemetry.track import Track
from uploadm8.core.telemetry.zones import hide_zones
from uploadm8.core.video.exact_picture import TimedPicture
from uploadm8.core.video.quick_still import quick_still
from uploadm8.core.video.specs import Aspect, rendition_spec
from uploadm8.domain.renditions.exact_pictures import ExactPictures
from uploadm8.domain.renditions.materials import hud_in_zone
from uploadm8.domain.settings.layouts import HudLayouts
from uploadm8.domain.uploads.ownership import own_upload
from uploadm8.domain.uploads.privacy import PrivacyZones, zones_of
from uploadm8.errors import ConflictError, InvalidRequestError
from uploadm8.infra.db.json_columns import json_of
from uploadm8.infra.storage.errors import ObjectMissingError
from uploadm8.infra.storage.keys import picture_key, track_key
from uploadm8.infra.storage.s3 import Storage


@dataclass(frozen=True, slots=True)
class Still:
    """A JPEG, and the time of its picture in seconds after the first; the HUD's is as asked."""

    jpeg: bytes
    picture_at_s: float


@dataclass(frozen=True, slots=True)
class HudPreviews:
    """Draws with the track that inspection kept on the original's exact picture.

    Where that cannot be had in time, or the original is gone, on the nearest picture it kept.
    """

    storage: Storage
    pictures: ExactPictures
    layouts: HudLayouts
    zones: PrivacyZones

    async def still(
        self,
        workspace_id: UUID,
        upload_id: UUID,
        *,
        seconds: float | None,
        aspect: Aspect,
        changes: Mapping[str, Any],
    ) -> Still:
        """A JPEG of the upload at `seconds`, with its HUD as changed by `changes`, all eased in.

        Raises:
            NotFoundError: no such upload in this workspace.
            ConflictError: ``not_inspected``: it has not been looked into yet, or was rejected.
            InvalidRequestError: a wrong HUD or a time outside the video.
        """
        row = await self._row(workspace_id, upload_id)
        source = json_of(row["source"])
        document = await self._document(row, changes)
        hud = validate_spec(hud_in_zone(document, source.get("sync") or {}))
        duration = float(source["duration_s"])
        moment = duration / 2 if seconds is None else seconds
        if not 0 <= moment <= duration:
            raise InvalidRequestError(
                f"t must lie between 0 and {duration}.", code="outside_the_video"
            )
        picture = await self._picture(row, source, moment)
        track = await self._track(workspace_id, upload_id) if source.get("sync") else None
        jpeg = await asyncio.to_thread(
            quick_still,
            picture.jpeg,
            track,
            hud,
            rendition_spec(aspect),
            seconds=moment,
            offset_s=float((source.get("sync") or {}).get("offset_s", 0.0)),
            duration_s=duration,
        )
        return Still(jpeg, picture.seconds)

    async def _picture(
        self, row: dict[str, Any], source: dict[str, Any], moment: float
    ) -> TimedPicture:
        """The original's own, unless it is one on the way there and a kept one is nearer."""
        found = await self.pictures.at(row, source, moment)
        kept: list[float] = source["pictures_at_s"]
        nearest = min(range(len(kept)), key=lambda n: abs(kept[n] - moment))
        if found is not None and (
            found.exact or abs(found.seconds - moment) <= abs(kept[nearest] - moment)
        ):
            return found
        jpeg = await self._read(picture_key(row["workspace"], row["id"], nearest))
        return TimedPicture(kept[nearest], jpeg, exact=False)

    async def _row(self, workspace_id: UUID, upload_id: UUID) -> dict[str, Any]:
        row = await own_upload(workspace_id, upload_id)
        if not (json_of(row["source"]) or {}).get("pictures_at_s"):
            raise ConflictError(
                "This upload has not been looked into yet.",
                code="not_inspected",
                action="Ask again once it is rendering or ready.",
            )
        return row

    async def _document(self, row: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
        """The upload's own HUD, or a saved one in its place, with the changes."""
        own: dict[str, Any] = json_of(row["hud"]) or {}
        if "layout_id" in changes:
            return await self.layouts.resolve(row["workspace"], changes)
        return {**own, **changes}

    async def _track(self, workspace_id: UUID, upload_id: UUID) -> Track:
        data = await self._read(track_key(workspace_id, upload_id))
        track = await asyncio.to_thread(load_track, data)
        return hide_zones(track, await zones_of(self.zones, workspace_id))

    async def _read(self, key: str) -> bytes:
        try:
            info = await self.storage.head(key)
            return b"".join(
                [part async for part in self.storage.read(key, 0, info.size, info.etag)]
            )
        except ObjectMissingError as error:
            raise ConflictError("The pictures of this upload are gone.", code="purged") from error
