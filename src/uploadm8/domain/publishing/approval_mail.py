"""Mail about approvals: the question to those who may answer, the answer to who asked."""

from dataclasses import dataclass
from typing import Any

from uploadm8.domain.publishing.tables import Approval, ApprovalState
from uploadm8.infra.jobs.catalog import APPROVAL_MAIL
from uploadm8.infra.jobs.handlers import Handler, JobContext
from uploadm8.infra.mail.letter import Button, Letter, render
from uploadm8.infra.mail.mailer import Mailer

_ABOUT = (
    "SELECT a.state, a.comment, a.workspace, a.requested_by, p.platform, p.publish_at, p.created_by,"
    " COALESCE(NULLIF(u.title, ''), u.filename) AS title, w.name AS workspace_name"
    " FROM approvals a JOIN publications p ON p.id=a.publication JOIN uploads u ON u.id=p.upload"
    " JOIN workspaces w ON w.id=a.workspace WHERE a.id={}"
)
_APPROVERS = (
    'SELECT u.email FROM memberships m JOIN users u ON u.id=m."user" WHERE m.workspace={}'
    " AND m.role IN ('owner', 'admin') AND u.disabled_at IS NULL AND u.id IS DISTINCT FROM {}"
    " ORDER BY u.email"
)
_ASKER = "SELECT email FROM users WHERE id={} AND disabled_at IS NULL"


@dataclass(frozen=True, slots=True)
class ApprovalMail:
    """The handler of `publishing.approval_mail`."""

    mailer: Mailer
    frontend_url: str

    def handlers(self) -> tuple[Handler, ...]:
        """Every handler, with its kind."""
        return (Handler(APPROVAL_MAIL, self.send),)

    async def send(self, context: JobContext) -> None:
        """The job: nothing is sent about a question that is no longer open."""
        rows: list[dict[str, Any]] = await Approval.raw(_ABOUT, context.subject)
        kind = context.job.args["kind"]
        if not rows or (kind == "requested" and rows[0]["state"] != ApprovalState.PENDING):
            return
        about = rows[0]
        if kind == "requested":
            to = await Approval.raw(_APPROVERS, about["workspace"], about["created_by"])
        else:
            to = await Approval.raw(_ASKER, about["requested_by"])
        letter = self._letter(kind, about)
        for row in to:
            await self.mailer.send(render(letter, row["email"], f"approval-{kind}"))

    def _letter(self, kind: str, about: dict[str, Any]) -> Letter:
        title = about["title"]
        heading = {
            "requested": f"{title} waits for your approval",
            ApprovalState.APPROVED.value: f"{title} was approved",
            ApprovalState.REJECTED.value: f"{title} was not approved",
        }[kind]
        at = about["publish_at"]
        facts = [("Workspace", about["workspace_name"]), ("Platform", about["platform"])]
        if at is not None:
            facts.append(("Planned for", f"{at:%d %B %Y, %H:%M} UTC"))
        if about["comment"]:
            facts.append(("Comment", about["comment"]))
        return Letter(
            subject=heading,
            heading=heading,
            preview=heading,
            paragraphs=(_SENTENCES[kind],),
            button=Button("Look at it", f"{self.frontend_url.rstrip('/')}/approvals.html"),
            facts=facts,
            footnote="You get this as a member of the workspace.",
        )


_SENTENCES = {
    "requested": "It is published only after an admin or owner has approved it as it is. If its"
    " time passes meanwhile, it waits for a new one.",
    ApprovalState.APPROVED.value: "It goes out as it was planned. Any change needs a new approval.",
    ApprovalState.REJECTED.value: "It stays held. Change it, or ask again.",
}
