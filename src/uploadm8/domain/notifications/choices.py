"""Which events a workspace is told of, over which channel: its choice, as far as its tier goes."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from uploadm8.domain.billing.entitlements import Entitlements
from uploadm8.domain.billing.plans import Feature
from uploadm8.domain.settings.schemas import Notices, Notifications
from uploadm8.domain.settings.service import SettingsService
from uploadm8.domain.workspaces.events import EventKind
from uploadm8.domain.workspaces.tables import WorkspaceEvent
from uploadm8.infra.db.json_columns import json_of

K = EventKind


class Channel(StrEnum):
    """How people are told."""

    EMAIL = "email"
    DISCORD = "discord"


_CHOICE: Mapping[EventKind, str] = {
    K.PUBLICATION_PUBLISHED: "published",
    K.PUBLICATION_FAILED: "publish_failed",
    K.PUBLICATION_UNKNOWN: "publish_failed",
    K.PUBLICATION_HELD: "publish_failed",
    K.UPLOAD_REJECTED: "publish_failed",
    K.ACCOUNT_NEEDS_RECONNECT: "reconnect_needed",
    K.QUOTA_USED: "quota",
    K.WEEKLY_DIGEST: "weekly_digest",
}
# Who owns a broken channel is told over the one that works, whatever was chosen.
_ALWAYS_BY_MAIL = frozenset({K.WEBHOOK_STOPPED, K.DISCORD_WEBHOOK_REMOVED})
# A letter of its own goes to the member who connected the account: domain/platforms/letters.py.
_MAILED_ELSEWHERE = frozenset({K.ACCOUNT_NEEDS_RECONNECT})


@dataclass(frozen=True, slots=True)
class Choices:
    """Decides over events of any workspace."""

    settings: SettingsService
    entitlements: Entitlements

    async def of(self, workspace_id: UUID) -> tuple[Notifications, str | None]:
        """The choices in force, and the Discord webhook that is used.

        What was chosen on a higher tier is kept and rests: advanced alerts fall back to the
        defaults, and nothing goes to Discord on a tier without it.
        """
        features = (await self.entitlements.of(workspace_id)).features
        chosen, webhook = await self.settings.alerts(workspace_id)
        if Feature.ADVANCED_ALERTS not in features:
            chosen = Notifications()
        if Feature.DISCORD_ALERTS not in features:
            return chosen, None
        return chosen, webhook

    async def channels(self, event: Mapping[str, Any]) -> list[Channel]:
        """The channels over which an event's row is told."""
        kind = EventKind(event["kind"])
        if kind in _ALWAYS_BY_MAIL:
            return [Channel.EMAIL]
        if kind not in _CHOICE:
            return []
        chosen, webhook = await self.of(event["workspace"])
        if not await _past_threshold(event, kind, chosen):
            return []
        told = [Channel.EMAIL] if _wants(chosen.email, kind) else []
        if kind in _MAILED_ELSEWHERE:
            told = []
        if webhook is not None and _wants(chosen.discord, kind):
            told.append(Channel.DISCORD)
        return told

    async def wants_mail(self, workspace_id: UUID, kind: EventKind) -> bool:
        """Whether mail about a kind is wanted, for those who write such letters themselves."""
        chosen, _ = await self.of(workspace_id)
        return _wants(chosen.email, kind)


def _wants(notices: Notices, kind: EventKind) -> bool:
    return bool(getattr(notices, _CHOICE[kind]))


async def _past_threshold(event: Mapping[str, Any], kind: EventKind, chosen: Notifications) -> bool:
    if kind is K.QUOTA_USED:
        return json_of(event["facts"])["percent"] in chosen.quota_percent
    if kind is K.PUBLICATION_FAILED and chosen.failures_a_day > 1:
        rows = await WorkspaceEvent.raw(
            "SELECT count(*) AS n FROM workspace_events WHERE workspace={} AND kind={}"
            " AND at <= {} AND at > {}::timestamptz - interval '24 hours'",
            event["workspace"],
            kind.value,
            event["at"],
            event["at"],
        )
        return bool(rows[0]["n"] % chosen.failures_a_day == 0)
    return True
