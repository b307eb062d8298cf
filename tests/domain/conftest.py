"""A quick sandbox on a real port, the real clients, and a film every platform takes."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from platform_clients import clients_of
from sandbox_films import make_film
from sandbox_flows import ONE_USE, Sandbox
from uploadm8.dev.sandbox import SandboxConfig, Settings
from uploadm8.dev.sandbox.serve import running
from uploadm8.domain.platforms.clients.registry import Clients

QUICK = Settings(
    tiktok_processing_s=0,
    tiktok_moderation_s=0,
    youtube_processing_s=0,
    instagram_processing_s=0,
    facebook_processing_s=0,
    meta_require_proof=True,
)


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_film(tmp_path_factory.mktemp("film") / "film.mp4")


@pytest.fixture(scope="session")
def running_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One sandbox for all tests of the process."""
    folder = tmp_path_factory.mktemp("sandbox")
    config = SandboxConfig(data=folder, settings=QUICK, remember=False)
    with (
        running(config) as base,
        httpx.Client(timeout=20, trust_env=False, limits=ONE_USE) as client,
    ):
        yield Sandbox(base, client)


@pytest.fixture
def sandbox(running_sandbox: Sandbox) -> Sandbox:
    """The sandbox at its first moment."""
    running_sandbox.control("POST", "reset")
    return running_sandbox


@pytest.fixture
async def clients(sandbox: Sandbox) -> AsyncIterator[Clients]:
    async with clients_of(sandbox) as opened:
        yield opened
