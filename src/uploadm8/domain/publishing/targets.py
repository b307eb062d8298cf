"""From the targets of a request to draft publications: checked first, then recorded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any
from uuid import UUID

from uploadm8.domain.billing.gate import Gate
from uploadm8.domain.billing.plans import Feature
from uploadm8.domain.captions.service import CaptionTemplates
from uploadm8.domain.captions.template import render
from uploadm8.domain.platforms.clients.base import LiveLimits, Platform
from uploadm8.domain.platforms.clients.options import Options, read_options
from uploadm8.domain.platforms.tables import AccountState, ConnectedAccount
from uploadm8.domain.platforms.vault import read_scopes
from uploadm8.domain.platforms.views import foreseeable_end
from uploadm8.domain.publishing.approvals import Approvals
from uploadm8.domain.publishing.placing import placed
from uploadm8.domain.publishing.preflight import Wish, accept, look_at, written
from uploadm8.domain.publishing.schedule import When, resolve
from uploadm8.domain.publishing.tables import Publication, PublicationState, ScheduleMode
from uploadm8.domain.uploads.schemas import Schedule, Target
from uploadm8.domain.workspaces.tables import Workspace
from uploadm8.errors import ConflictError, FieldError, InvalidRequestError
from uploadm8.findings import Finding
from uploadm8.infra.audit.actions import Action
from uploadm8.infra.audit.record import record as audit
from uploadm8.infra.clock import now
from uploadm8.infra.db.json_columns import to_json
from uploadm8.infra.ids import new_id

S = PublicationState
SCHEDULE_FEATURE = {
    ScheduleMode.AT: Feature.SCHEDULING,
    ScheduleMode.SMART: Feature.SMART_SCHEDULING,
}
Limits = Mapping[UUID, LiveLimits]
NO_LIMITS: Limits = {}


@dataclass(frozen=True, slots=True)
class Words:
    """What an upload says about itself; a target may say otherwise.

    Attributes:
        template_id: the caption template of targets that have neither caption nor template.
    """

    title: str
    filename: str
    caption: str
    hashtags: Sequence[str]
    template_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """Targets as they are asked for.

    Attributes:
        workspace_id: whose accounts they must be.
        user_id: who asks.
        words: of the upload.
        targets: where to.
        schedule: for targets without one of their own.
    """

    workspace_id: UUID
    user_id: UUID
    words: Words
    targets: Sequence[Target]
    schedule: Schedule


@dataclass(frozen=True, slots=True)
class Planned:
    """One checked target: everything about its post but the upload.

    Attributes:
        account: the row of the connected account.
    """

    account: dict[str, Any]
    caption: str
    template: str | None
    options: Options
    when: When
    findings: Sequence[Finding]

    @property
    def platform(self) -> Platform:
        """Where it goes."""
        return Platform(self.account["platform"])


@dataclass(frozen=True, slots=True)
class Targets:
    """Checks targets against accounts, options, schedules and tiers."""

    gate: Gate
    approvals: Approvals
    captions: CaptionTemplates

    async def check(
        self, asked: Asked, limits: Limits = NO_LIMITS, *, refuse: bool = True
    ) -> list[Planned]:
        """Check targets without recording anything.

        Args:
            asked: the targets.
            limits: what the platforms allow the accounts now, where they were asked.
            refuse: raise where preflight blocks, instead of only saying so.

        Raises:
            InvalidRequestError: unknown account, wrong options, wrong schedule, blocked.
            PaymentRequiredError: the tier has no scheduling.
        """
        zone = await workspace_zone(asked.workspace_id)
        seen: set[UUID] = set()
        planned: dict[int, Planned] = {}
        # By account: two requests that lock the same accounts' weekly times do so in one order.
        for position, target in sorted(enumerate(asked.targets), key=lambda one: one[1].account_id):
            if target.account_id in seen:
                raise _bad(position, "the account is there twice", "duplicate_target")
            seen.add(target.account_id)
            account = await _account(asked.workspace_id, target, position)
            platform = Platform(account["platform"])
            schedule = resolve(target.schedule or asked.schedule, now(), zone)
            when = await self.timed(asked.workspace_id, schedule, account["id"], platform)
            template = await self._template(asked, target, platform)
            wish = Wish(
                platform=platform,
                caption=caption_of(asked.words, target, template),
                options=read_options(platform, target.options),
                title=asked.words.title or PurePath(asked.words.filename).stem,
                scopes=read_scopes(account["scopes"]),
                publish_at=when.publish_at,
                access_ends=foreseeable_end(account),
                account_state=AccountState(account["state"]),
                limits=limits.get(account["id"]),
            )
            findings = accept(wish, f"targets[{position}]") if refuse else look_at(wish)
            planned[position] = Planned(
                account, wish.caption, template, wish.options, when, findings
            )
        return [planned[position] for position in sorted(planned)]

    async def record(self, asked: Asked, upload_id: UUID, planned: Sequence[Planned]) -> list[UUID]:
        """Insert a draft publication for each target, in the caller's transaction; return their ids.

        Raises:
            ConflictError: ``already_planned`` when an account has a post of this upload that is
                planned, under way or out.
        """
        approval_needed = await self.approvals.needed_of(asked.workspace_id, asked.user_id)
        made = []
        for one in planned:
            made.append(new_id())
            await Publication.insert(
                Publication(
                    id=made[-1],
                    workspace=asked.workspace_id,
                    upload=upload_id,
                    account=one.account["id"],
                    slot=await _free_slot(upload_id, one.account["id"]),
                    created_by=asked.user_id,
                    platform=one.platform.value,
                    caption=one.caption,
                    caption_template=one.template,
                    options=to_json(one.options),
                    consent=to_json({"by": str(asked.user_id), "at": now().isoformat()}),
                    schedule_mode=one.when.mode.value,
                    time_zone=one.when.time_zone,
                    publish_at=one.when.publish_at,
                    why=one.when.why,
                    findings=written(one.findings),
                    approval_needed=approval_needed,
                )
            )
            await audit(
                Action.PUBLICATION_PLANNED,
                workspace_id=asked.workspace_id,
                subject=("publication", made[-1]),
                details={"platform": one.platform.value, "account": str(one.account["id"])},
            )
        return made

    async def _template(self, asked: Asked, target: Target, platform: Platform) -> str | None:
        own = target.caption_template_id
        chosen = own or (asked.words.template_id if target.caption is None else None)
        if chosen is None:
            return None
        return await self.captions.text(asked.workspace_id, chosen, platform)

    async def timed(
        self, workspace_id: UUID, when: When, account_id: UUID, platform: Platform
    ) -> When:
        """Choose the time of a schedule that leaves it to us.

        Weekly times belong to scheduling, and rest when the tier has lost it.

        Raises:
            PaymentRequiredError: the tier has no schedule of that kind.
        """
        if when.mode in SCHEDULE_FEATURE:
            await self.gate.require(workspace_id, SCHEDULE_FEATURE[when.mode])
        chosen = await placed(when, account_id, platform, now())
        weekly = when.mode is ScheduleMode.QUEUE and chosen is not when
        if weekly and not await self.gate.has(workspace_id, Feature.SCHEDULING):
            return when
        return chosen


async def workspace_zone(workspace_id: UUID) -> str:
    """The IANA zone of a workspace."""
    row = await Workspace.select(Workspace.time_zone).where(Workspace.id == workspace_id).first()
    return row["time_zone"] if row else "UTC"


async def _free_slot(upload_id: UUID, account_id: UUID) -> int:
    rows = await Publication.select(Publication.slot, Publication.state).where(
        Publication.upload == upload_id, Publication.account == account_id
    )
    if any(row["state"] not in (S.CANCELED, S.FAILED) for row in rows):
        raise ConflictError(
            "This upload has a post on that account already.",
            code="already_planned",
            action="Change that publication, or make another post of it with post-again.",
        )
    return max((row["slot"] for row in rows), default=-1) + 1


async def _account(workspace_id: UUID, target: Target, position: int) -> dict[str, Any]:
    account = await (
        ConnectedAccount.select(
            ConnectedAccount.id,
            ConnectedAccount.platform,
            ConnectedAccount.state,
            ConnectedAccount.scopes,
            ConnectedAccount.access_expires_at,
            ConnectedAccount.refresh_expires_at,
            ConnectedAccount.data_access_expires_at,
            ConnectedAccount.refresh_token_enc,
        )
        .where(ConnectedAccount.id == target.account_id, ConnectedAccount.workspace == workspace_id)
        .first()
    )
    if account is None or account["state"] == AccountState.DISCONNECTED:
        raise account_not_found(position)
    return account


def caption_of(words: Words, target: Target, template: str | None = None) -> str:
    """The text as far as it is known: a template's, or the target's own caption or the upload's.

    Hashtags follow a caption; a template says itself where they stand.
    """
    tags = " ".join(f"#{tag.lstrip('#')}" for tag in words.hashtags)
    if template is not None:
        return render(template, {"title": words.title, "caption": words.caption, "hashtags": tags})
    caption = words.caption if target.caption is None else target.caption
    return "\n\n".join(part for part in (caption.strip(), tags) if part)


def account_not_found(position: int) -> InvalidRequestError:
    """The error about a target that is none of the workspace's accounts."""
    return _bad(position, "no such connected account in this workspace", "account_not_found")


def _bad(position: int, message: str, code: str) -> InvalidRequestError:
    field = f"targets[{position}].account_id"
    return InvalidRequestError(
        f"{field}: {message}.",
        code=code,
        action="List your accounts with GET /api/platforms.",
        fields=[FieldError(field, message)],
    )
