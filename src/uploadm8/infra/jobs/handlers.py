"""What a subject gives the job machinery for each kind, and what the machinery gives back."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from uploadm8.errors import ConflictError, UploadM8Error
from uploadm8.infra.jobs.catalog import JobKind
from uploadm8.infra.jobs.queue import ClaimedJob, holds_lease


class LeaseLostError(ConflictError):
    """Another worker has taken this job over; nothing may be written any more."""

    code = "lease_lost"


class JobCanceledError(ConflictError):
    """The job was canceled by its owner."""

    code = "canceled"


@dataclass(frozen=True, slots=True)
class JobContext:
    """What a handler knows about its run."""

    job: ClaimedJob
    worker: str

    @property
    def subject(self) -> UUID:
        """Id of the row the job is about.

        Raises:
            UploadM8Error: ``job_without_subject``; a bug of whoever enqueued it.
        """
        if self.job.ref_id is None:
            raise UploadM8Error("The job names no subject.", code="job_without_subject")
        return self.job.ref_id

    async def fence(self) -> None:
        """Inside a transaction: make sure that this lease is still ours until COMMIT.

        Raises:
            LeaseLostError: it is not; the transaction must be rolled back.
        """
        if not await holds_lease(self.job):
            raise LeaseLostError


Run = Callable[[JobContext], Awaitable[None]]
OnDead = Callable[[JobContext, UploadM8Error], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Handler:
    """How a kind of job is done.

    Attributes:
        run: does the work; raises to fail. It may run more than once.
        on_dead: called in the transaction that ends the job for good, to tell the subject.
    """

    kind: JobKind
    run: Run
    on_dead: OnDead | None = None


Handlers = Mapping[str, Handler]
