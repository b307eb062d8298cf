"""What a render needs on this worker's disk, and what decides its pixels."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from uploadm8.core.hud.validate import validate_spec
from uploadm8.core.telemetry.zones import Zone
from uploadm8.core.video.job import Output
from uploadm8.core.video.production import ProductionTask
from uploadm8.core.video.rendition import Quality
from uploadm8.domain.renditions.wanted import spec_from_json
from uploadm8.domain.uploads.choices import choice_of
from uploadm8.domain.uploads.privacy import PrivacyZones, zones_of
from uploadm8.domain.uploads.tables import TelemetryFile, TelemetryState
from uploadm8.domain.uploads.views import thumbnail_at
from uploadm8.errors import Retry
from uploadm8.infra.db.json_columns import json_of
from uploadm8.infra.scratch import Scratch
from uploadm8.infra.storage.errors import ObjectMissingError, SourceChangedError
from uploadm8.infra.storage.s3 import Storage


class RenderInputs(msgspec.Struct, frozen=True, kw_only=True):
    """Everything beside the files that decides the pixels; settled once for all segments.

    Attributes:
        renditions: which of the upload's renditions are made.
        offset_s: the log's time at the first picture.
        hud: the HUD's spec as JSON; None for no HUD.
        zones: where no position may be shown.
        location: whether the files tell where they were filmed.
        quality: encoder effort.
        still_at_s: what the stills show; None is a good guess.
    """

    renditions: tuple[UUID, ...]
    offset_s: float
    hud: dict[str, Any] | None
    zones: tuple[Zone, ...]
    location: bool = False
    quality: Quality = Quality.STANDARD
    still_at_s: float | None = None


@dataclass(frozen=True, slots=True)
class Materials:
    """Fetches what a render needs."""

    storage: Storage
    scratch: Scratch
    zones: PrivacyZones

    async def inputs(
        self, upload: dict[str, Any], rows: Sequence[dict[str, Any]], *, hud: bool
    ) -> RenderInputs:
        """What decides the pixels of these renditions, as things stand now."""
        sync = (json_of(upload["source"]) or {}).get("sync") or {}
        choice = choice_of(upload)
        location = choice.location
        if location is None:
            location = await self.zones.share_location(upload["workspace"])
        return RenderInputs(
            renditions=tuple(row["id"] for row in rows),
            offset_s=float(sync.get("offset_s", 0.0)),
            hud=hud_in_zone(json_of(upload["hud"]) or {}, sync) if hud else None,
            zones=await zones_of(self.zones, upload["workspace"]),
            location=location,
            quality=choice.quality,
            still_at_s=thumbnail_at(upload),
        )

    async def production(
        self,
        upload: dict[str, Any],
        rows: Sequence[dict[str, Any]],
        inputs: RenderInputs,
        folder: Path,
        segments: Path | None,
    ) -> ProductionTask:
        """The task for the child, with source and telemetry on disk and outputs in `folder`.

        Raises:
            ObjectMissingError, SourceChangedError: for good: the source is gone or another one.
        """
        source, telemetry = await self.fetch(upload)
        return ProductionTask(
            source=source,
            telemetry=telemetry,
            offset_s=inputs.offset_s,
            hud=None if inputs.hud is None else validate_spec(inputs.hud),
            outputs=tuple(
                Output(spec_from_json(json_of(row["spec"])), folder / f"{row['id']}.mp4")
                for row in rows
            ),
            segments=segments,
            zones=inputs.zones,
            location=inputs.location,
            quality=inputs.quality,
            still_at_s=inputs.still_at_s,
        )

    async def fetch(self, upload: dict[str, Any]) -> tuple[Path, Path | None]:
        """The upload's video and its telemetry file, on disk.

        Raises:
            ObjectMissingError, SourceChangedError: for good: the source is gone or another one.
        """
        folder = self.scratch.folder(upload["id"])
        source, telemetry = folder / "source", None
        row = await (
            TelemetryFile.select()
            .where(
                TelemetryFile.upload == upload["id"], TelemetryFile.state == TelemetryState.READY
            )
            .first()
        )
        try:
            await self.scratch.fetch(self.storage, upload["object_key"], upload["etag"], source)
            if row is not None:
                telemetry = folder / "telemetry"
                await self.scratch.fetch(self.storage, row["object_key"], row["etag"], telemetry)
        except (ObjectMissingError, SourceChangedError) as error:
            raise type(error)(error.detail, retry=Retry.PERMANENT_MEDIA) from error
        return source, telemetry


def hud_in_zone(hud: dict[str, Any], sync: dict[str, Any]) -> dict[str, Any]:
    """A HUD's spec with the zone that inspection found, unless the user names one.

    Finding it takes a map of the world's zones in memory, which no render then needs to load.
    """
    return {**hud, "time_zone": hud.get("time_zone") or sync.get("time_zone")}


def wants_hud(upload: dict[str, Any]) -> bool:
    """Whether there is a HUD to draw: telemetry that was lined up, and nobody declined."""
    source = json_of(upload["source"]) or {}
    return source.get("sync") is not None and not json_of(upload["request"]).get("hud_off")
