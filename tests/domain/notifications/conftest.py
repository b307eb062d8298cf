"""A workspace on a chosen tier, Discord's sandbox, and a receiver of webhooks."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from api_client import Api, Someone, running
from conftest import Servers, wipe
from light_jobs import run_light_jobs, services_of
from sandbox_inbox import Inbox, webhook_inbox
from uploadm8.dev.sandbox import SandboxConfig
from uploadm8.dev.sandbox.serve import running as running_sandbox
from uploadm8.domain.billing.grants import Grants
from uploadm8.domain.billing.plans import Tier
from uploadm8.domain.workspaces.events import EventKind, announce

POSTED = {
    "publication_id": "0192",
    "platform": "youtube",
    "account_name": "Alpine Rides",
    "title": "Lap one",
    "public_url": "https://youtu.be/abc",
}
FAILED = POSTED | {"error": {"code": "x", "detail": "It broke.", "action": "Mend it."}}


@dataclass
class Team:
    """A signed-in owner and what its workspace is told."""

    api: Api
    someone: Someone
    workspace_id: UUID
    discord: str

    async def on(self, tier: Tier) -> None:
        await Grants().give(self.workspace_id, tier, "for the test")

    async def call(self, method: str, path: str, body: Any = None) -> httpx.Response:
        return await self.api.http.request(method, path, json=body, headers=self.someone.headers)

    async def happens(self, kind: EventKind, occasion: str, **facts: Any) -> None:
        await announce(self.workspace_id, kind, occasion, facts=facts)
        await self.run_jobs()

    async def run_jobs(self) -> None:
        await run_light_jobs(services_of(self.api.app))

    async def use_discord(self, token: str = "abc") -> None:
        url = f"{self.discord}/api/webhooks/123/{token}"
        answer = await self.call("PATCH", "/api/settings", {"discord_webhook_url": url})
        assert answer.status_code == 200, answer.text

    def alerts(self) -> list[dict[str, Any]]:
        """What arrived at Discord."""
        items: list[dict[str, Any]] = httpx.get(f"{self.discord}/alerts").json()["items"]
        return items

    def mails(self) -> list[str]:
        """The tags of what was mailed."""
        folder = services_of(self.api.app).config.outbox_dir
        return sorted(path.stem[37:] for path in folder.glob("*.eml"))

    async def endpoint(self, url: str, **more: Any) -> dict[str, Any]:
        answer = await self.call("POST", "/api/webhooks", {"url": url, **more})
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def deliveries(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = (await self.call("GET", "/api/webhooks/deliveries")).json()[
            "items"
        ]
        return items


@pytest.fixture(scope="module")
def discord_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    config = SandboxConfig(data=tmp_path_factory.mktemp("sandbox"), remember=False)
    with running_sandbox(config) as base:
        yield f"{base}/discord"


@pytest.fixture(scope="module")
async def told_app(
    servers: Servers, discord_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Api]:
    outbox = tmp_path_factory.mktemp("outbox")
    async with running(
        servers, discord_base_url=discord_url, webhook_private_addresses=True, outbox_dir=outbox
    ) as opened:
        yield opened


@pytest.fixture
async def team(told_app: Api, discord_url: str) -> AsyncIterator[Team]:
    someone = await told_app.register()
    me = (await told_app.http.get("/api/auth/me", headers=someone.headers)).json()
    made = Team(told_app, someone, UUID(me["workspace_id"]), discord_url)
    await made.run_jobs()
    _forget(made)
    yield made
    _forget(made)
    await wipe()
    await told_app.app.state.services.redis.flushdb()


def _forget(team: Team) -> None:
    httpx.post(f"{team.discord.removesuffix('/discord')}/_sandbox/reset").raise_for_status()
    for path in Path(services_of(team.api.app).config.outbox_dir).glob("*.eml"):
        path.unlink()


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with webhook_inbox() as opened:
        yield opened
