"""From the targets of an upload to draft publications, and how uploads see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Protocol
from uuid import UUID

import msgspec

from uploadm8.domain.billing.plans import Feature
from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.domain.platforms.clients.options import read_options
from uploadm8.domain.platforms.tables import AccountState, ConnectedAccount
from uploadm8.domain.platforms.vault import read_scopes
from uploadm8.domain.platforms.views import access_ends
from uploadm8.domain.publishing.approvals import Approvals
from uploadm8.domain.publishing.lifecycle import CANCELABLE, TOO_LATE, advance
from uploadm8.domain.publishing.preflight import Wish, accept, written
from uploadm8.domain.publishing.schedule import When, resolve
from uploadm8.domain.publishing.smart import placed
from uploadm8.domain.publishing.tables import Publication, PublicationState, ScheduleMode
from uploadm8.domain.publishing.views import publication_out
from uploadm8.domain.uploads.ports import PlannedTargets
from uploadm8.domain.uploads.schemas import NewUpload, PublicationOut, Target
from uploadm8.domain.workspaces.tables import Workspace
from uploadm8.errors import ConflictError, FieldError, InvalidRequestError
from uploadm8.findings import Finding
from uploadm8.infra.audit.actions import Action
from uploadm8.infra.audit.record import record
from uploadm8.infra.clock import now
from uploadm8.infra.db.engine import DB
from uploadm8.infra.ids import new_id
from uploadm8.infra.jobs.catalog import PUBLISH
from uploadm8.infra.jobs.queue import request_cancel

S = PublicationState
SCHEDULE_FEATURE = {
    ScheduleMode.AT: Feature.SCHEDULING,
    ScheduleMode.SMART: Feature.SMART_SCHEDULING,
}


class Gate(Protocol):
    """What a workspace's tier lets it do."""

    async def require(self, workspace_id: UUID, feature: Feature) -> object: ...


@dataclass(frozen=True, slots=True)
class PublicationPlans:
    """Implements the uploads' port for publications."""

    gate: Gate
    approvals: Approvals

    async def plan(
        self, workspace_id: UUID, user_id: UUID, upload_id: UUID, new: NewUpload
    ) -> PlannedTargets:
        """Check every target and record a draft for each, in the caller's transaction.

        Raises:
            InvalidRequestError: unknown account, wrong options, wrong schedule.
            PaymentRequiredError: the tier has no scheduling.
        """
        zone = (
            await Workspace.select(Workspace.time_zone).where(Workspace.id == workspace_id).first()
        )
        approval_needed = await self.approvals.needed_of(workspace_id, user_id)
        seen: set[UUID] = set()
        platforms: list[str] = []
        for position, target in enumerate(new.targets):
            if target.account_id in seen:
                raise _bad(position, "the account is there twice", "duplicate_target")
            seen.add(target.account_id)
            account = await self._account(workspace_id, target, position)
            when = resolve(
                target.schedule or new.schedule, now(), zone["time_zone"] if zone else "UTC"
            )
            if when.mode in SCHEDULE_FEATURE:
                await self.gate.require(workspace_id, SCHEDULE_FEATURE[when.mode])
            when = await placed(when, account["id"], Platform(account["platform"]), now())
            options = read_options(Platform(account["platform"]), target.options)
            platforms.append(account["platform"])
            wish = Wish(
                platform=Platform(account["platform"]),
                caption=_caption(new, target),
                options=options,
                title=new.title or PurePath(new.filename).stem,
                scopes=read_scopes(account["scopes"]),
                publish_at=when.publish_at,
                access_ends=access_ends(account),
            )
            findings = accept(wish, f"targets[{position}]")
            draft = _draft(
                new,
                target,
                workspace=workspace_id,
                user=user_id,
                upload=upload_id,
                account=account,
                when=when,
                options=options,
                findings=findings,
                approval_needed=approval_needed,
            )
            await Publication.insert(draft)
            await record(
                Action.PUBLICATION_PLANNED,
                workspace_id=workspace_id,
                subject=("publication", draft.id),
                details={"platform": account["platform"], "account": str(account["id"])},
            )
        return PlannedTargets(platforms=tuple(sorted(set(platforms))))

    async def of_uploads(
        self, workspace_id: UUID, upload_ids: Sequence[UUID]
    ) -> dict[UUID, list[PublicationOut]]:
        """The publications of some uploads, oldest first."""
        rows = await DB.rows(
            "SELECT * FROM publications WHERE workspace=$1 AND upload=ANY($2::uuid[]) ORDER BY id",
            workspace_id,
            list(upload_ids),
        )
        found: dict[UUID, list[PublicationOut]] = {}
        for row in rows:
            found.setdefault(row["upload"], []).append(publication_out(row))
        return found

    async def may_change(self, upload_id: UUID) -> bool:
        """Whether no publication of the upload has been sent anywhere yet."""
        waiting = [state.value for state in (S.DRAFT, S.HELD, S.SCHEDULED, S.CANCELED, S.FAILED)]
        return not await Publication.exists().where(
            Publication.upload == upload_id, Publication.state.not_in(waiting)
        )

    async def cancel(self, upload_id: UUID) -> None:
        """Cancel every publication of the upload, in the caller's transaction.

        Raises:
            ConflictError: ``too_late`` when one is being committed or is public.
        """
        ids = await Publication.select(Publication.id).where(Publication.upload == upload_id)
        for row in ids:  # jobs before publications: the order in which deliveries lock them
            await request_cancel(row["id"], PUBLISH)
        rows = await (
            Publication.select(Publication.id, Publication.state)
            .where(Publication.upload == upload_id)
            .lock_rows("UPDATE")
        )
        if any(row["state"] in TOO_LATE for row in rows):
            raise ConflictError(
                "A post of this upload is public or being made public.",
                code="too_late",
                action="Cancel the other publications one by one; remove the post on the platform.",
            )
        for row in rows:
            await advance(row["id"], CANCELABLE, S.CANCELED, cancel_requested=True)

    async def _account(self, workspace_id: UUID, target: Target, position: int) -> dict[str, Any]:
        account = await (
            ConnectedAccount.select(
                ConnectedAccount.id,
                ConnectedAccount.platform,
                ConnectedAccount.state,
                ConnectedAccount.scopes,
                ConnectedAccount.access_expires_at,
                ConnectedAccount.refresh_expires_at,
                ConnectedAccount.refresh_token_enc,
            )
            .where(
                ConnectedAccount.id == target.account_id, ConnectedAccount.workspace == workspace_id
            )
            .first()
        )
        if account is None or account["state"] == AccountState.DISCONNECTED:
            raise _bad(position, "no such connected account in this workspace", "account_not_found")
        return account


def _draft(
    new: NewUpload,
    target: Target,
    *,
    workspace: UUID,
    user: UUID,
    upload: UUID,
    account: dict[str, Any],
    when: When,
    options: object,
    findings: Sequence[Finding],
    approval_needed: bool,
) -> Publication:
    return Publication(
        id=new_id(),
        workspace=workspace,
        upload=upload,
        account=account["id"],
        created_by=user,
        platform=account["platform"],
        caption=_caption(new, target),
        options=msgspec.json.encode(options).decode(),
        consent=msgspec.json.encode({"by": str(user), "at": now().isoformat()}).decode(),
        schedule_mode=when.mode.value,
        time_zone=when.time_zone,
        publish_at=when.publish_at,
        why=when.why,
        findings=written(findings),
        approval_needed=approval_needed,
    )


def _caption(new: NewUpload, target: Target) -> str:
    """The finished text: the target's own caption or the upload's, then the hashtags."""
    caption = new.caption if target.caption is None else target.caption
    tags = " ".join(f"#{tag.lstrip('#')}" for tag in new.hashtags)
    return "\n\n".join(part for part in (caption.strip(), tags) if part)


def _bad(position: int, message: str, code: str) -> InvalidRequestError:
    field = f"targets[{position}].account_id"
    return InvalidRequestError(
        f"{field}: {message}.",
        code=code,
        action="List your accounts with GET /api/platforms.",
        fields=[FieldError(field, message)],
    )
