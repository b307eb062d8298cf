"""`uploadm8 keys` counts the stored secrets by key and moves them to the newest one."""

import asyncio
import base64
import os
import subprocess
import sys

import pytest

from conftest import Servers
from uploadm8.domain.platforms.tables import ConnectedAccount
from uploadm8.domain.workspaces.tables import Workspace
from uploadm8.infra.ids import new_id
from uploadm8.infra.security.cipher import Cipher

pytestmark = pytest.mark.anyio
ONE, TWO = bytes(range(32)), bytes(range(1, 33))


def ring(**keys: bytes) -> str:
    return ",".join(f"{name}:{base64.b64encode(key).decode()}" for name, key in keys.items())


async def run(servers: Servers, command: str, keys: str) -> tuple[int, str]:
    env = os.environ | {
        "APP_ENV": "development",
        "DATABASE_URL": servers.database_url,
        "REDIS_URL": servers.redis_url,
        "JWT_SECRET": "x" * 40,
        "TOKEN_ENC_KEYS": keys,
    }
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "uploadm8", "keys", command],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


async def test_the_ring_is_counted_and_rotated_from_the_command_line(
    servers: Servers, db: None
) -> None:
    workspace, account = new_id(), new_id()
    await Workspace.insert(Workspace(id=workspace, name="A team"))
    sealed = Cipher({1: ONE}, 1).encrypt(
        "token", table="connected_accounts", row=account, field="access_token"
    )
    await ConnectedAccount.insert(
        ConnectedAccount(
            id=account,
            workspace=workspace,
            platform="tiktok",
            external_id="1",
            access_token_enc=sealed,
        )
    )
    code, told = await run(servers, "status", ring(v2=TWO))
    assert code == 1
    assert "v1: 1 secrets (MISSING from TOKEN_ENC_KEYS)" in told
    code, told = await run(servers, "rotate", ring(v1=ONE, v2=TWO))
    assert (code, told.strip().splitlines()[-1]) == (0, "1 secrets now use v2")
    code, told = await run(servers, "status", ring(v2=TWO))
    assert (code, told.strip().splitlines()[-1]) == (0, "v2: 1 secrets (primary)")
    row = (await ConnectedAccount.select())[0]
    opened = Cipher({2: TWO}, 2).decrypt(
        row["access_token_enc"], table="connected_accounts", row=account, field="access_token"
    )
    assert opened == "token"
