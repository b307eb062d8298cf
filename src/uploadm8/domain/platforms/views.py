"""Connected accounts as their owners see them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from uploadm8.domain.platforms.accounts import Accounts
from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.domain.platforms.clients.registry import Clients
from uploadm8.domain.platforms.schemas import (
    AccountOut,
    AccountWarning,
    ChoiceOut,
    FoundAccount,
    PlatformOut,
    PlatformsOut,
)
from uploadm8.domain.platforms.tables import AccountState, OAuthChoice
from uploadm8.domain.platforms.vault import read_scopes
from uploadm8.infra.clock import now

WARN_AHEAD = timedelta(days=7)
EXTENDED = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class PlatformViews:
    """What `GET /api/platforms` answers."""

    clients: Clients
    accounts: Accounts

    async def overview(self, workspace_id: UUID) -> PlatformsOut:
        """Return every platform with its accounts and open choices."""
        rows = await self.accounts.of_workspace(workspace_id)
        choices: Sequence[dict[str, Any]] = await (
            OAuthChoice.select()
            .where(OAuthChoice.workspace == workspace_id, OAuthChoice.expires_at > now())
            .order_by(OAuthChoice.created_at)
        )
        return PlatformsOut(
            items=[
                PlatformOut(
                    platform=platform.value,
                    configured=self.clients.configured(platform),
                    accounts=[account_out(row) for row in rows if row["platform"] == platform],
                    choices=[_choice(row) for row in choices if row["platform"] == platform],
                )
                for platform in Platform
            ]
        )


def access_ends(row: Mapping[str, Any]) -> datetime | None:
    """Return when an account must be reconnected at the latest; None when it need not be.

    Access tokens are replaced while the refresh token lives, so that one's end counts. For Meta
    it is the person's long-lived token, extended daily; without it pages can no longer be listed;
    or the end of Meta's permission to use the person's data.
    """
    return _first(_tokens_end(row), row["data_access_expires_at"])


def foreseeable_end(row: Mapping[str, Any]) -> datetime | None:
    """Return when an account's access will end unless somebody acts; None when it need not.

    Meta's tokens live 60 days and are extended daily: with more than half of that left the
    extension works, and the end moves along. Only the person can move the end of data access.
    """
    ends = _tokens_end(row)
    extended = row["platform"] in (Platform.INSTAGRAM, Platform.FACEBOOK)
    if extended and ends is not None and ends > now() + EXTENDED:
        ends = None
    return _first(ends, row["data_access_expires_at"])


def _tokens_end(row: Mapping[str, Any]) -> datetime | None:
    refresh: datetime | None = row["refresh_expires_at"]
    return refresh if row["refresh_token_enc"] is not None else row["access_expires_at"]


def _first(*moments: datetime | None) -> datetime | None:
    return min((one for one in moments if one is not None), default=None)


def outlives(row: Mapping[str, Any], moment: datetime) -> bool:
    """Tell whether an account's access will still be good at a moment."""
    ends = foreseeable_end(row)
    return row["state"] == AccountState.ACTIVE and (ends is None or ends > moment)


def account_out(row: Mapping[str, Any]) -> AccountOut:
    """Show an account's row."""
    return AccountOut(
        id=row["id"],
        platform=row["platform"],
        external_id=row["external_id"],
        username=row["username"] or None,
        display_name=row["display_name"],
        avatar_url=row["avatar_url"],
        state=row["state"],
        state_reason=row["state_reason"],
        scopes=sorted(read_scopes(row["scopes"])),
        connected_at=row["connected_at"],
        access_ends_at=access_ends(row),
        warnings=_warnings(row),
    )


def _warnings(row: Mapping[str, Any]) -> list[AccountWarning]:
    action = f"Reconnect it: GET /oauth/{row['platform']}/start?reconnect={row['id']}"
    if row["state"] == AccountState.NEEDS_RECONNECT:
        message = "The platform no longer lets us post; scheduled posts wait."
        return [AccountWarning(code="needs_reconnect", message=message, action=action)]
    if not outlives(row, now() + WARN_AHEAD):
        message = f"The access ends on {access_ends(row):%d %B %Y}."
        return [AccountWarning(code="access_ends_soon", message=message, action=action)]
    return []


def _choice(row: Mapping[str, Any]) -> ChoiceOut:
    written = row["options"]
    found = msgspec.json.decode(written) if isinstance(written, str) else written
    return ChoiceOut(
        id=row["id"],
        accounts=msgspec.convert(found, list[FoundAccount]),
        expires_at=row["expires_at"],
    )
