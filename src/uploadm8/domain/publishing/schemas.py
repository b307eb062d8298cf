"""What clients send about publications, and what they get beyond PublicationOut."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct, field

from uploadm8.domain.uploads.schemas import PublicationOut, Schedule, Target
from uploadm8.findings import Finding

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class NewPublications(Struct, kw_only=True, forbid_unknown_fields=True):
    """Further targets of an upload that exists.

    Attributes:
        upload_id: the upload; its title, caption and hashtags are used where a target has none.
        targets: connected accounts with their options.
        schedule: when, for targets without a schedule of their own.
    """

    upload_id: UUID
    targets: Annotated[list[Target], Meta(min_length=1, max_length=50)]
    schedule: Schedule = field(default_factory=Schedule)


class TargetPreview(Struct, kw_only=True):
    """What would come of one target.

    Attributes:
        caption: the finished text, hashtags included.
        publish_at: when, where that is known already.
        why: how that time was chosen.
    """

    account_id: UUID
    platform: str
    caption: str
    publish_at: datetime | None
    why: str | None
    findings: list[Finding]


class Preview(Struct, kw_only=True):
    """What would come of every target; nothing was recorded."""

    targets: list[TargetPreview]


class Published(Struct, kw_only=True):
    """Publications that were recorded."""

    items: list["PublicationDetail"]


class MetricsOut(Struct, kw_only=True):
    """What people had done with a post at one moment; null where the platform does not say.

    Attributes:
        more: further figures, by the platform's own names.
        gone: why the post no longer exists, when it does not.
    """

    at: datetime
    views: int | None
    likes: int | None
    comments: int | None
    shares: int | None
    more: dict[str, float]
    gone: str | None


class WeeklyTimeIn(Struct, kw_only=True, forbid_unknown_fields=True):
    """A local time of the week, such as Tuesday 18:30."""

    day: Weekday
    at: Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", examples=["18:30"])]


class WeeklyTimes(Struct, kw_only=True, forbid_unknown_fields=True):
    """The times at which an account's queue is published.

    Attributes:
        times: none means that every post of the queue is released by hand.
        time_zone: IANA name; the workspace's when absent.
    """

    times: Annotated[list[WeeklyTimeIn], Meta(max_length=84)]
    time_zone: Annotated[str, Meta(max_length=64)] | None = None


class WeeklyTimesOut(Struct, kw_only=True):
    """Weekly times, and the next of them that has no post."""

    account_id: UUID
    times: list[WeeklyTimeIn]
    time_zone: str
    next_free: datetime | None


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


class PublicationWarning(Struct, kw_only=True):
    """Something that will keep a planned post from going out, unless somebody acts."""

    code: str
    message: str
    action: str


class CalendarEntry(PublicationOut, kw_only=True):
    """A publication in a list.

    Attributes:
        conflicts_with: other posts that are planned on the account within a quarter of an hour.
        warnings: what threatens it, such as an access that ends before its time.
    """

    conflicts_with: list[UUID]
    warnings: list[PublicationWarning]


class PublicationDetail(PublicationOut, kw_only=True):
    """A publication with everything about it.

    Attributes:
        why: how a smart time was chosen.
        warnings: what threatens it, such as an access that ends before its time.
    """

    upload_id: UUID
    caption: str
    options: dict[str, Any]
    schedule_mode: str
    time_zone: str
    held_reason: str | None
    late: bool
    why: str | None
    warnings: list[PublicationWarning]
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
