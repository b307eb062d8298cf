"""The public page of a post, served at each platform's own kind of address."""

from uploadm8.dev.sandbox.kit.growth import numbers
from uploadm8.dev.sandbox.kit.ledger import Visibility
from uploadm8.dev.sandbox.kit.pages import render_page
from uploadm8.dev.sandbox.kit.runtime import Runtime
from uploadm8.dev.sandbox.kit.wire import Call, Handler, Reply, html_reply


def missing_page() -> Reply:
    """The page for an address that leads nowhere."""
    return html_reply(render_page("refused.html", brand="This page", reason="Nothing here."), 404)


def post_page(runtime: Runtime, platform: str) -> Handler:
    """A handler that shows the post named by {post_id} in the path or by ?v=."""

    async def show(call: Call) -> Reply:
        post_id = call.params.get("post_id") or call.query.get("v", "")
        post = runtime.ledger.get(call.params.get("platform", platform), post_id)
        if post is None or post.visibility is Visibility.DELETED:
            return missing_page()
        counts = numbers(post, runtime.state.now())
        media = runtime.media.get(post.sha256)
        return html_reply(render_page("post.html", post=post, numbers=counts, media=media))

    return show
