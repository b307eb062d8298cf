"""The best time for a post: from what the account's own posts did, else from common habits."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.domain.publishing.tables import Publication

HABITS: Mapping[Platform, Mapping[int, float]] = {
    Platform.TIKTOK: {12: 0.6, 18: 0.9, 19: 1.0, 21: 0.8},
    Platform.YOUTUBE: {12: 0.7, 15: 0.8, 17: 1.0, 20: 0.8},
    Platform.INSTAGRAM: {9: 0.6, 12: 0.8, 18: 1.0, 20: 0.9},
    Platform.FACEBOOK: {9: 0.9, 12: 0.8, 15: 0.7, 19: 1.0},
}
"""Local hours and their weight while an account has no results of its own; documented as such."""

LEAD = timedelta(minutes=30)  # the rendition has to be made first
HORIZON_DAYS = 7
APART = timedelta(hours=3)
LEAST_RESULTS = 5
SINCE = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Result:
    """One post of the account: when it went out, and how often it was watched."""

    at: datetime
    views: int


@dataclass(frozen=True, slots=True)
class Slot:
    """A chosen time, and the sentence that explains it."""

    at: datetime
    why: str


async def choose(account_id: UUID, platform: Platform, zone: str, now: datetime) -> Slot:
    """Choose among the coming week's hours for an account."""
    rows: list[dict[str, Any]] = await Publication.raw(
        "SELECT p.published_at AS at, max(m.views) AS views FROM publications p"
        " JOIN publication_metrics m ON m.publication = p.id WHERE p.account = {}"
        " AND p.published_at > {} AND m.views IS NOT NULL GROUP BY p.id",
        account_id,
        now - SINCE,
    )
    planned = await planned_times(account_id, now - timedelta(days=1))
    results = [Result(row["at"], row["views"]) for row in rows]
    return best_slot(platform, results, planned, ZoneInfo(zone), now)


async def planned_times(account_id: UUID, since: datetime) -> list[datetime]:
    """When the account posts or has posted from an instant on."""
    rows: list[dict[str, Any]] = await Publication.raw(
        "SELECT COALESCE(published_at, publish_at) AS at FROM publications WHERE account = {}"
        " AND state NOT IN ('failed', 'canceled') AND COALESCE(published_at, publish_at) > {}",
        account_id,
        since,
    )
    return [row["at"] for row in rows]


def best_slot(
    platform: Platform,
    results: Sequence[Result],
    planned: Sequence[datetime],
    zone: ZoneInfo,
    now: datetime,
) -> Slot:
    """Choose the hour with the greatest promise on the day with the fewest posts.

    Args:
        platform: whose habits count without results.
        results: the account's own posts.
        planned: times of its posts that are coming up or have just been made.
        zone: the workspace's time zone, in which hours are meant.
        now: nothing before half an hour from here.
    """
    own = len(results) >= LEAST_RESULTS
    hours = _own_hours(results, zone) if own else HABITS[platform]
    by_day: dict[object, int] = defaultdict(int)
    for at in planned:
        by_day[at.astimezone(zone).date()] += 1
    candidates = [
        (weight / (1 + by_day[at.astimezone(zone).date()]), at)
        for at, weight in _coming(hours, zone, now)
        if all(abs(at - other) >= APART for other in planned)
    ]
    if not candidates:
        at = max([now, *planned]) + APART
        return Slot(at, "Every good hour of the coming week is taken; this is the next free one.")
    best = max(score for score, _ in candidates)
    at = min(at for score, at in candidates if score == best)
    local = at.astimezone(zone)
    basis = (
        f"this account's {len(results)} posts of the last 90 days were watched most around"
        if own
        else f"{platform.label} audiences are commonly most active around"
    )
    others = by_day[local.date()]
    day = "no other post" if not others else f"{others} other post{'s' * (others > 1)}"
    return Slot(at, f"{local:%A %H:%M}: {basis} {local.hour}:00, and the day has {day}.")


def _own_hours(results: Sequence[Result], zone: ZoneInfo) -> Mapping[int, float]:
    """Mean views by local hour against the best hour; few posts pull an hour to the average."""
    views: dict[int, list[int]] = defaultdict(list)
    for result in results:
        views[result.at.astimezone(zone).hour].append(result.views)
    average = sum(result.views for result in results) / len(results)
    means = {hour: (sum(seen) + average) / (len(seen) + 1) for hour, seen in views.items()}
    top = max(means.values()) or 1.0
    return {hour: mean / top for hour, mean in means.items()}


def _coming(
    hours: Mapping[int, float], zone: ZoneInfo, now: datetime
) -> Iterable[tuple[datetime, float]]:
    today = now.astimezone(zone).date()
    for day in range(HORIZON_DAYS):
        date = today + timedelta(days=day)
        for hour, weight in hours.items():
            local = datetime(date.year, date.month, date.day, hour, tzinfo=zone)
            at = local.astimezone(UTC)  # an hour that a clock change skips moves past the gap
            if at >= now + LEAD:
                yield at, weight
