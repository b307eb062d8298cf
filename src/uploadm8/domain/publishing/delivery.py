"""Deliver one publication: handle before bytes, intent before the irreversible call, then ask."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Any
from uuid import UUID

import structlog

from uploadm8.domain.platforms.clients.base import (
    Accepted,
    CommitAgain,
    Draft,
    Live,
    MediaFacts,
    NotPublished,
    Pending,
    Platform,
    Ready,
    Report,
    Unknown,
)
from uploadm8.domain.platforms.clients.errors import PlatformError
from uploadm8.domain.platforms.clients.options import InstagramOptions, Options, read_options
from uploadm8.domain.platforms.clients.protocol import Publisher
from uploadm8.domain.platforms.tokens import AccountAccess
from uploadm8.domain.publishing.media import StoredMedia
from uploadm8.domain.publishing.preflight import before_sending
from uploadm8.domain.publishing.record import Record
from uploadm8.domain.publishing.tables import Publication, PublicationState
from uploadm8.domain.renditions.tables import Rendition, RenditionState
from uploadm8.domain.uploads.tables import Upload
from uploadm8.domain.uploads.views import json_of
from uploadm8.errors import Retry, UnavailableError, UploadM8Error
from uploadm8.infra.clock import now
from uploadm8.infra.failpoints import failpoint
from uploadm8.infra.jobs.handlers import JobCanceledError, JobContext
from uploadm8.infra.security.cipher import Cipher
from uploadm8.infra.storage.s3 import Storage

log = structlog.get_logger(__name__)
S = PublicationState

INLINE_WAIT_S = 5.0  # a shorter wait keeps the worker's slot, a longer one gives it back
VERDICT_PATIENCE = timedelta(minutes=30)
MISSED_AFTER = timedelta(hours=2)


class AskLaterError(UnavailableError):
    """The platform is still at work; the job comes back later without using up an attempt."""

    code = "ask_later"
    retry = Retry.RATE_LIMITED


@dataclass(frozen=True, slots=True)
class Delivery:
    """Drives any platform's publisher through the protocol."""

    accounts: AccountAccess
    publishers: Mapping[Platform, Publisher]
    storage: Storage
    cipher: Cipher

    async def deliver(self, context: JobContext, publication_id: UUID) -> None:
        """Bring one publication as far as it goes now.

        Raises:
            UploadM8Error: to be tried again as its class says; the row tells the user meanwhile.
        """
        record = Record(context, publication_id, self.cipher)
        row = await record.row()
        try:
            await self._step(record, row)
        except PlatformError as error:
            if error.retry is not Retry.AUTH_EXPIRED:
                raise
            await self.accounts.access(row["account"], renew=True)
            await self._step(record, await record.row())

    async def _step(self, record: Record, row: dict[str, Any]) -> None:
        if row["state"] in (S.COMMITTING, S.CONFIRMING) or row["commit_intent_at"] is not None:
            await self._confirm(record, row)
            return
        if row["state"] not in (S.SCHEDULED, S.QUEUED, S.RETRY_WAIT, S.PREPARING, S.TRANSFERRING):
            return
        if row["cancel_requested"]:
            raise JobCanceledError
        if _missed(row):
            await record.move(S.HELD, held_reason="missed")
            return
        await self._send_and_commit(record, row)

    async def _send_and_commit(self, record: Record, row: dict[str, Any]) -> None:
        publisher = self._publisher(row)
        if row["state"] != S.TRANSFERRING:
            await record.move(S.PREPARING, attempts=Publication.attempts + 1)
        draft = await self.draft_of(row)
        handle = record.handle_of(row)
        if handle is None:
            await record.keep_findings(await before_sending(publisher, draft))
            failpoint("before_prepare", publisher.platform)
            handle = await publisher.prepare(draft)
            failpoint("after_prepare", publisher.platform)
            await record.keep_handle(handle)
        elif row["state"] != S.TRANSFERRING:
            await record.move(S.TRANSFERRING)
        failpoint("after_handle", publisher.platform)
        try:
            handle = await publisher.transfer(
                draft, handle, self._reporter(record, publisher.platform)
            )
        except PlatformError as error:
            if error.fresh_handle:
                await record.drop_handle()
            raise
        await record.keep_handle(handle)
        failpoint("after_transfer", publisher.platform)
        await self._until_ready(publisher, draft, handle)
        await _until(row["publish_at"])
        await self._commit(record, publisher, draft, handle, again=False)

    async def _until_ready(self, publisher: Publisher, draft: Draft, handle: Any) -> None:
        while not isinstance(state := await publisher.ready(draft, handle), Ready):
            await _wait(state.seconds)

    async def _commit(
        self, record: Record, publisher: Publisher, draft: Draft, handle: Any, *, again: bool
    ) -> None:
        await record.intend()
        failpoint("after_intent", publisher.platform)
        try:
            result = await publisher.commit(draft, handle, again=again)
        except PlatformError as error:
            if again:
                raise AskLaterError(error.detail, retry_after=INLINE_WAIT_S) from error
            await record.refused(error)
            if error.fresh_handle:
                await record.drop_handle()
            raise
        failpoint("after_commit", publisher.platform)
        if isinstance(result, Accepted):
            await record.accepted(result.post_id)
        else:
            log.warning("commit_ambiguous", platform=publisher.platform, reason=result.reason)
            await record.move(S.CONFIRMING)
        await self._verdict(record, publisher, draft, handle)

    async def _confirm(self, record: Record, row: dict[str, Any]) -> None:
        if row["state"] == S.UNKNOWN or row["state"] in (S.PUBLISHED, S.FAILED, S.CANCELED):
            return
        publisher = self._publisher(row)
        if row["state"] != S.CONFIRMING:
            await record.move(S.CONFIRMING)
        draft = await self.draft_of(row)
        handle = record.handle_of(row)
        await self._verdict(record, publisher, draft, handle)

    async def _verdict(
        self, record: Record, publisher: Publisher, draft: Draft, handle: Any
    ) -> None:
        while True:
            failpoint("before_check", publisher.platform)
            verdict = await publisher.check(draft, handle)
            match verdict:
                case Live(post_id=post_id, url=url):
                    failpoint("before_published", publisher.platform)
                    await record.published(post_id, url)
                    return
                case CommitAgain():
                    if not await record.was_accepted(await record.row()):
                        await self._commit(record, publisher, draft, handle, again=True)
                        return
                    await self._patience(record, "it took the post and shows no sign of it")
                    await _wait(INLINE_WAIT_S)
                case NotPublished(error=error):
                    await record.refused(error)
                    await record.drop_handle()
                    raise error
                case Unknown(reason=reason):
                    await self._patience(record, reason)
                    await _wait(30.0)
                case Pending(seconds=seconds):
                    await self._patience(record, "it is still being processed")
                    await _wait(seconds)

    async def _patience(self, record: Record, reason: str) -> None:
        row = await record.row()
        since = row["commit_intent_at"]
        if since is None or now() - since < VERDICT_PATIENCE:
            return
        if row["platform_post_id"] is not None:  # it told us the id of the post when it took it
            await record.published(row["platform_post_id"], None)
        else:
            await record.unknown(reason)
        raise VerdictSettledError

    async def draft_of(self, row: dict[str, Any]) -> Draft:
        platform = Platform(row["platform"])
        rendition = await Rendition.select().where(Rendition.id == row["rendition"]).first()
        upload = (
            await Upload.select(Upload.title, Upload.filename)
            .where(Upload.id == row["upload"])
            .first()
        )
        if rendition is None or upload is None:
            raise UploadM8Error("The publication has no rendition.", code="rendition_missing")
        if rendition["state"] != RenditionState.SUCCEEDED:
            raise AskLaterError("The rendition is being made anew.", retry_after=10.0)
        options = read_options(platform, json_of(row["options"]))
        return Draft(
            access=await self.accounts.access(row["account"]),
            media=StoredMedia(
                self.storage, rendition["object_key"], rendition["etag"], rendition["size_bytes"]
            ),
            facts=MediaFacts(
                container="mp4",
                video_codec="h264",
                width=rendition["width"],
                height=rendition["height"],
                fps=rendition["fps"],
                duration=rendition["duration_s"],
                size_bytes=rendition["size_bytes"],
                audio_codec="aac",
            ),
            caption=row["caption"],
            options=options,
            marker=str(row["id"]),
            title=upload["title"] or PurePath(upload["filename"]).stem or None,
            cover_url=await self._cover(options, rendition["still_key"]),
        )

    async def _cover(self, options: Options, still_key: str | None) -> str | None:
        """An address of the still picture that Instagram can fetch for an hour."""
        if not isinstance(options, InstagramOptions) or not options.cover or still_key is None:
            return None
        return await self.storage.presign_get(still_key, expires_s=3_600)

    def _publisher(self, row: dict[str, Any]) -> Publisher:
        return self.publishers[Platform(row["platform"])]

    def _reporter(self, record: Record, platform: Platform) -> Report:
        async def report(sent: int) -> None:
            rows = await (
                Publication.update({Publication.bytes_sent: sent})
                .where(Publication.id == record.publication_id)
                .returning(Publication.cancel_requested)
            )
            failpoint("in_transfer", platform)
            if not rows or rows[0]["cancel_requested"]:
                raise JobCanceledError

        return report


class VerdictSettledError(UploadM8Error):
    """Patience ran out, and the row tells what became of the publication."""

    code = "verdict_settled"
    retry = Retry.AMBIGUOUS


def _missed(row: dict[str, Any]) -> bool:
    at: datetime | None = row["publish_at"]
    return at is not None and now() - at > MISSED_AFTER and row["state"] == S.SCHEDULED


async def _until(at: datetime | None) -> None:
    if at is not None and (left := (at - now()).total_seconds()) > 0:
        await _wait(left)


async def _wait(seconds: float) -> None:
    if seconds > INLINE_WAIT_S:
        raise AskLaterError(retry_after=seconds)
    await asyncio.sleep(max(0.05, seconds))
