"""Deliver one publication: handle before bytes, intent before the irreversible call, then ask."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog

from uploadm8.domain.platforms.clients import errors as e
from uploadm8.domain.platforms.clients.base import Accepted, Draft, Platform, Ready, Report
from uploadm8.domain.platforms.clients.errors import PlatformError
from uploadm8.domain.platforms.clients.protocol import Publisher
from uploadm8.domain.platforms.tokens import AccountAccess, Remembering
from uploadm8.domain.publishing import circuit
from uploadm8.domain.publishing.confirmation import INLINE_WAIT_S, Confirmation, polling_pause, wait
from uploadm8.domain.publishing.drafts import AskLaterError, Drafts
from uploadm8.domain.publishing.pace import Pace
from uploadm8.domain.publishing.preflight import at_commit, before_sending, written
from uploadm8.domain.publishing.record import Record
from uploadm8.domain.publishing.tables import Publication, PublicationState
from uploadm8.domain.workspaces.service import is_suspended
from uploadm8.errors import Retry
from uploadm8.infra.clock import now
from uploadm8.infra.failpoints import failpoint
from uploadm8.infra.jobs.handlers import JobCanceledError, JobContext
from uploadm8.infra.security.cipher import Cipher
from uploadm8.infra.storage.s3 import Storage

log = structlog.get_logger(__name__)
S = PublicationState

MISSED_AFTER = timedelta(hours=2)
AUTH_ATTEMPTS = 3
READY_PATIENCE = timedelta(minutes=45)  # Instagram takes up to half an hour over a long video


@dataclass(frozen=True, slots=True)
class Delivery:
    """Drives any platform's publisher through the protocol."""

    accounts: AccountAccess
    publishers: Mapping[Platform, Publisher]
    storage: Storage
    cipher: Cipher
    pace: Pace = field(default_factory=Pace)

    async def deliver(self, context: JobContext, publication_id: UUID) -> Platform | None:
        """Bring one publication as far as it goes now; returns its platform once it is public.

        Raises:
            UploadM8Error: to be tried again as its class says; the row tells the user meanwhile.
        """
        tokens = Remembering(self.accounts)
        return await replace(self, accounts=tokens).deliver_by(tokens, context, publication_id)

    async def deliver_by(
        self, tokens: Remembering, context: JobContext, publication_id: UUID
    ) -> Platform | None:
        """As `deliver`, with `tokens` for this delivery alone as the accounts."""
        record = Record(context, publication_id, self.cipher)
        row = await record.take_over()
        try:
            public = await self._step(record, row)
        except PlatformError as error:
            if error.retry is not Retry.AUTH_EXPIRED:
                raise
            await tokens.access(row["account"], refused=tokens.last)
            public = await self._step_renewed(record, context.job.attempt)
        return Platform(row["platform"]) if public else None

    async def _step_renewed(self, record: Record, attempt: int) -> bool:
        """Once more with a new token; one that is refused time and again means no access."""
        try:
            return await self._step(record, await record.row())
        except PlatformError as error:
            if error.retry is Retry.AUTH_EXPIRED and attempt >= AUTH_ATTEMPTS:
                raise PlatformError(e.REVOKED, platform=error.platform) from error
            raise

    async def _step(self, record: Record, row: dict[str, Any]) -> bool:
        if row["state"] in (S.COMMITTING, S.CONFIRMING) or row["commit_intent_at"] is not None:
            return await self._confirm(record, row)
        if row["state"] not in (S.SCHEDULED, S.QUEUED, S.RETRY_WAIT, S.PREPARING, S.TRANSFERRING):
            return False
        if row["cancel_requested"]:
            raise JobCanceledError
        if await is_suspended(row["workspace"]):
            await record.move(S.HELD, held_reason="suspended")
            return False
        if _missed(row):
            await record.move(S.HELD, held_reason="missed")
            return False
        if row["approval_needed"]:
            await record.require_approval()
        platform = Platform(row["platform"])
        await circuit.admit(platform)
        if row["handle_enc"] is None:
            await self.pace.require_near(row["id"], row["account"], platform)
        await self._send_and_commit(record, row)
        return True

    async def _send_and_commit(self, record: Record, row: dict[str, Any]) -> None:
        publisher = self.publisher(row)
        if row["state"] != S.TRANSFERRING:
            await record.move(S.PREPARING, attempts=Publication.attempts + 1)
        draft = await self.draft_of(row)
        handle, prepared = record.handle_of(row), row["handle_at"] or now()
        if handle is None:
            findings = written(await before_sending(publisher, draft))
            failpoint("before_prepare", publisher.platform)
            handle, prepared = await publisher.prepare(draft), now()
            failpoint("after_prepare", publisher.platform)
            await record.keep_handle(handle, findings=findings)
        elif row["state"] != S.TRANSFERRING:
            await record.move(S.TRANSFERRING)
        failpoint("after_handle", publisher.platform)
        try:
            known = handle
            handle = await publisher.transfer(
                draft, handle, self._reporter(record, publisher.platform)
            )
            if handle != known:
                await record.keep_handle(handle)
            failpoint("after_transfer", publisher.platform)
            sent = now() if handle != known else prepared
            await self._until_ready(publisher, draft, handle, prepared, sent)
        except PlatformError as error:
            if error.fresh_handle:
                await record.drop_handle()
            raise
        await _until(row["publish_at"])
        await self._commit(record, publisher, draft, handle, prepared)

    async def _until_ready(
        self, publisher: Publisher, draft: Draft, handle: Any, prepared: datetime, sent: datetime
    ) -> None:
        while not isinstance(await publisher.ready(draft, handle), Ready):
            if now() - prepared > READY_PATIENCE:
                raise PlatformError(e.SESSION_GONE, platform=publisher.platform)
            await wait(polling_pause((now() - sent).total_seconds()))

    async def _commit(
        self,
        record: Record,
        publisher: Publisher,
        draft: Draft,
        handle: Any,
        prepared: datetime,
    ) -> None:
        await record.intend(self.pace, await at_commit(publisher, draft, prepared))
        failpoint("after_intent", publisher.platform)
        try:
            result = await publisher.commit(draft, handle)
        except PlatformError as error:
            await record.refused(error, drop=error.fresh_handle)
            raise
        failpoint("after_commit", publisher.platform)
        if isinstance(result, Accepted):
            await record.accepted(result.post_id)
        else:
            log.warning("commit_ambiguous", platform=publisher.platform, reason=result.reason)
            await record.move(S.CONFIRMING)
        await Confirmation(record, publisher, draft, handle).settle()

    async def _confirm(self, record: Record, row: dict[str, Any]) -> bool:
        if row["state"] not in (S.COMMITTING, S.CONFIRMING):
            return False
        if row["state"] != S.CONFIRMING:
            await record.move(S.CONFIRMING)
        draft = await self.draft_of(row)
        await Confirmation(record, self.publisher(row), draft, record.handle_of(row)).settle()
        return True

    async def draft_of(self, row: dict[str, Any]) -> Draft:
        """The post of a publication's row."""
        return await Drafts(self.accounts, self.storage).of(row)

    def publisher(self, row: Mapping[str, Any]) -> Publisher:
        """The client of a publication's platform."""
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


def _missed(row: Mapping[str, Any]) -> bool:
    """Whether its time is long past; a wait for the platform's own limit was announced."""
    at: datetime | None = row["publish_at"]
    told = row["error_class"] == Retry.RATE_LIMITED
    return at is not None and now() - at > MISSED_AFTER and not told


async def _until(at: datetime | None) -> None:
    if at is not None and (left := (at - now()).total_seconds()) > 0:
        if left > INLINE_WAIT_S:  # back a little early: the last seconds are waited out in here
            raise AskLaterError(retry_after=left - INLINE_WAIT_S)
        await asyncio.sleep(left)
