"""A creator's figures as clients get them; docs/kpis.md defines each."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from uploadm8.domain.publishing.cohorts import UploadOutcome


class Bucket(StrEnum):
    """How wide the steps of a series are."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Engagement(Struct, kw_only=True):
    """The latest look at each published post, added up.

    Attributes:
        posts: posts that were looked at.
    """

    posts: int
    views: int
    likes: int
    comments: int
    shares: int


class QuotaOut(Struct, kw_only=True):
    """The uploads of the current period, whatever the range."""

    used: int
    reserved: int
    total: int
    resets_at: datetime


class PlatformResults(Struct, kw_only=True):
    """One platform's posts and what people did with them."""

    platform: str
    published: int
    failed: int
    success_rate: float | None
    engagement: Engagement


class Overview(Struct, kw_only=True):
    """A creator's own figures.

    Attributes:
        uploads_by_state: uploads begun in the range, or those with a post that passes the filters.
        uploads_by_outcome: the same uploads by what became of their posts.
        success_rate: published / (published + failed) posts; null while none is finished.
    """

    start: datetime
    end: datetime
    time_zone: str
    uploads: int
    uploads_by_state: dict[str, int]
    uploads_by_outcome: dict[UploadOutcome, int]
    success_rate: float | None
    quota: QuotaOut
    engagement: Engagement
    platforms: list[PlatformResults]


class Point(Struct, kw_only=True):
    """One step of a series; `start` is where it begins, as a time in UTC."""

    start: datetime
    accepted: int
    published: int
    failed: int
    success_rate: float | None
    engagement: Engagement


class Series(Struct, kw_only=True):
    """Every step of the range, the empty ones too; the steps add up to the overview."""

    bucket: Bucket
    time_zone: str
    items: list[Point]


class Slot(Struct, kw_only=True):
    """An hour of the week. `weekday` is 1 (Monday) to 7.

    Attributes:
        score: average of views over the platform's average; 1 is an average post.
    """

    weekday: int
    hour: int
    posts: int
    average_views: float
    score: float


class BestTimes(Struct, kw_only=True):
    """The hours of the week at which posts did best, best first; `posts` is all that was counted."""

    time_zone: str
    posts: int
    items: list[Slot]


class Look(Struct, kw_only=True):
    """A post's figures at one moment; null where the platform does not say."""

    at: datetime
    views: int | None
    likes: int | None
    comments: int | None
    shares: int | None
    gone: str | None


class PostResult(Struct, kw_only=True):
    """A post and the latest look at it."""

    id: UUID
    upload_id: UUID
    account_id: UUID
    platform: str
    title: str
    state: str
    outcome: str
    accepted_at: datetime
    published_at: datetime | None
    public_url: str | None
    latest: Look | None


class PostHistory(PostResult, kw_only=True):
    """A post with every look at it, oldest first."""

    history: list[Look]
