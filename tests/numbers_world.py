"""Posts written straight into the tables, so that a test can count them by hand."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from api_client import Api, Someone
from uploadm8.domain.billing.grants import Grants
from uploadm8.domain.billing.plans import Tier
from uploadm8.domain.platforms.tables import ConnectedAccount, Platform
from uploadm8.domain.publishing.tables import Publication, PublicationMetrics
from uploadm8.domain.uploads.tables import Upload, UploadState
from uploadm8.infra.ids import new_id

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
MARCH = "start=2026-03-01T00:00:00Z&end=2026-04-01T00:00:00Z"


@dataclass(frozen=True)
class Shop:
    """A signed-in user's workspace, and its posts."""

    api: Api
    someone: Someone
    workspace_id: UUID

    async def ask(self, path: str) -> dict[str, Any]:
        answer = await self.api.http.get(path, headers=self.someone.headers)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def account(self, platform: Platform = Platform.YOUTUBE) -> UUID:
        account = new_id()
        await ConnectedAccount.insert(
            ConnectedAccount(
                id=account,
                workspace=self.workspace_id,
                platform=platform.value,
                external_id=str(account),
            )
        )
        return account

    async def upload(self, at: datetime = NOON, **more: Any) -> UUID:
        upload = new_id()
        values = {
            "state": UploadState.READY,
            "content_type": "video/mp4",
            "size_bytes": 1000,
            "object_key": f"u/{upload}",
            "filename": "lap.mp4",
            "title": "Lap one",
            **more,
        }
        await Upload.insert(Upload(id=upload, workspace=self.workspace_id, created_at=at, **values))
        return upload

    async def post(
        self,
        state: str,
        *,
        platform: Platform = Platform.YOUTUBE,
        upload: UUID | None = None,
        at: datetime = NOON,
        took_s: float = 60,
        **more: Any,
    ) -> UUID:
        """A post accepted `at`; a published one went out `took_s` later."""
        publication = new_id()
        if state == "published":
            more.setdefault("published_at", at + timedelta(seconds=took_s))
        account = more.pop("account", None) or await self.account(platform)
        await Publication.insert(
            Publication(
                id=publication,
                workspace=self.workspace_id,
                upload=upload or await self.upload(at),
                account=account,
                platform=platform.value,
                state=state,
                accepted_at=at,
                **more,
            )
        )
        return publication

    async def look(self, publication: UUID, pull: int, at: datetime, **figures: Any) -> None:
        await PublicationMetrics.insert(
            PublicationMetrics(publication=publication, pull=pull, at=at, **figures)
        )

    async def upgrade(self, tier: Tier) -> None:
        await Grants().give(self.workspace_id, tier, "for the test", ends_at=None, granted_by=None)


async def open_shop(api: Api, tier: Tier | None = None) -> Shop:
    """A new user's workspace, on a tier if one is given."""
    someone = await api.register()
    told = (await api.http.get("/api/auth/me", headers=someone.headers)).json()
    shop = Shop(api, someone, UUID(told["workspace_id"]))
    if tier is not None:
        await shop.upgrade(tier)
    return shop
