"""Every figure of a cohort counted naively in Python, row by row, as docs/kpis.md defines it."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import mean, quantiles
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from uploadm8.domain.publishing.cohorts import OUTCOME_OF, Cohort, UploadOutcome
from uploadm8.domain.publishing.tables import Publication, PublicationMetrics, PublicationState
from uploadm8.domain.uploads.tables import Upload

FIGURES = ("views", "likes", "comments", "shares")
EARLY = timedelta(hours=50)


@dataclass
class Rows:
    """Everything there is."""

    posts: list[dict[str, Any]]
    uploads: list[dict[str, Any]]
    looks: dict[UUID, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    async def read(cls) -> "Rows":
        rows = cls(await Publication.select(), await Upload.select())
        for look in await PublicationMetrics.select().order_by(PublicationMetrics.pull):
            rows.looks[look["publication"]].append(look)
        return rows

    def chosen(self, cohort: Cohort) -> list[dict[str, Any]]:
        """The posts that pass the filters, whenever they were accepted."""
        return [
            post
            for post in self.posts
            if cohort.workspace_id in (None, post["workspace"])
            and cohort.platform in (None, post["platform"])
            and cohort.account_id in (None, post["account"])
            and cohort.outcome in (None, outcome(post))
        ]


def outcome(post: dict[str, Any]) -> str:
    return OUTCOME_OF[PublicationState(post["state"])].value


def lies_in(post: dict[str, Any], cohort: Cohort) -> bool:
    """Whether a post was accepted in the range."""
    start, end = cohort.range.start, cohort.range.end
    return bool(start <= post["accepted_at"] < end)


def upload_outcome(posts: Iterable[dict[str, Any]]) -> UploadOutcome:
    outcomes = [outcome(post) for post in posts]
    told = {one for one in outcomes if one != "canceled"}
    if not outcomes:
        return UploadOutcome.UNPOSTED
    if not told:
        return UploadOutcome.CANCELED
    if not told <= {"published", "failed"}:
        return UploadOutcome.IN_PROGRESS
    return UploadOutcome.PARTIAL if len(told) == 2 else UploadOutcome(told.pop())


def rate(part: int, rest: int) -> float | None:
    return part / (part + rest) if part + rest else None


def engagement(rows: Rows, posts: Iterable[dict[str, Any]]) -> dict[str, int]:
    last = [
        rows.looks[post["id"]][-1]
        for post in posts
        if post["state"] == "published" and rows.looks[post["id"]]
    ]
    sums = {name: sum(look[name] or 0 for look in last) for name in FIGURES}
    return {"posts": len(last), **sums}


def summary(rows: Rows, cohort: Cohort) -> dict[str, Any]:
    zone = ZoneInfo(cohort.range.zone)
    posts = [p for p in rows.chosen(cohort) if lies_in(p, cohort)]
    counts = Counter(outcome(post) for post in posts)
    out = [p for p in posts if p["state"] == "published" and p["published_at"]]
    hours = Counter(p["published_at"].astimezone(zone).hour for p in out)
    seconds = sorted(
        max(round((p["published_at"] - _start(p)).total_seconds()), 0)
        for p in out
        if p["schedule_mode"] != "queue"
    )
    uploads = defaultdict(list)
    for post in posts:
        uploads[post["upload"]].append(post)
    errors = Counter(
        (p["error_class"] or "unclassified", p["error_code"] or "unclassified")
        for p in posts
        if p["state"] == "failed"
    )
    cuts = quantiles(seconds, n=20, method="inclusive") if len(seconds) > 1 else seconds * 19
    return {
        "accepted": len(posts),
        "outcomes": {name: n for name, n in counts.items() if n},
        "uploads": {
            name: n for name, n in Counter(map(upload_outcome, uploads.values())).items() if n
        },
        "latency": [len(seconds), *([cuts[9], mean(seconds), cuts[18]] if seconds else [])],
        "hours": dict(sorted(hours.items())),
        "platforms": dict(Counter(p["platform"] for p in posts)),
        "errors": {code: n for code, n in errors.items() if n},
    }


def overview(rows: Rows, cohort: Cohort) -> dict[str, Any]:
    span, chosen = cohort.range, rows.chosen(cohort)
    posts = [p for p in chosen if lies_in(p, cohort)]
    counts = Counter(outcome(post) for post in posts)
    begun = []
    for upload in rows.uploads:
        mine = [post for post in chosen if post["upload"] == upload["id"]]
        if (
            span.start <= upload["created_at"] < span.end
            and cohort.workspace_id in (None, upload["workspace"])
            and (mine or not cohort.chosen)
        ):
            begun.append((upload["state"], upload_outcome(mine)))
    return {
        "states": dict(Counter(state for state, _ in begun)),
        "outcomes": dict(Counter(told for _, told in begun)),
        "success_rate": rate(counts["published"], counts["failed"]),
        "engagement": engagement(rows, posts),
    }


def days(rows: Rows, cohort: Cohort) -> list[tuple[str, int, int, int, dict[str, int]]]:
    """By local date: accepted, published and failed posts, and engagement; empty days left out."""
    zone = ZoneInfo(cohort.range.zone)
    found = defaultdict(list)
    for post in rows.chosen(cohort):
        if lies_in(post, cohort):
            found[post["accepted_at"].astimezone(zone).date().isoformat()].append(post)
    return [
        (
            day,
            len(posts),
            sum(outcome(post) == "published" for post in posts),
            sum(outcome(post) == "failed" for post in posts),
            engagement(rows, posts),
        )
        for day, posts in sorted(found.items())
    ]


def week(rows: Rows, cohort: Cohort) -> dict[tuple[int, int], tuple[int, float, float]]:
    """(weekday, hour) to posts looked at early, their average views and score."""
    zone = ZoneInfo(cohort.range.zone)
    seen: list[tuple[str, datetime, int]] = []
    for post in rows.chosen(cohort):
        if post["state"] != "published" or not post["published_at"]:
            continue
        early = [
            look["views"]
            for look in rows.looks[post["id"]]
            if look["views"] is not None and look["at"] <= post["published_at"] + EARLY
        ]
        if early and lies_in(post, cohort):
            seen.append((post["platform"], post["published_at"].astimezone(zone), early[-1]))
    usual = {
        platform: mean(views for of, _, views in seen if of == platform) for platform, _, _ in seen
    }
    slots = defaultdict(list)
    for platform, at, views in seen:
        score = views / usual[platform] if usual[platform] else 1
        slots[(at.isoweekday(), at.hour)].append((views, score))
    return {
        slot: (len(found), mean(v for v, _ in found), mean(s for _, s in found))
        for slot, found in slots.items()
    }


def _start(post: dict[str, Any]) -> datetime:
    accepted: datetime = post["accepted_at"]
    return max(accepted, post["publish_at"] or accepted)
