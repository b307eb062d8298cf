"""Insights of Instagram media, Facebook reels and page posts."""

from collections.abc import Callable, Mapping
from typing import Any

from uploadm8.dev.sandbox.kit.growth import Numbers
from uploadm8.dev.sandbox.kit.wire import Reply, Route, json_reply
from uploadm8.dev.sandbox.meta.door import Door, Graph
from uploadm8.dev.sandbox.meta.instagram import INSTAGRAM
from uploadm8.dev.sandbox.meta.nodes import Nodes
from uploadm8.dev.sandbox.meta.replies import invalid, refuse

Metric = Callable[[Numbers], Any]

_INSTAGRAM: Mapping[str, Metric] = {
    "views": lambda n: n.views,
    "reach": lambda n: int(n.views * 0.82),
    "likes": lambda n: n.likes,
    "comments": lambda n: n.comments,
    "saved": lambda n: n.saves,
    "shares": lambda n: n.shares,
    "reposts": lambda n: n.shares // 3,
    "total_interactions": lambda n: n.likes + n.comments + n.saves + n.shares,
    "ig_reels_avg_watch_time": lambda n: int(n.average_watch_s * 1000),
    "ig_reels_video_view_total_time": lambda n: int(n.average_watch_s * 1000 * n.views),
    "reels_skip_rate": lambda n: 31.5,
    "total_views": lambda n: n.views,
    "total_likes": lambda n: n.likes,
    "total_comments": lambda n: n.comments,
}
_REEL: Mapping[str, Metric] = {
    "blue_reels_play_count": lambda n: n.views,
    "fb_reels_total_plays": lambda n: n.views + n.views // 9,
    "fb_reels_replay_count": lambda n: n.views // 9,
    "post_video_avg_time_watched": lambda n: int(n.average_watch_s * 1000),
    "post_video_view_time": lambda n: int(n.average_watch_s * 1000 * n.views),
    "post_video_likes_by_reaction_type": lambda n: {"REACTION_LIKE": n.likes},
    "post_video_social_actions": lambda n: {"COMMENT": n.comments, "SHARE": n.shares},
    "post_video_followers": lambda n: n.views // 500,
}
_POST: Mapping[str, Metric] = {
    "post_media_view": lambda n: n.views,
    "post_total_media_view_unique": lambda n: int(n.views * 0.85),
    "post_reactions_by_type_total": lambda n: {"like": n.likes},
    "post_clicks": lambda n: n.views // 20,
}
# A reel answers this one with an empty list instead of an error.
_SILENT = frozenset({"total_video_views"})


class Insights:
    """The edges insights and video_insights."""

    def __init__(self, door: Door, nodes: Nodes) -> None:
        self.door, self.nodes = door, nodes

    def routes(self) -> list[Route]:
        route = self.door.route
        return [
            route("GET", "/{node}/insights", "insights", self.insights),
            route("GET", "/{node}/video_insights", "video_insights", self.video_insights),
        ]

    async def insights(self, graph: Graph) -> Reply:
        post, counts = self.nodes.post_of(graph, graph.node)
        if post.platform == INSTAGRAM:
            self.door.require(graph.grant, "instagram_manage_insights")
            return self._answer(graph, counts, _INSTAGRAM)
        self.door.require(graph.grant, "read_insights")
        return self._answer(graph, counts, _POST)

    async def video_insights(self, graph: Graph) -> Reply:
        self.door.require(graph.grant, "read_insights")
        _, counts = self.nodes.post_of(graph, graph.node)
        return self._answer(graph, counts, _REEL)

    def _answer(self, graph: Graph, counts: Numbers, known: Mapping[str, Metric]) -> Reply:
        asked = graph.only({"metric", "period", "breakdown"}).get("metric", "")
        names = [name for name in asked.split(",") if name and name not in _SILENT]
        if not asked:
            raise refuse(3001, "(#3001) No metric was specified to be fetched.", 1504028)
        if unknown := [name for name in names if name not in known]:
            raise invalid(f"metric[0] must be one of the known values, not {unknown[0]}")
        rows = [
            {
                "name": name,
                "period": "lifetime",
                "values": [{"value": known[name](counts)}],
                "title": name.replace("_", " ").capitalize(),
                "description": f"{name} over the life of the post",
                "id": f"{graph.node}/insights/{name}/lifetime",
            }
            for name in names
        ]
        # Nothing is reported before there is anything to report.
        return json_reply({"data": rows if counts.views else []})
