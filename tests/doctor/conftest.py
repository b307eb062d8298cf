"""One quick sandbox for all of the doctor's questions to outside parties."""

from collections.abc import Iterator

import httpx
import pytest

from sandbox_flows import Sandbox
from uploadm8.dev.sandbox import SandboxConfig
from uploadm8.dev.sandbox.serve import running


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    config = SandboxConfig(data=tmp_path_factory.mktemp("sandbox"), remember=False)
    with running(config) as base, httpx.Client(timeout=20, trust_env=False) as client:
        yield Sandbox(base, client)
