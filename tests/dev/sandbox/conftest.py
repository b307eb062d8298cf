"""A sandbox on a real port, a client, and a film that every platform takes."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from sandbox_films import make_film
from sandbox_flows import ONE_USE, Sandbox
from uploadm8.dev.sandbox import SandboxConfig, Settings
from uploadm8.dev.sandbox.serve import running

QUICK = Settings(
    tiktok_processing_s=0,
    tiktok_moderation_s=0,
    youtube_processing_s=0,
    instagram_processing_s=0,
    facebook_processing_s=0,
)


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_film(tmp_path_factory.mktemp("film") / "film.mp4")


@pytest.fixture(scope="session")
def _running_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    data = tmp_path_factory.mktemp("sandbox")
    config = SandboxConfig(data=data, settings=QUICK, remember=False)
    with (
        running(config) as base,
        httpx.Client(timeout=20, trust_env=False, limits=ONE_USE) as client,
    ):
        yield Sandbox(base, client)


@pytest.fixture
def sandbox(_running_sandbox: Sandbox) -> Sandbox:
    _running_sandbox.control("POST", "reset")
    return _running_sandbox
