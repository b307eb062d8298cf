"""What clients send about publications, and what they get beyond PublicationOut."""

from datetime import datetime
from typing import Annotated, Any, Literal
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


class PolicyView(Struct, kw_only=True):
    """Whose publications wait for an approver.

    Attributes:
        required_of: `nobody`, `editors` or `everybody`.
        self_approval: whether an admin may approve an own publication.
        in_force: whether the workspace's tier has approvals.
    """

    required_of: str
    self_approval: bool
    in_force: bool


class PolicyChange(Struct, kw_only=True, forbid_unknown_fields=True):
    """The rule for what is planned from now on."""

    required_of: Literal["nobody", "editors", "everybody"]
    self_approval: bool = False


class ApprovalOut(Struct, kw_only=True):
    """A question to the approvers.

    Attributes:
        content_hash: stands for rendition, caption, title, options, target and time together.
    """

    id: UUID
    publication_id: UUID
    upload_id: UUID
    platform: str
    account_id: UUID
    account_name: str
    title: str
    caption: str
    schedule_mode: str
    publish_at: datetime | None
    publication_state: str
    state: str
    content_hash: str
    requested_by: str | None
    requested_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    comment: str | None


class Decision(Struct, kw_only=True, forbid_unknown_fields=True):
    """Yes to what was looked at: `content_hash` as GET /api/approvals told it."""

    content_hash: Annotated[str, Meta(min_length=64, max_length=64)]
    comment: Annotated[str, Meta(max_length=2000)] | None = None


class Rejection(Struct, kw_only=True, forbid_unknown_fields=True):
    """No, and why."""

    comment: Annotated[str, Meta(min_length=1, max_length=2000)]
