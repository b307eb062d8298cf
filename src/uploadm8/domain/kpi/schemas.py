"""Key figures as clients get them; docs/kpis.md defines each."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from uploadm8.domain.publishing.cohorts import UploadOutcome


class RangeOut(Struct, kw_only=True):
    """What was counted: `start` belongs to it, `end` does not."""

    start: datetime
    end: datetime
    time_zone: str


class Throughput(Struct, kw_only=True):
    """Posts by what has become of them; `accepted` is the sum of the others."""

    accepted: int
    published: int
    failed: int
    canceled: int
    unknown: int
    waiting: int
    working: int
    published_per_day: float


class Reliability(Struct, kw_only=True):
    """Fractions (0..1) of the finished posts; null while none is finished."""

    finished: int
    success_rate: float | None
    failure_rate: float | None


class Latency(Struct, kw_only=True):
    """Seconds from when a post could go out until it was out; null without such a post."""

    posts: int
    median_s: float | None
    average_s: float | None
    p95_s: float | None


class Backlog(Struct, kw_only=True):
    """What is not finished now, whenever it was accepted.

    Attributes:
        due: posts whose time has come and that are not out.
        oldest_due_s: how long the oldest of them has been due, in seconds.
    """

    waiting: int
    working: int
    unknown: int
    due: int
    oldest_due_s: float | None


class PlatformShare(Struct, kw_only=True):
    """One platform's part of the posts."""

    platform: str
    accepted: int
    published: int
    failed: int
    success_rate: float | None
    share: float


class HourCount(Struct, kw_only=True):
    """Posts that went out in one hour of the day, 0 to 23."""

    hour: int
    published: int


class ErrorCount(Struct, kw_only=True):
    """Failed posts by what went wrong; `share` is a fraction of all failed posts."""

    error_class: str
    error_code: str
    posts: int
    share: float


class Summary(Struct, kw_only=True):
    """Key figures of the posts accepted in a range.

    Attributes:
        uploads: uploads with such a post, by outcome; only the posts counted here decide it.
        concentration: Herfindahl index of the platforms' shares: 1 is all on one; null without posts.
    """

    range: RangeOut
    throughput: Throughput
    reliability: Reliability
    uploads: dict[UploadOutcome, int]
    latency: Latency
    backlog: Backlog
    platforms: list[PlatformShare]
    concentration: float | None
    hourly: list[HourCount]
    errors: list[ErrorCount]


class RawPost(Struct, kw_only=True):
    """One row of the export: a post with its upload, or an upload without a post."""

    upload_id: UUID
    upload_state: str
    filename: str
    title: str
    size_bytes: int
    upload_created_at: datetime
    publication_id: UUID | None
    account_id: UUID | None
    platform: str | None
    state: str | None
    outcome: str | None
    accepted_at: datetime | None
    publish_at: datetime | None
    published_at: datetime | None
    attempts: int | None
    error_class: str | None
    error_code: str | None
    public_url: str | None
    views: int | None
    likes: int | None
    comments: int | None
    shares: int | None
    measured_at: datetime | None
