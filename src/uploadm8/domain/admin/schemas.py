"""What administrators get to see."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from uploadm8.domain.kpi.schemas import Summary


class FoundUser(Struct, kw_only=True):
    """A user as administrators see them; `workspace_id` is the first workspace they own."""

    id: UUID
    email: str
    display_name: str
    role: str
    verified: bool
    two_step: bool
    workspace_id: UUID | None
    stripe_customer_id: str | None
    created_at: datetime
    last_login_at: datetime | None
    disabled_at: datetime | None


class Money(Struct, kw_only=True):
    """Subscriptions now, at list prices; churn is of the range.

    Attributes:
        churn: ended in the range / (ended in the range + paying now).
        conversion: paying subscriptions / workspaces.
    """

    currency: str
    paying: int
    trialing: int
    paying_by_tier: dict[str, int]
    mrr_cents: int
    arr_cents: int
    churn: float | None
    conversion: float | None


class JobsOut(Struct, kw_only=True):
    """Background work now.

    Attributes:
        dead_of_faults: dead jobs that no refused video or post explains.
        oldest_due_s: how long the oldest due job has waited.
    """

    due: int
    running: int
    dead: int
    dead_of_faults: int
    oldest_due_s: float | None


class PlatformHealth(Struct, kw_only=True):
    """One platform: posts of the range, everything else now.

    Attributes:
        accounts: connected accounts that can be posted to.
        need_reconnect: accounts whose owner must connect them again.
        unfinished: posts that are not out yet.
        unknown: posts whose outcome the platform does not tell.
        late_s: how far the time of the oldest waiting post has passed.
        paused: whether the platform has a fault and is left alone for the moment.
    """

    platform: str
    accounts: int
    need_reconnect: int
    published: int
    failed: int
    success_rate: float | None
    unfinished: int
    unknown: int
    late_s: float
    paused: bool


class AlertOut(Struct, kw_only=True):
    """Something that is wrong now."""

    name: str
    summary: str
    since: datetime


class OverviewOut(Struct, kw_only=True):
    """The whole installation: uploads and posts of the range, everything else now.

    Attributes:
        processes: how many of each role were heard of in the last 45 seconds.
    """

    users: int
    workspaces: int
    uploads: int
    storage_bytes: int
    money: Money
    jobs: JobsOut
    processes: dict[str, int]
    platforms: list[PlatformHealth]
    alerts: list[AlertOut]
    posts: Summary


class TierShare(Struct, kw_only=True):
    """Workspaces that have a tier now, and their posts of the range.

    Attributes:
        posting: workspaces with at least one of the posts.
    """

    tier: str
    workspaces: int
    posting: int
    accepted: int
    published: int
    failed: int
    success_rate: float | None
    share: float | None


class GlobalKpis(Summary, kw_only=True):
    """The key figures of everybody; `platforms` and `tiers` split them."""

    tiers: list[TierShare]
