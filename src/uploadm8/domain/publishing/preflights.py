"""Preflight of whole uploads: text, options and media of every target, before anything is sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import PurePath
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from uploadm8.core.video.footage import Footage
from uploadm8.core.video.preflight import MEDIA_CODES
from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.domain.platforms.clients.findings import Proposal
from uploadm8.domain.platforms.clients.options import read_options
from uploadm8.domain.platforms.clients.preflight import preflight
from uploadm8.domain.platforms.tables import AccountState, ConnectedAccount
from uploadm8.domain.platforms.vault import read_scopes
from uploadm8.domain.publishing.lifecycle import TERMINAL
from uploadm8.domain.publishing.tables import Publication, PublicationState
from uploadm8.domain.publishing.targets import Words, account_not_found, caption_of
from uploadm8.domain.renditions.media_check import MediaCheck, MediaVerdict, footage_of
from uploadm8.domain.uploads.choices import RenditionChoice, choice_of
from uploadm8.domain.uploads.ownership import own_upload
from uploadm8.domain.uploads.schemas import NewUpload, Target
from uploadm8.domain.uploads.tables import Upload, UploadState
from uploadm8.findings import Finding, Severity, blocks
from uploadm8.infra.db.json_columns import json_of, to_json


class RenditionPlan(Struct, kw_only=True):
    """The file that a target will get."""

    name: str
    width: int
    height: int


class TargetPreflight(Struct, kw_only=True):
    """What would become of one post.

    Attributes:
        publication_id: the post, when it is planned already.
        rendition: the file it gets; null when that depends on a picture nobody has seen yet.
        blocked: whether a finding stops it.
    """

    account_id: UUID
    platform: str
    publication_id: UUID | None
    rendition: RenditionPlan | None
    blocked: bool
    findings: list[Finding]


class Preflight(Struct, kw_only=True):
    """What would become of every post.

    Attributes:
        stage: what is known by now: `announced` (size, type, options), `inspected` (the video
            itself) or `rendered` (the finished files).
        blocked: whether any post is stopped.
    """

    stage: str
    blocked: bool
    targets: list[TargetPreflight]


class DraftUpload(NewUpload, kw_only=True, forbid_unknown_fields=True):
    """An upload as for presign, with what is known of the video beside its size and type."""

    duration_s: Annotated[float, Meta(ge=0.01, le=86_400)] | None = None
    width: Annotated[int, Meta(ge=16, le=16_384)] | None = None
    height: Annotated[int, Meta(ge=16, le=16_384)] | None = None
    fps: Annotated[float, Meta(ge=1, le=1000)] | None = None


@dataclass(frozen=True, slots=True)
class Preflights:
    """Answers before anything is sent, as far as things are known."""

    media: MediaCheck

    async def of_upload(self, workspace_id: UUID, upload_id: UUID) -> Preflight:
        """Every planned post of an upload.

        Raises:
            NotFoundError: no such upload in this workspace.
        """
        upload = await own_upload(workspace_id, upload_id)
        posts = await self._posts(upload_id)
        verdicts = await self._verdicts(upload, posts)
        scopes = await _scopes_of(posts)
        targets = [
            judged(
                post["account"],
                post["platform"],
                [*_text(upload, post, scopes), *verdicts[post["platform"]].findings],
                verdicts[post["platform"]],
                publication_id=post["id"],
            )
            for post in posts
        ]
        return summed(_stage(upload), targets)

    async def of_draft(self, workspace_id: UUID, draft: DraftUpload) -> Preflight:
        """Every target of an upload that is only thought of; nothing is kept.

        Raises:
            InvalidRequestError: an unknown account or wrong options.
        """
        rows = [
            await self._account(workspace_id, target, position)
            for position, target in enumerate(draft.targets)
        ]
        verdicts = await self.media.verdicts(
            workspace_id,
            _footage(draft),
            sorted({row["platform"] for row in rows}),
            draft.renditions or RenditionChoice(),
            hud=(draft.hud or {}).get("enabled", True) is not False,
        )
        words = Words(draft.title, draft.filename, draft.caption, draft.hashtags)
        targets = []
        for row, target in zip(rows, draft.targets, strict=True):
            platform = Platform(row["platform"])
            proposal = Proposal(
                None,
                caption_of(words, target),
                read_options(platform, target.options),
                title=draft.title or PurePath(draft.filename).stem,
                scopes=read_scopes(row["scopes"]),
            )
            verdict = verdicts[row["platform"]]
            found = [*preflight(platform, proposal), *verdict.findings]
            targets.append(judged(row["id"], row["platform"], found, verdict))
        return summed("announced" if draft.duration_s is None else "inspected", targets)

    async def note_media(self, upload_id: UUID) -> None:
        """Keep what the media means for each planned post with the post. Idempotent."""
        upload = await Upload.select().where(Upload.id == upload_id).first()
        if upload is None:
            return
        posts = await self._posts(upload_id)
        if not posts:
            return
        verdicts = await self._verdicts(upload, posts)
        for post in posts:
            if post["state"] == PublicationState.DRAFT:
                others = [
                    one for one in json_of(post["findings"]) if one["code"] not in MEDIA_CODES
                ]
                media = msgspec.to_builtins(list(verdicts[post["platform"]].findings))
                await Publication.update({Publication.findings: to_json(others + media)}).where(
                    Publication.id == post["id"], Publication.state == PublicationState.DRAFT
                )

    async def _account(self, workspace_id: UUID, target: Target, position: int) -> dict[str, Any]:
        row = await (
            ConnectedAccount.select(
                ConnectedAccount.id, ConnectedAccount.platform, ConnectedAccount.scopes
            )
            .where(
                ConnectedAccount.id == target.account_id,
                ConnectedAccount.workspace == workspace_id,
                ConnectedAccount.state != AccountState.DISCONNECTED,
            )
            .first()
        )
        if row is None:
            raise account_not_found(position)
        return row

    async def _posts(self, upload_id: UUID) -> list[dict[str, Any]]:
        return await (
            Publication.select()
            .where(
                Publication.upload == upload_id,
                Publication.state.not_in([state.value for state in TERMINAL]),
            )
            .order_by(Publication.id)
        )

    async def _verdicts(
        self, upload: dict[str, Any], posts: Sequence[Mapping[str, Any]]
    ) -> dict[str, MediaVerdict]:
        request = json_of(upload["request"]) or {}
        return await self.media.verdicts(
            upload["workspace"],
            footage_of(upload),
            sorted({post["platform"] for post in posts}),
            choice_of(upload),
            hud=not request.get("hud_off", False),
        )


def judged(
    account_id: UUID,
    platform: str,
    findings: list[Finding],
    verdict: MediaVerdict,
    publication_id: UUID | None = None,
) -> TargetPreflight:
    """One target with its findings, the worst first."""
    order = (Severity.BLOCK, Severity.CHANGE, Severity.FIX)
    spec = verdict.spec
    return TargetPreflight(
        account_id=account_id,
        platform=platform,
        publication_id=publication_id,
        rendition=None
        if spec is None
        else RenditionPlan(name=spec.name, width=spec.width, height=spec.height),
        blocked=blocks(findings),
        findings=sorted(findings, key=lambda finding: order.index(finding.severity)),
    )


def summed(stage: str, targets: list[TargetPreflight]) -> Preflight:
    """All targets as one answer."""
    return Preflight(
        stage=stage, blocked=any(target.blocked for target in targets), targets=targets
    )


def _footage(draft: DraftUpload) -> Footage:
    known = Footage.announced(draft.content_type, draft.size_bytes)
    return replace(
        known,
        duration_s=draft.duration_s,
        width=draft.width,
        height=draft.height,
        fps=None if draft.fps is None else Fraction(draft.fps).limit_denominator(1001),
    )


def _stage(upload: Mapping[str, Any]) -> str:
    if upload["state"] == UploadState.READY:
        return "rendered"
    return "announced" if upload["source"] is None else "inspected"


def _text(
    upload: Mapping[str, Any],
    post: Mapping[str, Any],
    scopes: Mapping[UUID, frozenset[str]],
) -> list[Finding]:
    platform = Platform(post["platform"])
    proposal = Proposal(
        None,
        post["caption"],
        read_options(platform, json_of(post["options"])),
        title=upload["title"] or PurePath(upload["filename"]).stem,
        scopes=scopes.get(post["account"], frozenset()),
    )
    return preflight(platform, proposal)


async def _scopes_of(posts: Sequence[Mapping[str, Any]]) -> dict[UUID, frozenset[str]]:
    rows = (
        await ConnectedAccount.select(ConnectedAccount.id, ConnectedAccount.scopes).where(
            ConnectedAccount.id.is_in([post["account"] for post in posts])
        )
        if posts
        else []
    )
    return {row["id"]: read_scopes(row["scopes"]) for row in rows}
