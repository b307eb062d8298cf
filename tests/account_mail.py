"""The account's mail as a user gets it, and short ways to talk to /api/auth."""

import email
import re
from email import policy
from pathlib import Path
from typing import Any

from api_client import PASSWORD, Api, Someone
from uploadm8.domain.accounts.actors import AccountJobs
from uploadm8.domain.workspaces.actors import WorkspaceJobs
from uploadm8.infra.jobs.handlers import JobContext
from uploadm8.infra.jobs.queue import claim_next, finish

NEW_PASSWORD = "another quiet evening walk"


async def deliver(api: Api) -> list[tuple[str, str, str]]:
    """Run the recorded jobs; returns (to, subject, text) of the mails written, oldest first."""
    services = api.app.state.services
    folder: Path = services.config.outbox_dir
    before = _mails(folder)
    groups = (
        AccountJobs(services.post, services.credentials),
        WorkspaceJobs(services.closing, services.team_mail),
    )
    handlers = {handler.kind.name: handler for jobs in groups for handler in jobs.handlers()}
    while (job := await claim_next("light", "test", 60)) is not None:
        await handlers[job.kind].run(JobContext(job, "test"))
        await finish(job, "succeeded")
    return [read_mail(path) for path in sorted(_mails(folder) - before)]


def _mails(folder: Path) -> set[Path]:
    return set(folder.glob("*.eml"))


def read_mail(path: Path) -> tuple[str, str, str]:
    mail = email.message_from_bytes(path.read_bytes(), policy=policy.default)
    body = mail.get_body(("plain",))
    assert body is not None
    return str(mail["To"]), str(mail["Subject"]), body.get_content()


def token_in(text: str) -> str:
    found = re.search(r"#token=([\w-]+)", text)
    assert found is not None, text
    return found[1]


async def post(api: Api, path: str, who: Someone | None = None, **body: Any) -> Any:
    headers = {} if who is None else who.headers
    return await api.http.post(f"/api/auth/{path}", json=body, headers=headers)


async def step_up(api: Api, who: Someone) -> Someone:
    answer = await post(api, "step-up", who, password=PASSWORD)
    assert answer.status_code == 200, answer.text
    tokens = answer.json()
    return Someone(who.email, tokens, {"Authorization": f"Bearer {tokens['access_token']}"})
