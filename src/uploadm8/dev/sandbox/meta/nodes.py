"""Reading Graph nodes: users, pages, Instagram accounts, containers, media, videos, posts."""

from collections.abc import Callable
from typing import Any, cast

import av

from uploadm8.dev.sandbox.kit.growth import Numbers, numbers
from uploadm8.dev.sandbox.kit.identity import META, FacebookPage, InstagramAccount
from uploadm8.dev.sandbox.kit.ledger import Post
from uploadm8.dev.sandbox.kit.tokens import TokenKind
from uploadm8.dev.sandbox.kit.values import whole_number
from uploadm8.dev.sandbox.kit.wire import Call, Reply, Route, json_reply
from uploadm8.dev.sandbox.meta.door import Door, Graph
from uploadm8.dev.sandbox.meta.instagram import INSTAGRAM, InstagramPublishing
from uploadm8.dev.sandbox.meta.pages import FACEBOOK, PageVideos
from uploadm8.dev.sandbox.meta.replies import invalid, missing_object, refuse
from uploadm8.dev.sandbox.meta.selection import select
from uploadm8.dev.sandbox.meta.tables import Container, FbVideo, IgMedia
from uploadm8.dev.sandbox.meta.values import (
    container_values,
    instagram_values,
    media_values,
    page_values,
    post_values,
    user_values,
    video_values,
)

_NAMES = ("user", "page", "ig_user", "container_status", "ig_media_node", "video_status", "post")


class Nodes:
    """GET of any node, and the edges that list or decorate them."""

    def __init__(self, door: Door, instagram: InstagramPublishing, videos: PageVideos) -> None:
        self.door, self.runtime = door, door.runtime
        self.instagram, self.videos = instagram, videos

    def routes(self) -> list[Route]:
        route = self.door.route
        node = route("GET", "/{node}", "user", self.node)
        node.refine, node.names = self._name, _NAMES
        return [
            route("GET", "/{node}/accounts", "accounts", self.accounts),
            route("GET", "/{node}/businesses", "businesses", self.businesses),
            route("GET", "/{node}/owned_pages", "owned_pages", self.owned_pages),
            route("GET", "/{node}/client_pages", "client_pages", self.owned_pages),
            route("GET", "/{node}/media", "ig_media", self.media),
            route("POST", "/{node}/thumbnails", "thumbnail", self.thumbnail),
            node,
        ]

    async def accounts(self, graph: Graph) -> Reply:
        if graph.node not in ("me", graph.user.id) or graph.token.kind is not TokenKind.USER:
            raise missing_object(graph.node)
        self.door.require(graph.grant, "pages_show_list")
        apart = self.runtime.settings.meta_business_pages
        return self._listed(graph, [p for p in self.door.pages(graph.grant) if p.id not in apart])

    async def businesses(self, graph: Graph) -> Reply:
        if graph.node not in ("me", graph.user.id) or graph.token.kind is not TokenKind.USER:
            raise missing_object(graph.node)
        self.door.require(graph.grant, "business_management")
        graph.only({"limit", "after", "before"})
        rows = [{"id": _business_of(graph), "name": "A business"}]
        return json_reply({"data": [select(row, None, ["id", "name"], "Business") for row in rows]})

    async def owned_pages(self, graph: Graph) -> Reply:
        if graph.node != _business_of(graph) or graph.token.kind is not TokenKind.USER:
            raise missing_object(graph.node)
        self.door.require(graph.grant, "business_management", "pages_show_list")
        apart = self.runtime.settings.meta_business_pages
        owned = graph.call.route == "owned_pages"
        pages = [p for p in self.door.pages(graph.grant) if owned and p.id in apart]
        return self._listed(graph, pages)

    def _listed(self, graph: Graph, pages: list[FacebookPage]) -> Reply:
        params = graph.only({"limit", "after", "before"})
        limit, start = (
            whole_number(params.get("limit", "25")),
            whole_number(params.get("after", "0")),
        )
        if not limit or start is None:
            raise invalid("Param limit or after is not a valid number")
        pages = [p for p in pages if p.id not in self.runtime.settings.meta_unlisted_pages]
        chosen = pages[start : start + min(limit, self.runtime.settings.meta_list_rows)]
        default = ["access_token", "category", "name", "id", "tasks"]
        rows = [self._page(graph, page, default) for page in chosen]
        end = start + len(chosen)
        paging: dict[str, Any] = {"cursors": {"before": str(start), "after": str(end)}}
        if end < len(pages):
            query = "&".join(f"{k}={v}" for k, v in graph.params.items() if k != "after")
            paging["next"] = f"{graph.call.base}/meta-graph{graph.call.path}?{query}&after={end}"
        return json_reply({"data": rows, "paging": paging} if rows else {"data": []})

    async def node(self, graph: Graph) -> Reply:
        graph.only({"metadata"})
        readers: dict[str, Callable[[Graph], dict[str, Any]]] = {
            "user": self._user,
            "page": self._page_node,
            "ig_user": self._ig_user,
            "container_status": self._container,
            "ig_media_node": self._ig_media,
            "video_status": self._video,
            "post": self._post,
        }
        return json_reply(readers[graph.call.route](graph))

    async def media(self, graph: Graph) -> Reply:
        account, _ = self.door.instagram(graph, graph.node)
        self.door.require(graph.grant, "instagram_basic")
        limit = whole_number(graph.only({"limit", "after", "since", "until"}).get("limit", "25"))
        if not limit:
            raise invalid("Param limit is not a valid number")
        own = [media for media in self.instagram.media.values() if media.ig_id == account.id]
        asked = graph.params.get("fields")
        rows = [
            select(self._media_values(media, graph), asked, ["id"], "Media")
            for media in own[::-1][:limit]
        ]
        return json_reply({"data": rows, "paging": {"cursors": {"before": "", "after": ""}}})

    async def thumbnail(self, graph: Graph) -> Reply:
        video = self._own_video(graph)
        if graph.only({"is_preferred"}).get("is_preferred", "true") not in {"true", "false"}:
            raise invalid("Param is_preferred must be a boolean")
        image = graph.fields.files.get("source")
        if image is None:
            raise invalid("The multipart part source is required")
        try:
            with av.open(str(image.path)) as opened:
                readable = bool(opened.streams.video)
        except (av.FFmpegError, ValueError):
            readable = False
        image.path.unlink()
        if not readable:
            raise refuse(1366046, "The image cannot be read.")
        self.runtime.ledger.note(FACEBOOK, video.id, thumbnail="set")
        return json_reply({"success": True})

    def post_of(self, graph: Graph, node: str) -> tuple[Post, Numbers]:
        """The ledger's post behind a media, video or post id of this account, with its numbers."""
        media = self.instagram.media.get(node)
        video = self._find_video(node)
        post = None
        if media and self.door.instagram(graph, media.ig_id):
            post = self.runtime.ledger.get(INSTAGRAM, media.id)
        elif video and video.account == graph.grant.account:
            post = self.runtime.ledger.get(FACEBOOK, video.id)
        if post is None:
            raise missing_object(node)
        return post, numbers(post, self.runtime.state.now())

    def _user(self, graph: Graph) -> dict[str, Any]:
        if graph.token.kind is TokenKind.PAGE:
            page = next(p for p in self.door.pages(graph.grant) if p.id == graph.token.subject)
            return self._page(graph, page, ["id", "name"])
        values = user_values(graph.user, graph.call.base)
        return select(values, graph.params.get("fields"), ["id", "name"], "User")

    def _page_node(self, graph: Graph) -> dict[str, Any]:
        found = [page for page in self.door.pages(graph.grant) if page.id == graph.node]
        if not found:
            raise missing_object(graph.node)
        return self._page(graph, found[0], ["id", "name"])

    def _page(self, graph: Graph, page: FacebookPage, default: list[str]) -> dict[str, Any]:
        asked = graph.params.get("fields")
        if "instagram_business_account" in (asked or ""):
            self.door.require(graph.grant, "instagram_basic")
        values = page_values(page, page.instagram, graph.call.base)
        if "access_token" in (asked or ",".join(default)):
            values["access_token"] = self._page_token(graph, page)
        return select(values, asked, default, "Page")

    def _page_token(self, graph: Graph, page: FacebookPage) -> str:
        vault = self.runtime.vault
        source = graph.token
        if source.kind is TokenKind.PAGE:
            return source.value
        # One page token per user token and page: asking again returns the same one.
        known = self.runtime.state.table("meta.page_tokens", str)
        key = f"{source.value}/{page.id}"
        if key not in known:
            now = self.runtime.state.now()
            life = None if source.long_lived else (source.expires_at or now) - now
            known[key] = vault.issue(graph.grant, TokenKind.PAGE, "EAAP", life, page.id).value
        return known[key]

    def _ig_user(self, graph: Graph) -> dict[str, Any]:
        account, _ = self.door.instagram(graph, graph.node)
        self.door.require(graph.grant, "instagram_basic")
        count = len(self.runtime.ledger.posts(INSTAGRAM, account.id))
        values = instagram_values(account, count, graph.call.base)
        return select(values, graph.params.get("fields"), ["id"], "IGUser")

    def _container(self, graph: Graph) -> dict[str, Any]:
        container = self.instagram.containers[graph.node]
        self.door.instagram(graph, container.ig_id)
        status = self.instagram.status_of(container)
        if graph.call.fault == "stale_status":
            status = Container.IN_PROGRESS
        values = container_values(container, status)
        return select(values, graph.params.get("fields"), ["id"], "IGContainer")

    def _ig_media(self, graph: Graph) -> dict[str, Any]:
        media = self.instagram.media[graph.node]
        self.door.instagram(graph, media.ig_id)
        values = self._media_values(media, graph)
        return select(values, graph.params.get("fields"), ["id"], "Media")

    def _media_values(self, media: IgMedia, graph: Graph) -> dict[str, Any]:
        post = cast("Post", self.runtime.ledger.get(INSTAGRAM, media.id))
        counts = numbers(post, self.runtime.state.now())
        return media_values(media, post, counts, graph.call.base)

    def _video(self, graph: Graph) -> dict[str, Any]:
        video = self._own_video(graph)
        post = self.runtime.ledger.get(FACEBOOK, video.id)
        counts = numbers(post, self.runtime.state.now()) if post else None
        stored = self.runtime.media.get(video.sha256)
        length = stored.probe.duration_s if stored else 0.0
        status = self.videos.status(video, stale=graph.call.fault == "stale_status")
        values = video_values(video, status, counts, length, graph.call.base)
        return select(values, graph.params.get("fields"), ["id", "description"], "Video")

    def _post(self, graph: Graph) -> dict[str, Any]:
        post, counts = self.post_of(graph, graph.node)
        values = post_values(graph.node, post, counts, graph.call.base)
        return select(values, graph.params.get("fields"), ["id", "message"], "Post")

    def _own_video(self, graph: Graph) -> FbVideo:
        video = self._find_video(graph.node)
        pages = {page.id for page in self.door.pages(graph.grant)}
        page_token = graph.token.kind is TokenKind.PAGE
        if video is None or video.page_id not in pages:
            raise missing_object(graph.node)
        if page_token and graph.token.subject != video.page_id:
            raise missing_object(graph.node)
        return video

    def _find_video(self, node: str) -> FbVideo | None:
        if "_" not in node:
            return self.videos.table.get(node)
        return next((v for v in self.videos.table.values() if v.post_id == node), None)

    async def _name(self, call: Call) -> str:
        node = call.params["node"]
        if node == "me":
            return "user"
        if node in self.instagram.containers:
            return "container_status"
        if node in self.instagram.media:
            return "ig_media_node"
        if node in self.videos.table:
            return "video_status"
        if "_" in node and self._find_video(node):
            return "post"
        users = self.runtime.accounts(META).values()
        pages: list[FacebookPage] = [p for user in users for p in getattr(user, "pages", [])]
        linked: list[InstagramAccount] = [p.instagram for p in pages if p.instagram]
        if node in {page.id for page in pages}:
            return "page"
        if node in {account.id for account in linked}:
            return "ig_user"
        if node in {user.id for user in users}:
            return "user"
        raise missing_object(node)


def _business_of(graph: Graph) -> str:
    """Everyone here has one business."""
    return f"{graph.user.id}77"
