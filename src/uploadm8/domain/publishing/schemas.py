"""What clients send about publications, and what they get beyond PublicationOut."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

from uploadm8.domain.uploads.schemas import PublicationOut, Schedule


class Reschedule(Struct, kw_only=True, forbid_unknown_fields=True):
    """A new time, or `now`."""

    schedule: Schedule


class Verdict(Struct, kw_only=True, forbid_unknown_fields=True):
    """What a person saw on the platform.

    Attributes:
        outcome: `published` (it is there) or `not_published` (it is not).
        public_url: where it is, when it is.
    """

    outcome: Annotated[str, Meta(pattern="^(published|not_published)$")]
    public_url: Annotated[str, Meta(max_length=500, pattern="^https?://")] | None = None


class AttemptOut(Struct, kw_only=True):
    """One step that was tried."""

    phase: str
    at: datetime
    error_class: str | None
    error_code: str | None
    detail: str | None
    http_status: int | None


class CalendarEntry(PublicationOut, kw_only=True):
    """A publication in a list.

    Attributes:
        conflicts_with: other posts that are planned on the account within a quarter of an hour.
    """

    conflicts_with: list[UUID]


class PublicationDetail(PublicationOut, kw_only=True):
    """A publication with everything about it.

    Attributes:
        why: how a smart time was chosen.
        findings: what preflight has to say about the post.
    """

    upload_id: UUID
    caption: str
    options: dict[str, Any]
    schedule_mode: str
    time_zone: str
    held_reason: str | None
    late: bool
    why: str | None
    findings: list[dict[str, Any]]
    attempts: list[AttemptOut]
