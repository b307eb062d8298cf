"""The real application over ASGI, with real services behind it."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx

from conftest import Servers
from exchanges import HOOKS
from uploadm8.api.context import Edge
from uploadm8.app import create_app
from uploadm8.config import Config
from uploadm8.dev.embedded import ACCESS_KEY, SECRET_KEY
from uploadm8.domain.billing.grants import Grants
from uploadm8.domain.billing.plans import Tier

PASSWORD = "a quiet morning drive"
RING = "v1:" + base64.b64encode(bytes(range(32))).decode()
ORIGIN = "https://app.example.com"


def config_for(servers: Servers, **settings: Any) -> Config:
    """Settings that point at the embedded servers."""
    scheme = "https" if settings.get("app_env") == "production" else "http"
    values: dict[str, Any] = {
        "app_env": "development",
        "database_url": servers.database_url,
        "redis_url": servers.redis_url,
        "jwt_secret": "pQ7vX2mK9sL4tW8zR1cN6yB3hF5jD0gUaEoIxVqMwTk",
        "token_enc_keys": RING,
        "r2_endpoint_url": servers.storage_url,
        "r2_access_key_id": ACCESS_KEY,
        "r2_secret_access_key": SECRET_KEY,
        "base_url": f"{scheme}://api.example.com",
        "frontend_url": ORIGIN,
        "rate_limit_max": 100_000,
        "outbox_dir": servers.folder / "outbox",
        **settings,
    }
    return Config(**values)


@dataclass(frozen=True)
class Someone:
    """A signed-in user."""

    email: str
    tokens: dict[str, Any]
    headers: dict[str, str]


@dataclass
class Api:
    """An HTTP client of a running application."""

    app: Edge
    http: httpx.AsyncClient

    async def register(self, email: str | None = None, **more: Any) -> Someone:
        """Make and sign in a user."""
        email = email or f"user-{uuid4().hex[:12]}@example.com"
        answer = await self.http.post(
            "/api/auth/register", json={"email": email, "password": PASSWORD, **more}
        )
        assert answer.status_code == 201, answer.text
        tokens = answer.json()
        return Someone(email, tokens, {"Authorization": f"Bearer {tokens['access_token']}"})

    async def upgrade(self, someone: Someone, tier: Tier = Tier.AGENCY) -> None:
        """Give the user's workspace a tier."""
        told = (await self.http.get("/api/auth/me", headers=someone.headers)).json()
        workspace = UUID(told["workspace_id"])
        await Grants().give(workspace, tier, "for the test", ends_at=None, granted_by=None)


@asynccontextmanager
async def running(servers: Servers, **settings: Any) -> AsyncIterator[Api]:
    """The application with these settings, until the block ends."""
    app = create_app(config_for(servers, **settings))
    transport = httpx.ASGITransport(app, client=("203.0.113.7", 4711))
    async with (
        app.lifespan(),
        httpx.AsyncClient(
            transport=transport, base_url="http://api.example.com", event_hooks=HOOKS
        ) as http,
    ):
        yield Api(app, http)
