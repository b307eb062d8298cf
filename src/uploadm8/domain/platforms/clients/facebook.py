"""Posting to Facebook pages: reels by video_reels, longer or wider ones as page videos."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from uploadm8.core.video.platforms import platform_media
from uploadm8.domain.platforms.clients.base import (
    Access,
    CommitResult,
    Draft,
    Live,
    LiveLimits,
    MediaFacts,
    Metrics,
    Platform,
    Readiness,
    Ready,
    Report,
    Unknown,
    Verdict,
)
from uploadm8.domain.platforms.clients.errors import PlatformError
from uploadm8.domain.platforms.clients.facebook_metrics import read_metrics
from uploadm8.domain.platforms.clients.facebook_reel import ReelUpload
from uploadm8.domain.platforms.clients.facebook_status import read_status
from uploadm8.domain.platforms.clients.facebook_video import VideoUpload
from uploadm8.domain.platforms.clients.handles import FacebookReelHandle, FacebookVideoHandle
from uploadm8.domain.platforms.clients.meta_graph import Graph
from uploadm8.domain.platforms.clients.options import FacebookOptions
from uploadm8.domain.platforms.clients.transport import once, text

FacebookHandle = FacebookReelHandle | FacebookVideoHandle

REEL = platform_media("facebook")
_NARROWEST = 9 / 16  # a video wider than tall could be a reel too, and is better off as a video


@dataclass(frozen=True, slots=True)
class Facebook:
    """The publishing steps of Facebook; see clients.protocol.Publisher."""

    graph: Graph

    platform = Platform.FACEBOOK

    async def limits(self, access: Access) -> LiveLimits:
        """Return nothing known: 30 reels a day are checked only when one is published."""
        del access
        return LiveLimits()

    async def prepare(self, draft: Draft) -> FacebookHandle:
        """Open an upload; what it makes stays invisible until finish."""
        return await self._way(draft).start(draft)

    async def transfer(
        self, draft: Draft, handle: FacebookHandle, report: Report
    ) -> FacebookHandle:
        """Send all bytes, going on from what Facebook says it has."""
        if isinstance(handle, FacebookReelHandle):
            return await ReelUpload(self.graph).transfer(draft, handle, report)
        return await VideoUpload(self.graph).transfer(draft, handle, report)

    async def ready(self, draft: Draft, handle: FacebookHandle) -> Readiness:
        """Return Ready: finish may be called as soon as the bytes are in."""
        del draft, handle
        return Ready()

    async def commit(
        self, draft: Draft, handle: FacebookHandle, *, again: bool = False
    ) -> CommitResult:
        """Finish the upload; said again only while Facebook has not begun to publish."""
        if isinstance(handle, FacebookReelHandle):
            call = ReelUpload(self.graph).finish(draft, handle, again=again)
        else:
            call = VideoUpload(self.graph).finish(draft, handle, again=again)
        return await once(call, again=again)

    async def check(self, draft: Draft, handle: FacebookHandle) -> Verdict:
        """Ask the video what became of it."""
        try:
            status = await read_status(self.graph, draft.access.token, handle.video_id)
        except PlatformError as error:
            if error.fresh_handle:
                return Unknown("Facebook no longer knows the video.")
            raise
        reel = isinstance(handle, FacebookReelHandle)
        verdict = status.verdict(
            post_url(handle.video_id, reel=reel), wanted_state(options_of(draft))
        )
        if isinstance(verdict, Live):
            return Live(handle.video_id, verdict.url, verdict.detail)
        return verdict

    async def permalink(self, access: Access, post_id: str) -> str | None:
        """Read the address of a video, which Facebook writes relative to its host."""
        params = {"fields": "permalink_url,post_id,created_time,length,published"}
        found = await self.graph.get(post_id, access.token, params)
        link = text(found, "permalink_url")
        return f"https://www.facebook.com{link}" if link and link.startswith("/") else link

    async def metrics(self, access: Access, post_ids: Sequence[str]) -> Mapping[str, Metrics]:
        """Read counters, and insights where granted."""
        return {
            post_id: counters
            for post_id in post_ids
            if (counters := await read_metrics(self.graph, access, post_id)) is not None
        }

    def _way(self, draft: Draft) -> ReelUpload | VideoUpload:
        options = options_of(draft)
        return (ReelUpload if as_reel(options, draft.facts) else VideoUpload)(self.graph)


def options_of(draft: Draft) -> FacebookOptions:
    """Return the options; a draft for Facebook always has these."""
    if not isinstance(draft.options, FacebookOptions):
        raise TypeError("a Facebook post has FacebookOptions")
    return draft.options


def as_reel(options: FacebookOptions, facts: MediaFacts) -> bool:
    """Tell whether the post becomes a reel: as asked, else whatever qualifies as one."""
    if options.kind != "auto":
        return options.kind == "reel"
    shape = facts.width / facts.height
    return (
        _NARROWEST - 0.005 <= shape <= 1
        and min(facts.width, facts.height) >= REEL.min_side
        and REEL.min_duration_s <= facts.duration <= REEL.max_duration_s
        and REEL.min_fps - 0.01 <= facts.fps <= REEL.max_fps + 0.01
    )


def wanted_state(options: FacebookOptions) -> str:
    """Name the state the post shall end in, in Facebook's words."""
    if options.draft:
        return "draft"
    return "scheduled" if options.publish_at else "published"


def post_url(video_id: str, *, reel: bool) -> str:
    """Build the address to use until Facebook tells its own."""
    return f"https://www.facebook.com/{'reel/' if reel else 'watch/?v='}{video_id}"
