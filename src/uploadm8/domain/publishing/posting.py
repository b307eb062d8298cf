"""Publish an upload that exists to further accounts, or look first what would come of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from uploadm8.domain.billing.plans import Feature
from uploadm8.domain.platforms.limits import AccountLimits
from uploadm8.domain.publishing.files import fitting, made_for
from uploadm8.domain.publishing.release import finished, start, title_of
from uploadm8.domain.publishing.schemas import NewPublications, TargetPreview
from uploadm8.domain.publishing.tables import Publication
from uploadm8.domain.publishing.targets import Asked, Targets, Words
from uploadm8.domain.uploads.lifecycle import advance
from uploadm8.domain.uploads.ownership import own_upload
from uploadm8.domain.uploads.tables import Upload, UploadState
from uploadm8.errors import ConflictError
from uploadm8.infra.db.json_columns import json_of, to_json
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.jobs.catalog import RENDER_UPLOAD
from uploadm8.infra.jobs.queue import enqueue

U = UploadState
_NOT_YET_RENDERED = (U.PENDING, U.UPLOADED, U.VALIDATING)


@dataclass(frozen=True, slots=True)
class Posting:
    """Further targets of uploads; every method is scoped by the workspace."""

    targets: Targets
    limits: AccountLimits

    async def preview(
        self, workspace_id: UUID, user_id: UUID, new: NewPublications
    ) -> list[TargetPreview]:
        """Check targets as `add` would, with the accounts' live limits, and record nothing.

        Raises:
            NotFoundError, InvalidRequestError: as `add`, but for what
                preflight blocks, which is among the findings.
        """
        upload = await own_upload(workspace_id, new.upload_id)
        limits = await self._limits(workspace_id, new)
        asked = _asked(workspace_id, user_id, upload, new)
        planned = await self.targets.check(asked, limits, refuse=False)
        return [
            TargetPreview(
                account_id=one.account["id"],
                platform=one.platform.value,
                caption=one.caption,
                publish_at=one.when.publish_at,
                why=one.when.why,
                findings=list(one.findings),
            )
            for one in planned
        ]

    async def add(self, workspace_id: UUID, user_id: UUID, new: NewPublications) -> list[UUID]:
        """Record publications of an upload and set them going; returns their ids.

        What no finished file suits is rendered first, where the tier transcodes.

        Raises:
            NotFoundError: ``upload_not_found``.
            ConflictError: ``already_planned``, ``upload_in_progress``, or the upload has ended.
            InvalidRequestError: wrong account, options or schedule, or blocked by preflight.
            PaymentRequiredError: the tier lacks the schedule, or a file would have to be made.
        """
        limits = await self._limits(workspace_id, new)
        async with transaction():
            upload = await own_upload(workspace_id, new.upload_id, lock=True)
            _require_open(upload)
            asked = _asked(workspace_id, user_id, upload, new)
            planned = await self.targets.check(asked, limits)
            made = await self.targets.record(asked, new.upload_id, planned)
            platforms = {one.platform.value for one in planned}
            if upload["state"] == U.READY:
                platforms = await self._start(upload, made)
            await self._want(upload, platforms)
        return made

    async def _limits(self, workspace_id: UUID, new: NewPublications) -> Any:
        return await self.limits.of_several(workspace_id, [one.account_id for one in new.targets])

    async def _start(self, upload: dict[str, Any], made: Sequence[UUID]) -> set[str]:
        """Start what a finished file suits; return the platforms that want one of their own.

        Where the tier transcodes, a file of the wrong shape is not good enough.
        """
        choosy = await self.targets.gate.has(upload["workspace"], Feature.AUTO_TRANSCODE)
        renditions = await finished(upload["id"])
        lacking: set[str] = set()
        drafts = await Publication.select().where(Publication.id.is_in(list(made)))
        for draft in drafts:
            file = made_for(draft["platform"], renditions) or fitting(
                draft, title_of(upload), renditions, same_shape=choosy
            )
            if file is not None:
                await start(draft, file)
            else:
                lacking.add(draft["platform"])
        return lacking

    async def _want(self, upload: dict[str, Any], platforms: set[str]) -> None:
        """Have files made for further platforms: by the render to come, or by another one."""
        if not platforms:
            return
        request = json_of(upload["request"])
        request["platforms"] = sorted({*request.get("platforms", []), *platforms})
        await Upload.update({Upload.request: to_json(request)}).where(Upload.id == upload["id"])
        if upload["state"] == U.READY:
            await self.targets.gate.require(upload["workspace"], Feature.AUTO_TRANSCODE)
            await advance(upload["id"], (U.READY,), U.RENDERING)
            await enqueue(RENDER_UPLOAD, ref_id=upload["id"], workspace_id=upload["workspace"])


def _asked(
    workspace_id: UUID, user_id: UUID, upload: dict[str, Any], new: NewPublications
) -> Asked:
    words = Words(
        upload["title"], upload["filename"], upload["caption"], json_of(upload["hashtags"])
    )
    return Asked(workspace_id, user_id, words, new.targets, new.schedule)


def _require_open(upload: dict[str, Any]) -> None:
    state = UploadState(upload["state"])
    if state is U.RENDERING:
        raise ConflictError(
            "This upload is being rendered.",
            code="upload_in_progress",
            action="Add targets once it is ready.",
        )
    if state is not U.READY and state not in _NOT_YET_RENDERED:
        raise ConflictError(
            f"This upload is {state.value}.",
            code=f"upload_{state.value}",
            action="Upload the video again.",
        )
