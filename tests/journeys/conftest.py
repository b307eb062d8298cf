"""Start the whole product once for all journeys of this test process."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from journeys_world import World
from uploadm8.dev.rest_client import RestClient
from uploadm8.dev.sample import SamplePaths, write_sample
from uploadm8.dev.seed import connect_all
from uploadm8.dev.stack import running_stack, wait_until_ready


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> SamplePaths:
    """Three seconds of the sample drive, small."""
    return write_sample(tmp_path_factory.mktemp("clip"), seconds=3, width=640, height=360)


@pytest.fixture(scope="session")
def world(clip: SamplePaths) -> Iterator[World]:
    """The stack, with leases short enough to see a dead worker's jobs freed."""
    os.environ["JOB_LEASE_SECONDS"] = "5"
    home = Path(tempfile.mkdtemp(prefix="um8journey"))  # PostgreSQL's user may not enter pytest's
    home.chmod(0o755)
    with running_stack(home) as stack:
        wait_until_ready(stack.api_url)
        client = RestClient(stack.api_url)
        email = f"{secrets.token_hex(6)}@example.com"
        client.register(email, "a long drive home")
        grant = {"email": email, "tier": "agency", "reason": "tests of the whole product"}
        key = {"X-Admin-Key": stack.env["ADMIN_API_KEY"]}
        client.call("POST", "/api/admin/entitlements/grant", json=grant, headers=key)
        yield World(stack, client, connect_all(stack, client), clip)
    shutil.rmtree(home, ignore_errors=True)
