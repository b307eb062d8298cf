"""Comments on Instagram media and on Facebook videos and posts."""

from uploadm8.dev.sandbox.kit.ledger import Post
from uploadm8.dev.sandbox.kit.wire import Reply, Route, json_reply
from uploadm8.dev.sandbox.meta.door import Door, Graph
from uploadm8.dev.sandbox.meta.instagram import INSTAGRAM
from uploadm8.dev.sandbox.meta.nodes import Nodes
from uploadm8.dev.sandbox.meta.replies import invalid
from uploadm8.dev.sandbox.meta.selection import select
from uploadm8.dev.sandbox.meta.values import graph_time

_LONGEST = 8000


class Comments:
    """The edge comments; Instagram calls the words `text`, Facebook calls them `message`."""

    def __init__(self, door: Door, nodes: Nodes) -> None:
        self.door, self.nodes = door, nodes

    def routes(self) -> list[Route]:
        route = self.door.route
        return [
            route("GET", "/{node}/comments", "comments", self.list_comments),
            route("POST", "/{node}/comments", "comment", self.comment),
        ]

    async def list_comments(self, graph: Graph) -> Reply:
        post = self._post(graph, "instagram_basic", "pages_read_engagement")
        graph.only({"limit", "after", "before", "order", "filter"})
        word = "text" if post.platform == INSTAGRAM else "message"
        moment = "timestamp" if post.platform == INSTAGRAM else "created_time"
        rows = [
            select(
                {
                    "id": f"{post.post_id}_{number}",
                    word: text,
                    moment: graph_time(post.created_at),
                    "like_count": 0,
                },
                graph.params.get("fields"),
                ["id", word, moment],
                "Comment",
            )
            for number, text in enumerate(post.comments, 1)
        ]
        return json_reply({"data": rows})

    async def comment(self, graph: Graph) -> Reply:
        post = self._post(graph, "instagram_manage_comments", "pages_manage_engagement")
        message = graph.only({"message"}, ["message"])["message"]
        if not message or len(message) > _LONGEST:
            raise invalid("Param message must not be empty")
        post.comments.append(message)
        return json_reply({"id": f"{post.post_id}_{len(post.comments)}"})

    def _post(self, graph: Graph, on_instagram: str, on_facebook: str) -> Post:
        post, _ = self.nodes.post_of(graph, graph.node)
        self.door.require(graph.grant, on_instagram if post.platform == INSTAGRAM else on_facebook)
        return post
