"""YouTube Analytics: reports of the owner's videos."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from uploadm8.dev.sandbox.google.replies import ANALYTICS, Door, query_of, refuse
from uploadm8.dev.sandbox.google.videos import YOUTUBE
from uploadm8.dev.sandbox.kit.growth import numbers
from uploadm8.dev.sandbox.kit.ledger import Post
from uploadm8.dev.sandbox.kit.wire import Call, Reply, Route, json_reply

_METRICS = (
    "views",
    "engagedViews",
    "likes",
    "comments",
    "shares",
    "estimatedMinutesWatched",
    "averageViewDuration",
    "averageViewPercentage",
    "subscribersGained",
)
_PARAMETERS = {"ids", "startDate", "endDate", "metrics", "filters", "dimensions", "sort"}


class Analytics:
    """The one route of the reports."""

    def __init__(self, door: Door) -> None:
        self.door, self.runtime = door, door.runtime

    def routes(self) -> list[Route]:
        return [Route("GET", "/v2/reports", "reports", self.reports)]

    async def reports(self, call: Call) -> Reply:
        account = self.door.enter(call, ANALYTICS)
        query = query_of(call, _PARAMETERS)
        if query.get("ids") not in {"channel==MINE", f"channel=={account.channel_id}"}:
            raise refuse(400, "badRequest", "Unknown ids.", "global")
        start, end = _date(query.get("startDate")), _date(query.get("endDate"))
        if start is None or end is None or end < start:
            raise refuse(400, "badRequest", "The dates are missing or reversed.", "global")
        metrics = [name for name in query.get("metrics", "").split(",") if name]
        if not metrics or not set(metrics) <= set(_METRICS):
            raise refuse(400, "badRequest", f"Unknown metric in {metrics}.", "global")
        by_day = query.get("dimensions") == "day"
        if query.get("dimensions", "day") != "day" or query.get("sort", "day") != "day":
            raise refuse(400, "badRequest", "Only dimensions=day with sort=day.", "global")
        posts = self._posts(account.id, query.get("filters", ""))
        days = [start + timedelta(days=i) for i in range((end - start).days + 1)]
        spans = [(day, day) for day in days] if by_day else [(start, end)]
        rows = [
            [*([first.isoformat()] if by_day else []), *self._row(posts, metrics, first, last)]
            for first, last in spans
        ]
        names = [*(["day"] if by_day else []), *metrics]
        headers = [
            {
                "name": name,
                "columnType": "DIMENSION" if name == "day" else "METRIC",
                "dataType": "STRING" if name == "day" else "INTEGER",
            }
            for name in names
        ]
        table: dict[str, Any] = {"kind": "youtubeAnalytics#resultTable", "columnHeaders": headers}
        if posts:
            table["rows"] = rows
        return json_reply(table)

    def _posts(self, account: str, filters: str) -> list[Post]:
        posts = self.runtime.ledger.posts(YOUTUBE, account)
        if not filters:
            return posts
        kind, separator, ids = filters.partition("==")
        if kind != "video" or not separator:
            raise refuse(400, "badRequest", "Only the filter video==ID.", "global")
        return [post for post in posts if post.post_id in ids.split(",")]

    def _row(self, posts: list[Post], metrics: list[str], first: date, last: date) -> list[float]:
        totals = dict.fromkeys(_METRICS, 0.0)
        for post in posts:
            for name, value in self._gain(post, first, last).items():
                totals[name] += value
        return [round(totals[name]) for name in metrics]

    def _gain(self, post: Post, first: date, last: date) -> dict[str, float]:
        now = self.runtime.state.now()
        before = numbers(post, min(now, _midnight(first)))
        after = numbers(post, min(now, _midnight(last + timedelta(days=1))))
        views = after.views - before.views
        media = self.runtime.media.get(post.sha256)
        length = media.probe.duration_s if media and media.probe.duration_s else 1.0
        return {
            "views": views,
            "engagedViews": views * 0.8,
            "likes": after.likes - before.likes,
            "comments": after.comments - before.comments,
            "shares": after.shares - before.shares,
            "estimatedMinutesWatched": views * after.average_watch_s / 60,
            "averageViewDuration": min(length, after.average_watch_s),
            "averageViewPercentage": min(100.0, 100 * after.average_watch_s / length),
            "subscribersGained": views / 400,
        }


def _date(value: str | None) -> date | None:
    try:
        return date.fromisoformat(value or "")
    except ValueError:
        return None


def _midnight(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
