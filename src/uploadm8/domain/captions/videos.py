"""The variables of an upload, read from what is known of it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from uploadm8.core.hud.spec import Units
from uploadm8.domain.captions.template import render
from uploadm8.domain.captions.variables import values_of
from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.domain.platforms.tables import ConnectedAccount
from uploadm8.domain.uploads.tables import TelemetryFile
from uploadm8.domain.workspaces.tables import Workspace
from uploadm8.infra.db.json_columns import json_of


async def values_for(upload: Mapping[str, Any]) -> dict[str, str | None]:
    """Every variable but those of the account; what is not known yet is None."""
    rows = await Workspace.raw(
        "SELECT w.time_zone, s.document->>'units' AS units, s.updated_at FROM workspaces w"
        " LEFT JOIN settings s ON s.workspace = w.id WHERE w.id = {}",
        upload["workspace"],
    )
    file = await (
        TelemetryFile.select(TelemetryFile.summary)
        .where(TelemetryFile.upload == upload["id"])
        .first()
    )
    source = json_of(upload["source"]) or {}
    changed, inspected = rows[0]["updated_at"], upload["uploaded_at"]
    if changed is not None and inspected is not None and changed > inspected:
        # A privacy zone may have been drawn since the place was looked up: rather none than that.
        source = {**source, "places": {}}
    summary = (json_of(file["summary"]) if file else None) or source.get("telemetry") or {}
    words = {**upload, "hashtags": json_of(upload["hashtags"])}
    return values_of(
        words,
        source,
        summary,
        units=Units(rows[0]["units"] or Units.METRIC),
        time_zone=rows[0]["time_zone"],
    )


async def written_caption(
    template: str, upload: Mapping[str, Any], account_id: UUID, platform: Platform
) -> str:
    """The caption of a post, from its template and its upload."""
    account = await (
        ConnectedAccount.select(ConnectedAccount.display_name)
        .where(ConnectedAccount.id == account_id)
        .first()
    )
    values = await values_for(upload)
    values |= {"platform": platform.label, "account": account["display_name"] if account else None}
    return render(template, values)
