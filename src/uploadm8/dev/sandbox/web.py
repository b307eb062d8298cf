"""What the public sees: a gallery of posts, a page per post with its video, mail and alerts."""

import re

from uploadm8.dev.sandbox.discord import Alert
from uploadm8.dev.sandbox.kit.growth import numbers
from uploadm8.dev.sandbox.kit.ledger import Visibility
from uploadm8.dev.sandbox.kit.pages import render_page
from uploadm8.dev.sandbox.kit.post_page import missing_page, post_page
from uploadm8.dev.sandbox.kit.runtime import Runtime
from uploadm8.dev.sandbox.kit.wire import Call, FileSlice, Party, Reply, Route, html_reply
from uploadm8.dev.sandbox.mailgun import Mail

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_COLOURS = {"tiktok": "#111", "google": "#c8102e", "meta": "#1877f2", "instagram": "#c13584"}
_GALLERY_SIZE = 120


class Web:
    """Pages for people."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    async def gallery(self, call: Call) -> Reply:
        chosen = call.query
        posts = self.runtime.ledger.posts(chosen.get("platform"), chosen.get("account"))
        shown = [p for p in reversed(posts) if p.visibility is not Visibility.DELETED]
        now = self.runtime.state.now()
        cards = [(post, numbers(post, now)) for post in shown[:_GALLERY_SIZE]]
        page = render_page("gallery.html", cards=cards, total=len(posts))
        return html_reply(page)

    async def media(self, call: Call) -> Reply:
        media = self.runtime.media.get(call.params["sha256"])
        if media is None:
            return missing_page()
        path = self.runtime.media.path(media.sha256)
        headers = (
            ("content-type", media.probe.content_type),
            ("accept-ranges", "bytes"),
            ("cache-control", "max-age=31536000, immutable"),
        )
        wanted = call.headers.get("range")
        if wanted is None:
            return Reply(200, headers=headers, file=FileSlice(path, 0, media.size))
        span = _parse_range(wanted, media.size)
        if span is None:
            return Reply(416, headers=(("content-range", f"bytes */{media.size}"),))
        first, last = span
        where = ("content-range", f"bytes {first}-{last}/{media.size}")
        return Reply(206, headers=(*headers, where), file=FileSlice(path, first, last - first + 1))

    async def avatar(self, call: Call) -> Reply:
        colour = _COLOURS.get(call.params["party"], "#555")
        letter = call.params["name"][:1].upper()
        svg = (
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96">'
            f'<rect width="96" height="96" rx="48" fill="{colour}"/>'
            '<text x="48" y="64" font-family="sans-serif" font-size="46" fill="#fff" '
            f'text-anchor="middle">{letter if letter.isalnum() else "?"}</text></svg>'
        )
        return Reply(200, svg.encode(), (("content-type", "image/svg+xml"),))

    async def mail(self, _call: Call) -> Reply:
        mails = list(self.runtime.state.table("mailgun.mails", Mail).values())
        return html_reply(render_page("mail.html", mails=mails[::-1]))

    async def alerts(self, _call: Call) -> Reply:
        alerts = list(self.runtime.state.table("discord.alerts", Alert).values())
        return html_reply(render_page("alerts.html", alerts=alerts[::-1]))


def web_parties(runtime: Runtime) -> list[Party]:
    """The public pages; the platforms' own post addresses lead to the same page."""
    web = Web(runtime)

    def page(template: str, platform: str) -> Route:
        return Route("GET", template, "post_page", post_page(runtime, platform))

    def party(prefix: str, *routes: Route) -> Party:
        return Party("web", prefix, routes, lambda _call: missing_page())

    return [
        party(
            "/posts",
            Route("GET", "", "gallery", web.gallery),
            page("/{platform}/{post_id}", ""),
        ),
        party("/media", Route("GET", "/{sha256}", "media", web.media)),
        party("/avatars", Route("GET", "/{party}/{name}.svg", "avatar", web.avatar)),
        party("/mail", Route("GET", "", "mail", web.mail)),
        party("/alerts", Route("GET", "", "alerts", web.alerts)),
        party(
            "/youtube-web",
            page("/watch", "youtube"),
            page("/shorts/{post_id}", "youtube"),
        ),
    ]


def _parse_range(value: str, size: int) -> tuple[int, int] | None:
    match = _RANGE.fullmatch(value.strip())
    if match is None or not size or match[0] == "bytes=-":
        return None
    if not match[1]:
        return max(0, size - int(match[2])), size - 1
    first = int(match[1])
    last = min(int(match[2]) if match[2] else size - 1, size - 1)
    return (first, last) if first <= last else None
