"""What of a place may be shown: the workspace's zones, and whether files may carry one at all."""

from typing import Protocol
from uuid import UUID

import msgspec

from uploadm8.core.telemetry.zone_preview import hide_in_summary
from uploadm8.core.telemetry.zones import Zone
from uploadm8.domain.settings.schemas import PrivacyZone
from uploadm8.domain.uploads.schemas import TelemetryOut


class PrivacyZones(Protocol):
    """The workspace's settings, as far as they concern places."""

    async def privacy_zones(self, workspace_id: UUID) -> list[PrivacyZone]: ...

    async def share_location(self, workspace_id: UUID) -> bool: ...


async def zones_of(settings: PrivacyZones, workspace_id: UUID) -> tuple[Zone, ...]:
    """Where the workspace wants no position shown."""
    found = await settings.privacy_zones(workspace_id)
    return tuple(Zone(zone.latitude, zone.longitude, zone.radius_m) for zone in found)


async def as_shown(
    settings: PrivacyZones, workspace_id: UUID, telemetry: TelemetryOut | None
) -> TelemetryOut | None:
    """The telemetry of an upload by the zones of today: it was read by those of its day."""
    if telemetry is None or telemetry.summary is None:
        return telemetry
    zones = await zones_of(settings, workspace_id)
    return msgspec.structs.replace(telemetry, summary=hide_in_summary(telemetry.summary, zones))
