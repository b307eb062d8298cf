"""Everything that people, platforms and workers do with the same rows, at the same moment.

Which of two wins is open, and most are refused sooner or later. Nothing may wait crosswise, and what
must always be true is true afterwards.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from conftest import Servers
from made_uploads import made_upload
from platform_site import Site, site_of
from sandbox_flows import Sandbox
from uploadm8.api.principal import Principal
from uploadm8.domain.accounts.tables import LinkPurpose, UserRole
from uploadm8.domain.admin.act_schemas import RoleRequest
from uploadm8.domain.admin.retention.rows import forget_rows
from uploadm8.domain.billing.sweep import count_drift
from uploadm8.domain.platforms.clients import errors as e
from uploadm8.domain.platforms.clients.base import Platform, Profile, Tokens
from uploadm8.domain.platforms.clients.errors import PlatformError
from uploadm8.domain.publishing.rollups.keeping import roll_up, roll_up_long
from uploadm8.domain.publishing.schemas import NewPublications, Reschedule
from uploadm8.domain.uploads.schemas import NewUpload, Schedule, Target
from uploadm8.domain.workspaces.events import EventKind, announce
from uploadm8.domain.workspaces.schemas import NewInvitation
from uploadm8.domain.workspaces.team_mail import PURPOSE
from uploadm8.errors import UploadM8Error
from uploadm8.infra.clock import now
from uploadm8.infra.db.engine import DB
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.ids import new_id
from uploadm8.infra.jobs.catalog import RENDER_SEGMENT, Queue
from uploadm8.infra.jobs.queue import enqueue
from uploadm8.infra.jobs.runner import Runner
from uploadm8.infra.jobs.upkeep import reap, renew_leases
from uploadm8.services import Services
from uploadm8.worker import handlers

pytestmark = pytest.mark.anyio

ROUNDS = 8
PAGES = [Profile(name, name, None, None, None, Tokens("no token")) for name in ("one", "two")]
Act = Callable[[], Awaitable[Any]]


@dataclass
class Storm:
    """A workspace, its people and its things, and all that can happen to them."""

    services: Services
    runner: Runner
    owner: Principal
    guest: UUID
    accounts: list[UUID] = field(default_factory=list)
    ready: UUID = field(default_factory=new_id)
    dying: UUID = field(default_factory=new_id)

    @property
    def workspace(self) -> UUID:
        return self.owner.workspace_id

    async def prepare(self) -> None:
        """What one round is about."""
        self.accounts = await self.connect(PAGES)
        self.ready = await made_upload(self.workspace, platforms=("facebook",))
        self.dying = await self.presign(self.accounts)
        async with transaction():
            await self.services.quota.commit(self.dying)
            for number in range(2):
                await enqueue(RENDER_SEGMENT, ref_id=self.dying, args={"number": number})
        await DB.rows("UPDATE uploads SET state='rendering' WHERE id=$1", self.dying)
        await DB.rows("UPDATE jobs SET crashes=99 WHERE ref_id=$1", self.dying)
        for account in self.accounts:
            await DB.rows(
                "INSERT INTO posting_times (account, times) VALUES ($1, $2) ON CONFLICT DO NOTHING",
                account,
                '[{"day": 0, "at": "09:00:00"}, {"day": 3, "at": "18:00:00"}]',
            )
        await self.add(self.accounts)

    async def connect(self, pages: list[Profile]) -> list[UUID]:
        accounts = self.services.platforms.accounts
        return await accounts.connect(self.workspace, self.owner.user_id, Platform.FACEBOOK, pages)

    async def presign(self, accounts: list[UUID]) -> UUID:
        new = NewUpload(
            filename="lap.mp4",
            content_type="video/mp4",
            size_bytes=9_000_000,
            title="Lap",
            targets=[Target(account_id=one) for one in accounts],
            schedule=Schedule(mode="queue"),
        )
        create = self.services.uploads.create
        return await create(self.workspace, self.owner.user_id, new, {})

    async def presign_and_cancel(self, accounts: list[UUID]) -> None:
        upload = await self.presign(accounts)
        cancel = partial(self.services.uploads.cancel, self.workspace, upload)
        await asyncio.gather(cancel(), cancel())

    async def add(self, accounts: list[UUID]) -> None:
        new = NewPublications(
            upload_id=self.ready,
            targets=[Target(account_id=one) for one in accounts],
            schedule=Schedule(mode="queue"),
        )
        await self.services.publications.add(self.workspace, self.owner.user_id, new)

    async def every_post(self, act: Callable[[Principal, UUID], Awaitable[Any]]) -> None:
        rows = await DB.rows("SELECT id FROM publications WHERE upload=$1 ORDER BY id", self.ready)
        for row in rows:
            await act(self.owner, row["id"])

    async def later(self, by: Principal, post: UUID) -> None:
        wish = Reschedule(schedule=Schedule(mode="queue"))
        await self.services.acts.reschedule(by, post, wish)

    async def at_once(self, by: Principal, post: UUID) -> None:
        await self.services.acts.reschedule(by, post, Reschedule(schedule=Schedule(mode="now")))

    async def park(self) -> None:
        error = PlatformError(e.REVOKED, platform=Platform.FACEBOOK)
        for account in self.accounts:
            await self.services.platforms.keeper.needs_reconnect(account, error)

    async def disconnect(self) -> None:
        await self.services.platforms.accounts.disconnect(self.workspace, self.accounts[0])

    async def invite(self) -> None:
        email = (await self.services.accounts.view(self.guest)).email
        new = NewInvitation(email=email, role="admin")
        await self.services.invitations.invite(self.owner, new)

    async def accept(self) -> None:
        rows = await DB.rows(
            "SELECT token_id FROM invitations WHERE accepted_at IS NULL AND closed_at IS NULL"
        )
        for row in rows:
            token = self.services.joining.signer.sign(PURPOSE, row["token_id"])
            await self.services.joining.accept(token, self.guest)

    async def remove(self) -> None:
        await self.services.members.remove(self.owner, self.guest)

    async def settings(self, name: str) -> None:
        await self.services.settings.change(self.workspace, {"display_name": name})

    async def role(self, role: UserRole) -> None:
        request = RoleRequest(user_id=self.guest, role=role, reason="a storm")
        await self.services.standing.change_role(request)

    async def suspend(self) -> None:
        await self.services.standing.suspend(self.guest, "a storm")
        await self.services.standing.unsuspend(self.guest, "it is over")

    async def link(self, purpose: LinkPurpose) -> str:
        links = self.services.credentials.links
        async with transaction():
            email = (await self.services.accounts.view(self.guest)).email
            return links.token(purpose, await links.issue(self.guest, purpose, email))

    async def verify(self) -> None:
        await self.services.credentials.verify_email(await self.link(LinkPurpose.VERIFY))

    async def new_address(self) -> None:
        await self.services.credentials.confirm_new_email(await self.link(LinkPurpose.CHANGE_EMAIL))

    async def close(self) -> None:
        await self.services.closing.request(self.guest)
        await self.services.closing.undo(await self.link(LinkPurpose.CANCEL_DELETION))

    async def hook(self) -> None:
        endpoint = new_id()
        sealed = self.services.cipher.encrypt(
            '["whsec_AAAA"]', table="webhook_endpoints", row=endpoint, field="secrets"
        )
        await DB.rows(
            "INSERT INTO webhook_endpoints (id, workspace, url, secrets_enc, kinds)"
            " VALUES ($1, $2, 'https://127.0.0.1:1/', $3, '{}')",
            endpoint,
            self.workspace,
            sealed,
        )
        facts = {"percent": 80, "used": 8, "limit": 10, "resets_at": now()}
        await announce(self.workspace, EventKind.QUOTA_USED, str(endpoint), facts=facts)
        await asyncio.sleep(0.05)
        await self.services.webhook_endpoints.remove(self.workspace, endpoint)

    async def work(self) -> None:
        for _ in range(10):
            for queue in Queue:
                self.runner.wake(queue)
            await asyncio.sleep(0.02)
            await renew_leases(self.runner)
        await reap()

    async def upkeep(self) -> None:
        await forget_rows()
        await roll_up()
        await roll_up_long(now().date())
        for kind in ("publishing.sweep", "uploads.expire"):
            await DB.rows(
                "INSERT INTO jobs (id, kind, queue, args) VALUES ($1, $2, 'light', '{}')",
                new_id(),
                kind,
            )

    def acts(self) -> list[Act]:
        """All of them, most more than once and in both directions."""
        back, services = self.accounts[::-1], self.services
        twice: list[Act] = [
            self.disconnect, self.park, self.invite, self.accept, self.remove, self.verify,
            self.hook, self.work, self.upkeep,
            partial(services.uploads.cancel, self.workspace, self.dying),
            partial(self.every_post, self.later),
            partial(self.every_post, self.at_once),
            partial(self.every_post, services.acts.release),
            partial(self.every_post, services.acts.cancel),
            partial(self.every_post, services.acts.retry),
            partial(self.every_post, services.acts.post_again),
        ]  # fmt: skip
        once: list[Act] = [
            self.new_address, self.close, self.suspend,
            partial(self.connect, PAGES), partial(self.connect, PAGES[::-1]),
            partial(self.presign_and_cancel, self.accounts), partial(self.presign_and_cancel, back),
            partial(self.add, self.accounts), partial(self.add, back),
            partial(self.settings, "A"), partial(self.settings, "B"),
            partial(self.role, UserRole.ADMIN), partial(self.role, UserRole.USER),
        ]  # fmt: skip
        return [*once, *twice, *twice]


async def _try(act: Act, seen: list[str]) -> None:
    """Do it, perhaps in vain."""
    try:
        await act()
    except asyncpg.UniqueViolationError:  # told as 409
        seen.append("already_exists")
    except asyncpg.LockNotAvailableError:  # a slow machine: told as 503, and no crossing
        seen.append("try_again")
    except UploadM8Error as error:
        seen.append(error.code)
    else:
        seen.append("done")


async def test_all_at_once_nothing_waits_crosswise(servers: Servers, sandbox: Sandbox) -> None:
    before = await _deadlocks(servers)
    async with site_of(servers, sandbox, database_pool_size=40) as site:
        storm = await _storm(site)
        seen: list[str] = []
        try:
            for number in range(ROUNDS):
                await storm.prepare()
                acts = storm.acts()
                random.Random(number).shuffle(acts)
                async with asyncio.TaskGroup() as together:
                    for act in acts:
                        together.create_task(_try(act, seen))
        finally:
            await storm.runner.stop(20)
        assert seen.count("done") > len(seen) / 4, seen
        await _check(storm)
    assert await _deadlocks(servers) == before  # connections tell theirs when they are closed


async def _storm(site: Site) -> Storm:
    guest = await site.api.register()
    ids = []
    for one in (site.me, guest):
        told = (await site.api.http.get("/api/auth/me", headers=one.headers)).json()
        ids.append((UUID(told["user"]["id"]), UUID(told["workspace_id"])))
    (user, workspace), (other, _) = ids
    await DB.rows("UPDATE users SET role='admin' WHERE id=$1", user)
    slots = dict.fromkeys(Queue, 4)
    runner = Runner(handlers(site.services), slots, lease_s=30, default_timeout_s=20)
    return Storm(site.services, runner, Principal(user, workspace, "owner", is_admin=True), other)


async def _check(storm: Storm) -> None:
    assert await count_drift() == 0
    lost = 'SELECT id FROM users u WHERE NOT EXISTS (SELECT 1 FROM memberships WHERE "user"=u.id)'
    assert await DB.rows(lost) == []
    broken = "SELECT DISTINCT kind FROM jobs WHERE error_code='internal_error'"
    assert [row["kind"] for row in await DB.rows(broken)] == []
    assert (
        await DB.rows("SELECT 1 FROM uploads WHERE state='rendering' AND id=$1", storm.dying) == []
    )


async def _deadlocks(servers: Servers) -> int:
    connection = await asyncpg.connect(servers.database_url)
    try:
        found: int = await connection.fetchval(
            "SELECT deadlocks FROM pg_stat_database WHERE datname=current_database()"
        )
        return found
    finally:
        await connection.close()
