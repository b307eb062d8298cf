"""Tokens are refreshed once, stored before use, and given up only on a definite answer."""

import asyncio
import os
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from conftest import Servers
from platform_clients import connect
from sandbox_flows import Sandbox
from uploadm8.domain.accounts.tables import User
from uploadm8.domain.platforms.accounts import Accounts, nothing
from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.domain.platforms.clients.errors import PlatformError
from uploadm8.domain.platforms.clients.registry import Clients
from uploadm8.domain.platforms.letters import Letters, report_ending_access
from uploadm8.domain.platforms.tables import ConnectedAccount
from uploadm8.domain.platforms.tokens import TokenKeeper
from uploadm8.domain.platforms.vault import Vault
from uploadm8.domain.platforms.views import account_out, outlives
from uploadm8.domain.workspaces.tables import Workspace
from uploadm8.infra.clock import now
from uploadm8.infra.ids import new_id
from uploadm8.infra.jobs.handlers import JobContext
from uploadm8.infra.jobs.queue import claim
from uploadm8.infra.jobs.tables import JobRow
from uploadm8.infra.mail.letter import Mail
from uploadm8.infra.security.cipher import Cipher, DecryptError

pytestmark = pytest.mark.anyio
CIPHER = Cipher({1: bytes(range(32))}, 1)


async def connected(sandbox: Sandbox, clients: Clients, platform: Platform) -> UUID:
    user, workspace = new_id(), new_id()
    await User.insert(User(id=user, email=f"{user}@example.com", password_hash="-"))
    await Workspace.insert(Workspace(id=workspace, name="A team"))
    profiles = await connect(sandbox, clients, platform)
    accounts = Accounts(Vault(CIPHER), nothing)
    return (await accounts.connect(workspace, user, platform, profiles[:1]))[0]


async def expire(account_id: UUID) -> None:
    past = now() - timedelta(minutes=1)
    await ConnectedAccount.update({ConnectedAccount.access_expires_at: past}).where(
        ConnectedAccount.id == account_id
    )


async def row_of(account_id: UUID) -> dict[str, Any]:
    return (await ConnectedAccount.select().where(ConnectedAccount.id == account_id))[0]


async def refreshes(sandbox: Sandbox, party: str) -> int:
    calls = await asyncio.to_thread(sandbox.control, "GET", f"calls?party={party}&route=token")
    return len(calls) - 1  # the first one exchanged the code


MAILED: list[Mail] = []


class Recorder:
    """Keeps the mail it is given."""

    async def send(self, mail: Mail) -> None:
        MAILED.append(mail)


async def wanted(_workspace_id: UUID) -> bool:
    return True


async def run_mail(account_id: UUID) -> None:
    """Send the recorded letters about an account, as a worker would."""
    MAILED.clear()

    async def wanted(workspace: UUID) -> bool:
        del workspace
        return True

    rows = await JobRow.select().where(
        JobRow.kind == "platforms.mail", JobRow.ref_id == account_id, JobRow.state == "queued"
    )
    for row in rows:
        job = await claim(row["id"], "test", 60)
        assert job is not None
        letters = Letters(Recorder(), "https://app.example.com", wanted)
        await letters.send(JobContext(job, "test"))


@pytest.mark.parametrize("platform", [Platform.TIKTOK, Platform.YOUTUBE])
async def test_ten_callers_at_once_refresh_once(
    sandbox: Sandbox, clients: Clients, db: None, platform: Platform
) -> None:
    account = await connected(sandbox, clients, platform)
    await expire(account)
    keeper = TokenKeeper(clients.oauth, Vault(CIPHER))
    found = await asyncio.gather(*[keeper.access(account) for _ in range(10)])
    assert len({one.token for one in found}) == 1
    party = "google" if platform is Platform.YOUTUBE else "tiktok"
    assert await refreshes(sandbox, party) == 1
    assert Vault(CIPHER).open(await row_of(account)).access == found[0].token


async def test_three_processes_at_once_refresh_once(
    servers: Servers, sandbox: Sandbox, clients: Clients, db: None
) -> None:
    account = await connected(sandbox, clients, Platform.TIKTOK)
    await expire(account)
    script = Path(__file__).parents[2] / "token_refresher.py"
    start = str(time.time() + 4)  # when all three have started
    command = [sys.executable, str(script), servers.database_url, sandbox.base, str(account), start]
    processes = [
        await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.PIPE, env={**os.environ, "PYTHONUNBUFFERED": "1"}
        )
        for _ in range(3)
    ]
    told = [(await one.communicate())[0].decode().splitlines()[-1] for one in processes]
    assert len(set(told)) == 1
    assert await refreshes(sandbox, "tiktok") == 1
    assert Vault(CIPHER).open(await row_of(account)).access == told[0]


async def test_a_token_that_still_lives_is_given_without_asking(
    sandbox: Sandbox, clients: Clients, db: None
) -> None:
    account = await connected(sandbox, clients, Platform.TIKTOK)
    keeper = TokenKeeper(clients.oauth, Vault(CIPHER))
    assert (await keeper.access(account)).account_id == "open-apex"
    assert await refreshes(sandbox, "tiktok") == 0


async def test_a_refused_token_is_renewed_even_before_its_time(
    sandbox: Sandbox, clients: Clients, db: None
) -> None:
    account = await connected(sandbox, clients, Platform.TIKTOK)
    keeper = TokenKeeper(clients.oauth, Vault(CIPHER))
    old = await keeper.access(account)
    new = await keeper.access(account, refused=old)
    assert new.token != old.token
    rotated = await keeper.access(account, refused=new)  # with the rotated refresh token
    assert rotated.token != new.token


async def test_a_token_refused_to_several_callers_is_renewed_once(
    sandbox: Sandbox, clients: Clients, db: None
) -> None:
    account = await connected(sandbox, clients, Platform.TIKTOK)
    keeper = TokenKeeper(clients.oauth, Vault(CIPHER))
    old = await keeper.access(account)
    at_once = await asyncio.gather(*[keeper.access(account, refused=old) for _ in range(4)])
    late = await keeper.access(account, refused=old)
    assert {one.token for one in [*at_once, late]} == {at_once[0].token}
    assert at_once[0].token != old.token
    assert await refreshes(sandbox, "tiktok") == 1


async def test_a_token_that_lives_for_minutes_is_not_replaced_at_every_use(
    sandbox: Sandbox, clients: Clients, db: None
) -> None:
    account = await connected(sandbox, clients, Platform.TIKTOK)
    soon = now() + timedelta(minutes=5)
    await ConnectedAccount.update({ConnectedAccount.access_expires_at: soon}).where(
        ConnectedAccount.id == account
    )
    await TokenKeeper(clients.oauth, Vault(CIPHER)).access(account)
    assert await refreshes(sandbox, "tiktok") == 0


async def test_a_revoked_grant_parks_the_account(
    sandbox: Sandbox, clients: Clients, db: None
) -> None:
    account = await connected(sandbox, clients, Platform.YOUTUBE)
    await asyncio.to_thread(
        sandbox.control, "POST", "revoke", json={"party": "google", "account": "tour"}
    )
    await expire(account)
    keeper = TokenKeeper(clients.oauth, Vault(CIPHER))
    for _ in range(2):
        with pytest.raises(PlatformError) as refused:
            await keeper.access(account)
        assert refused.value.retry == "auth_revoked"
    row = await row_of(account)
    assert row["state"] == "needs_reconnect"
    assert row["state_reason"]
    assert account_out(row).warnings[0].code == "needs_reconnect"
    await run_mail(account)
    assert [mail.subject for mail in MAILED] == ["YouTube no longer lets us post as Tour Films"]


@pytest.mark.parametrize("fault", ["5xx", "429", "reset_before"])
async def test_a_transient_error_changes_nothing(
    sandbox: Sandbox, clients: Clients, db: None, fault: str
) -> None:
    account = await connected(sandbox, clients, Platform.TIKTOK)
    await expire(account)
    before = await row_of(account)
    await asyncio.to_thread(sandbox.fault, "tiktok", "token", fault)
    keeper = TokenKeeper(clients.oauth, Vault(CIPHER))
    with pytest.raises(PlatformError) as broken:
        await keeper.access(account)
    assert broken.value.retry in {"transient", "rate_limited"}
    assert await row_of(account) == before
    assert (await keeper.access(account)).token


async def test_t6_tokens_cannot_be_moved_to_another_row(
    sandbox: Sandbox, clients: Clients, db: None
) -> None:
    first = await connected(sandbox, clients, Platform.TIKTOK)
    second = await connected(sandbox, clients, Platform.YOUTUBE)
    stolen = (await row_of(first))["access_token_enc"]
    await ConnectedAccount.update({ConnectedAccount.access_token_enc: stolen}).where(
        ConnectedAccount.id == second
    )
    with pytest.raises(DecryptError):
        await TokenKeeper(clients.oauth, Vault(CIPHER)).access(second)


async def test_an_access_that_ends_before_a_post_is_warned_about(
    sandbox: Sandbox, clients: Clients, db: None
) -> None:
    account = await connected(sandbox, clients, Platform.FACEBOOK)
    soon = now() + timedelta(days=3)
    await ConnectedAccount.update({ConnectedAccount.refresh_expires_at: soon}).where(
        ConnectedAccount.id == account
    )
    row = await row_of(account)
    assert account_out(row).warnings[0].code == "access_ends_soon"
    assert outlives(row, now() + timedelta(days=2))
    assert not outlives(row, now() + timedelta(days=4))
    for _ in range(2):  # the second sweep has nothing to add
        await report_ending_access()
    await run_mail(account)
    assert [mail.subject for mail in MAILED] == ["The access to Alpine Roads on Facebook ends soon"]


async def test_the_end_of_metas_data_access_is_told_before_and_a_new_sign_in_moves_it(
    sandbox: Sandbox, clients: Clients, db: None
) -> None:
    account = await connected(sandbox, clients, Platform.INSTAGRAM)
    keeper = TokenKeeper(clients.oauth, Vault(CIPHER))
    await keeper.keep_alive(account)
    ends = (await row_of(account))["data_access_expires_at"]
    assert now() + timedelta(days=89) < ends < now() + timedelta(days=91)
    soon = now() + timedelta(days=5)
    await ConnectedAccount.update({ConnectedAccount.data_access_expires_at: soon}).where(
        ConnectedAccount.id == account
    )
    told = account_out(await row_of(account))
    assert (told.access_ends_at, told.warnings[0].code) == (soon, "access_ends_soon")
    await report_ending_access()
    await run_mail(account)
    assert [mail.subject for mail in MAILED] == [
        "The access to alpine.roads on Instagram ends soon"
    ]
    where = clients.oauth[Platform.INSTAGRAM].authorize_url(
        redirect_uri="https://auth.example.com/oauth/instagram/callback",
        state="s",
        verifier=None,
        prolong=True,
    )
    assert "auth_type=reauthorize" in where
    assert (await asyncio.to_thread(sandbox.consent, where, ""))["code"]


async def test_a_pages_permissions_do_not_end_with_metas_data_access(
    sandbox: Sandbox, clients: Clients, db: None
) -> None:
    account = await connected(sandbox, clients, Platform.FACEBOOK)
    assert (await row_of(account))["data_access_expires_at"] is None


async def test_keeping_alive_extends_metas_access_and_leaves_a_working_page_alone(
    sandbox: Sandbox, clients: Clients, db: None
) -> None:
    account = await connected(sandbox, clients, Platform.INSTAGRAM)
    keeper = TokenKeeper(clients.oauth, Vault(CIPHER))
    await keeper.keep_alive(account)
    ends = (await row_of(account))["refresh_expires_at"]
    assert ends > now() + timedelta(days=59)
    await asyncio.to_thread(sandbox.advance, 61 * 86_400)
    await keeper.keep_alive(account)
    assert (await row_of(account))["state"] == "active"
