"""The running application, a signed-in user, and a sandbox behind it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from api_client import ORIGIN, Api, Someone, running
from conftest import Servers, wipe
from sandbox_flows import Sandbox
from uploadm8.domain.billing.grants import Grants
from uploadm8.domain.billing.plans import Tier
from uploadm8.services import Services


@dataclass
class Site:
    """The running application, a signed-in user, and the sandbox behind it."""

    api: Api
    me: Someone
    sandbox: Sandbox

    @property
    def services(self) -> Services:
        services: Services = self.api.app.state.services
        return services

    async def start(self, platform: str, who: Someone | None = None, **query: str) -> Any:
        return await self.api.http.get(
            f"/oauth/{platform}/start", params=query, headers=(who or self.me).headers
        )

    async def consent(
        self, authorize_url: str, account: str = "", **decision: str
    ) -> dict[str, str]:
        return await asyncio.to_thread(self.sandbox.consent, authorize_url, account, **decision)

    async def callback(self, platform: str, query: dict[str, str]) -> dict[str, str]:
        answer = await self.api.http.get(f"/oauth/{platform}/callback", params=query)
        assert answer.status_code == 302, answer.text
        where = answer.headers["location"]
        assert where.startswith(ORIGIN)
        return {name: values[0] for name, values in parse_qs(urlsplit(where).query).items()}

    async def connect(self, platform: str, account: str = "", **query: str) -> dict[str, str]:
        started = await self.start(platform, None, **query)
        assert started.status_code == 200, started.text
        back = await self.consent(started.json()["authorize_url"], account)
        return await self.callback(platform, back)

    async def overview(self, who: Someone | None = None) -> dict[str, Any]:
        answer = await self.api.http.get("/api/platforms", headers=(who or self.me).headers)
        assert answer.status_code == 200, answer.text
        return {item["platform"]: item for item in answer.json()["items"]}

    async def account(self, platform: str) -> dict[str, Any]:
        accounts = (await self.overview())[platform]["accounts"]
        assert len(accounts) == 1
        found: dict[str, Any] = accounts[0]
        return found


@asynccontextmanager
async def site_of(
    servers: Servers, sandbox: Sandbox, plan: str = "agency", **settings: Any
) -> AsyncIterator[Site]:
    env = {name.lower(): value for name, value in sandbox.env.items()}
    values = {
        **env,
        "email_verification": "optional",
        "base_url": "http://127.0.0.1:8000",
        **settings,
    }
    async with running(servers, **values) as api:
        site = Site(api, await api.register(), sandbox)
        await tier(site, plan)
        try:
            yield site
        finally:
            await wipe()


async def tier(site: Site, name: str) -> None:
    answer = await site.api.http.get("/api/auth/me", headers=site.me.headers)
    workspace = answer.json()["workspace_id"]
    await Grants().give(UUID(workspace), Tier(name), "a test")
