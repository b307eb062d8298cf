"""A workspace on a tier with its people, over HTTP."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import httpx

from account_mail import read_mail, token_in
from api_client import PASSWORD, Api, Someone
from uploadm8.domain.billing.plans import Tier
from uploadm8.domain.billing.tables import Grant
from uploadm8.domain.workspaces.actors import WorkspaceJobs
from uploadm8.infra.jobs.handlers import JobContext
from uploadm8.infra.jobs.queue import claim, finish
from uploadm8.infra.jobs.tables import JobRow

JOIN_PASSWORD = "another quiet evening walk"


@dataclass(frozen=True)
class Team:
    """One workspace, as its owner acts in it."""

    api: Api
    owner: Someone
    workspace_id: UUID

    async def call(
        self, method: str, path: str, who: Someone | None = None, **json: Any
    ) -> httpx.Response:
        """Ask as someone, the owner unless said otherwise."""
        headers = (who or self.owner).headers
        return await self.api.http.request(
            method, f"/api/{path}", headers=headers, json=json or None
        )

    async def invite(self, email: str, role: str = "editor") -> str:
        """Invite someone; the token of the mail."""
        answer = await self.call("POST", "invitations", email=email, role=role)
        assert answer.status_code == 201, answer.text
        return await self.mailed_token(email)

    async def mailed_token(self, email: str) -> str:
        """The token in the last mail of the team to an address."""
        (text,) = [text for to, _, text in await team_mail(self.api) if to == email][-1:]
        return token_in(text)

    async def join(self, role: str = "editor", email: str | None = None) -> Someone:
        """A new person who accepts an invitation, acting in the workspace."""
        someone = await self.api.register(email)
        token = await self.invite(someone.email, role)
        answer = await self.call("POST", "invitations/accept", someone, token=token)
        assert answer.status_code == 200, answer.text
        return self.inside(someone)

    def inside(self, someone: Someone) -> Someone:
        """Someone who acts in this workspace."""
        headers = {**someone.headers, "X-Workspace-Id": str(self.workspace_id)}
        return replace(someone, headers=headers)

    async def user_id(self, someone: Someone) -> str:
        """Somebody's id."""
        told = await self.api.http.get("/api/auth/me", headers=someone.headers)
        return str(told.json()["user"]["id"])


async def team(api: Api, tier: Tier | None = Tier.AGENCY) -> Team:
    """A workspace with its owner, on a granted tier."""
    owner = await api.register(password=PASSWORD)
    me = (await api.http.get("/api/auth/me", headers=owner.headers)).json()
    made = Team(api, owner, UUID(me["workspace_id"]))
    if tier is not None:
        await set_tier(made.workspace_id, tier)
    return made


async def set_tier(workspace_id: UUID, tier: Tier) -> None:
    """Put a workspace on a tier, whatever it was on."""
    await Grant.raw(
        "UPDATE entitlement_grants SET revoked_at=now() WHERE workspace={}", workspace_id
    )
    await Grant.insert(Grant(workspace=workspace_id, tier=tier.value, reason="test"))


async def team_mail(api: Api) -> list[tuple[str, str, str]]:
    """Run the team's mail jobs; (to, subject, text) of what they sent, oldest first."""
    services = api.app.state.services
    folder = services.config.outbox_dir
    before = set(folder.glob("*.eml"))
    handlers = {
        h.kind.name: h for h in WorkspaceJobs(services.closing, services.team_mail).handlers()
    }
    rows = await JobRow.raw(
        "SELECT id FROM jobs WHERE kind='workspaces.mail' AND state='queued' ORDER BY id"
    )
    for row in rows:
        job = await claim(row["id"], "test", 60)
        assert job is not None
        await handlers[job.kind].run(JobContext(job, "test"))
        await finish(job, "succeeded")

    return [read_mail(path) for path in sorted(set(folder.glob("*.eml")) - before)]
