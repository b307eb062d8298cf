"""Settings: read with defaults, replaced whole, or changed in part."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import structs

from uploadm8.core.hud.validate import validate_spec
from uploadm8.domain.settings.schemas import Notifications, PrivacyZone, SettingsIn, SettingsOut
from uploadm8.domain.settings.tables import SettingsRow
from uploadm8.domain.workspaces.locks import lock_workspace
from uploadm8.domain.workspaces.tables import Workspace
from uploadm8.errors import FieldError, InvalidRequestError
from uploadm8.infra.audit.actions import Action
from uploadm8.infra.audit.record import record
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.discord import webhook_path
from uploadm8.infra.ids import new_id
from uploadm8.infra.security.cipher import Cipher

_NAMES = SettingsIn.__struct_fields__
_PRIVATE = ("privacy_zones", "discord_webhook_url")


Allow = Callable[[UUID, Literal["discord_alerts", "advanced_alerts"]], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class SettingsService:
    """The settings of a workspace.

    Attributes:
        allow: refuses what a tier does not have, by the name of the feature.
        discord_base_url: webhooks are accepted for Discord, and for this host if it is another.
    """

    cipher: Cipher
    discord_base_url: str
    allow: Allow

    async def get(self, workspace_id: UUID) -> SettingsOut:
        """The settings, with defaults where nothing was set."""
        settings, at = await self._load(workspace_id)
        return _out(settings, at)

    async def replace(self, workspace_id: UUID, new: SettingsIn) -> SettingsOut:
        """Replace all settings.

        Raises:
            InvalidRequestError: naming the wrong fields.
            PaymentRequiredError: Discord, or other alerts than the usual, on a tier without.
        """
        async with transaction():
            await lock_workspace(workspace_id)
            current, _ = await self._load(workspace_id)
            if new.discord_webhook_url is msgspec.UNSET:
                new = structs.replace(new, discord_webhook_url=current.discord_webhook_url)
            await self._check_tier(workspace_id, current, new)
            return await self._store(workspace_id, new, current)

    async def change(self, workspace_id: UUID, patch: Mapping[str, Any]) -> SettingsOut:
        """Change some settings: a JSON merge patch (RFC 7396).

        Raises:
            InvalidRequestError: naming the wrong fields.
            PaymentRequiredError: Discord, or other alerts than the usual, on a tier without.
        """
        async with transaction():
            await lock_workspace(workspace_id)
            current, _ = await self._load(workspace_id)
            merged = _merge(msgspec.to_builtins(current), patch)
            new = msgspec.convert(merged, SettingsIn)
            await self._check_tier(workspace_id, current, new)
            return await self._store(workspace_id, new, current)

    async def forget_discord_webhook(self, workspace_id: UUID, url: str) -> bool:
        """Remove the webhook, if it is still this one; in the caller's transaction."""
        await lock_workspace(workspace_id)
        current, _ = await self._load(workspace_id)
        if current.discord_webhook_url != url:
            return False
        await self._store(workspace_id, structs.replace(current, discord_webhook_url=None), current)
        return True

    async def alerts(self, workspace_id: UUID) -> tuple[Notifications, str | None]:
        """What to tell of, and the Discord webhook's URL, for the one who tells."""
        settings, _ = await self._load(workspace_id)
        return settings.notifications, settings.discord_webhook_url or None

    async def privacy_zones(self, workspace_id: UUID) -> list[PrivacyZone]:
        """The zones, for the one who draws maps."""
        settings, _ = await self._load(workspace_id)
        return settings.privacy_zones

    async def share_location(self, workspace_id: UUID) -> bool:
        """Whether renditions may tell where they were filmed."""
        settings, _ = await self._load(workspace_id)
        return settings.share_location

    async def _load(self, workspace_id: UUID) -> tuple[SettingsIn, datetime | None]:
        rows = await SettingsRow.raw(
            "SELECT s.id, s.document, s.private_enc, s.updated_at, w.name, w.time_zone"
            " FROM workspaces w LEFT JOIN settings s ON s.workspace=w.id WHERE w.id={}",
            workspace_id,
        )
        row = rows[0]
        document: dict[str, Any] = {"display_name": row["name"], "time_zone": row["time_zone"]}
        document |= msgspec.json.decode(row["document"]) if row["document"] else {}
        document |= self._open(row)
        # The workspace's own columns: its name is shown to the team, schedules go by its zone.
        document |= {"display_name": row["name"], "time_zone": row["time_zone"]}
        return msgspec.convert(document, SettingsIn), row["updated_at"]

    def _open(self, row: Mapping[str, Any]) -> dict[str, Any]:
        if row["private_enc"] is None:
            return {}
        sealed = row["private_enc"]
        text = self.cipher.decrypt(sealed, table="settings", row=row["id"], field="private")
        private: dict[str, Any] = msgspec.json.decode(text)
        return private

    async def _store(self, workspace_id: UUID, new: SettingsIn, before: SettingsIn) -> SettingsOut:
        self._check(new)
        document = msgspec.to_builtins(new)
        private = {name: document.pop(name, None) for name in _PRIVATE}
        rows = await SettingsRow.raw("SELECT id FROM settings WHERE workspace={}", workspace_id)
        row_id = rows[0]["id"] if rows else new_id()
        sealed = self.cipher.encrypt(
            msgspec.json.encode(private).decode(), table="settings", row=row_id, field="private"
        )
        stored = await SettingsRow.raw(
            "INSERT INTO settings (id, workspace, document, private_enc) VALUES ({}, {}, {}, {})"
            " ON CONFLICT (workspace) DO UPDATE SET document=EXCLUDED.document,"
            " private_enc=EXCLUDED.private_enc, updated_at=now() RETURNING updated_at",
            row_id,
            workspace_id,
            msgspec.json.encode(document).decode(),
            sealed,
        )
        await Workspace.raw(
            "UPDATE workspaces SET time_zone={}, name=COALESCE(NULLIF({}, ''), name) WHERE id={}",
            new.time_zone,
            new.display_name.strip(),
            workspace_id,
        )
        changed = [name for name in _NAMES if getattr(new, name) != getattr(before, name)]
        if changed:
            await record(
                Action.SETTINGS_CHANGED,
                workspace_id=workspace_id,
                subject=("settings", workspace_id),
                details={"changed": changed},
            )
        return _out(new, stored[0]["updated_at"])

    async def _check_tier(self, workspace_id: UUID, current: SettingsIn, new: SettingsIn) -> None:
        """Only what changes is asked about: a lower tier keeps what it had, and it rests."""
        url = new.discord_webhook_url
        if url and url != current.discord_webhook_url:
            await self.allow(workspace_id, "discord_alerts")
        if new.notifications not in (current.notifications, Notifications()):
            await self.allow(workspace_id, "advanced_alerts")

    def _check(self, new: SettingsIn) -> None:
        wrong = []
        if not _is_zone(new.time_zone):
            wrong.append(FieldError("time_zone", "is not an IANA time zone, such as Europe/Berlin"))
        if new.discord_webhook_url and not webhook_path(
            new.discord_webhook_url, self.discord_base_url
        ):
            wrong.append(FieldError("discord_webhook_url", "is not the URL of a Discord webhook"))
        if wrong:
            raise InvalidRequestError(code="invalid_settings", fields=wrong)
        if new.hud:
            validate_spec(new.hud)


def _merge(current: Any, patch: Any) -> Any:
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(current) if isinstance(current, Mapping) else {}
    for key, value in patch.items():
        if value is None and key != "discord_webhook_url":
            merged.pop(key, None)
        else:
            merged[key] = _merge(merged.get(key), value)
    return merged


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _out(settings: SettingsIn, at: datetime | None) -> SettingsOut:
    return SettingsOut(
        display_name=settings.display_name,
        time_zone=settings.time_zone,
        units=settings.units,
        hud=settings.hud,
        uploads=settings.uploads,
        notifications=settings.notifications,
        privacy_zones=settings.privacy_zones,
        share_location=settings.share_location,
        discord_webhook=bool(settings.discord_webhook_url),
        updated_at=at,
    )
