"""Meta's hosts: the website, Graph (twice), the host for bytes, and Instagram's website."""

from uploadm8.dev.sandbox.kit.identity import META
from uploadm8.dev.sandbox.kit.post_page import missing_page, post_page
from uploadm8.dev.sandbox.kit.runtime import Runtime
from uploadm8.dev.sandbox.kit.wire import Call, Party, Reply, Route
from uploadm8.dev.sandbox.meta.callbacks import Callbacks
from uploadm8.dev.sandbox.meta.comments import Comments
from uploadm8.dev.sandbox.meta.door import Door
from uploadm8.dev.sandbox.meta.insights import Insights
from uploadm8.dev.sandbox.meta.instagram import INSTAGRAM, InstagramPublishing
from uploadm8.dev.sandbox.meta.login import MetaLogin
from uploadm8.dev.sandbox.meta.nodes import Nodes
from uploadm8.dev.sandbox.meta.pages import FACEBOOK, PageVideos
from uploadm8.dev.sandbox.meta.reels import Reels
from uploadm8.dev.sandbox.meta.replies import CANNED, unknown_route
from uploadm8.dev.sandbox.meta.resumable import AppUploads
from uploadm8.dev.sandbox.meta.rupload import Rupload
from uploadm8.dev.sandbox.meta.videos import OrdinaryVideos


def meta_parties(runtime: Runtime) -> list[Party]:
    """Everything of Meta's, sharing one memory."""
    door = Door(runtime)
    login, instagram, videos = MetaLogin(door), InstagramPublishing(door), PageVideos(door)
    uploads, nodes = AppUploads(door), Nodes(door, instagram, videos)
    runtime.screens[META] = login.screen
    callbacks = Callbacks(runtime)
    runtime.on_revoked[META] = callbacks.announce_removed
    runtime.on_deletion[META] = callbacks.request_deletion
    graph = [
        *login.graph_routes(),
        *instagram.routes(),
        *Reels(door, videos).routes(),
        *OrdinaryVideos(door, videos, uploads).routes(),
        *uploads.routes(),
        *Insights(door, nodes).routes(),
        *Comments(door, nodes).routes(),
        *nodes.routes(),
    ]
    rupload = Rupload(door, instagram, videos).routes()

    def party(prefix: str, routes: list[Route]) -> Party:
        return Party(META, prefix, routes, unknown_route, CANNED, door.subject)

    page = post_page(runtime, FACEBOOK)
    public = [Route("GET", f"/{kind}/{{post_id}}", "post_page", page) for kind in ("reel", "watch")]
    return [
        party("/meta-web", [*login.web_routes(), *public]),
        party("/meta-graph", graph),
        party("/meta-graph-video", graph),
        party("/meta-rupload", rupload),
        _instagram_web(runtime),
    ]


def _instagram_web(runtime: Runtime) -> Party:
    show = post_page(runtime, INSTAGRAM)

    async def reel(call: Call) -> Reply:
        ids = runtime.state.table("instagram.shortcodes", str)
        call.params["post_id"] = ids.get(call.params["shortcode"], "")
        return await show(call)

    routes = [Route("GET", "/reel/{shortcode}/", "post_page", reel)]
    return Party("web", "/instagram-web", routes, lambda _call: missing_page())
