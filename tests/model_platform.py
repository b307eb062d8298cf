"""A platform reduced to what exactly-once rests on: one handle makes at most one post."""

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from uploadm8.domain.platforms.clients import errors as e
from uploadm8.domain.platforms.clients.base import (
    Accepted,
    Access,
    Ambiguous,
    CommitAgain,
    CommitResult,
    Draft,
    Live,
    LiveLimits,
    Metrics,
    NotPublished,
    Pending,
    Platform,
    Readiness,
    Ready,
    Report,
    Verdict,
)
from uploadm8.domain.platforms.clients.errors import PlatformError
from uploadm8.domain.platforms.clients.handles import TikTokHandle

COMMITS = ("taken", "answer lost", "request lost", "refused", "not now", "dead handle")
STALE_FOR = 3  # questions about a handle, from when on the platform knows what it did
CHECKS = ("truth", "stale", "busy", "down")


@dataclass
class ModelPlatform:
    """A publisher without a network; what it does next is scripted.

    Attributes:
        commits: what becomes of the next commits; after them all are taken.
        checks: how the next status questions are answered; after them with the truth.
        made: handles that became a post, by the publication they were prepared for.
        dead: handles that never will.
        opened: how many handles there were.
        asked: how often each handle was asked about.
    """

    commits: deque[str] = field(default_factory=deque)
    checks: deque[str] = field(default_factory=deque)
    made: dict[str, set[str]] = field(default_factory=dict)
    dead: set[str] = field(default_factory=set)
    opened: int = 0
    asked: Counter[str] = field(default_factory=Counter)

    platform = Platform.TIKTOK

    def posts_of(self, publication: UUID) -> int:
        """How many posts a publication has."""
        return len(self.made.get(str(publication), ()))

    async def limits(self, access: Access) -> LiveLimits:
        """Everything is allowed."""
        return LiveLimits(privacy=("PUBLIC_TO_EVERYONE",))

    async def prepare(self, draft: Draft) -> TikTokHandle:
        """Open an upload."""
        self.opened += 1
        return TikTokHandle(size=1, publish_id=f"p{self.opened}", upload_url="-")

    async def transfer(self, draft: Draft, handle: TikTokHandle, report: Report) -> TikTokHandle:
        """Take the bytes."""
        await report(1)
        return handle

    async def ready(self, draft: Draft, handle: TikTokHandle) -> Readiness:
        """At once."""
        return Ready()

    async def commit(
        self, draft: Draft, handle: TikTokHandle, *, again: bool = False
    ) -> CommitResult:
        """Make the post, or not, and say so, or not."""
        fate = self.commits.popleft() if self.commits else "taken"
        if handle.publish_id in self.dead:
            return Ambiguous("the handle is dead")
        if fate in {"taken", "answer lost"}:
            self.made.setdefault(draft.marker, set()).add(handle.publish_id)
        if fate == "taken":
            return Accepted()
        rule = {"not now": e.RATE_LIMITED, "refused": e.POLICY, "dead handle": e.SESSION_GONE}
        if fate in rule and not again and self.posts_of(UUID(draft.marker)) == 0:
            if fate == "dead handle":
                self.dead.add(handle.publish_id)
            raise PlatformError(rule[fate], platform=self.platform)
        return Ambiguous("the connection broke")

    async def check(self, draft: Draft, handle: TikTokHandle) -> Verdict:
        """Tell what became of a handle."""
        mood = self.checks.popleft() if self.checks else "truth"
        self.asked[handle.publish_id] += 1
        if mood == "stale" and self.asked[handle.publish_id] > STALE_FOR:
            mood = "truth"
        if mood == "down":
            raise PlatformError(e.UNREACHABLE, platform=self.platform)
        if mood == "busy":
            return Pending(60.0)
        if handle.publish_id in self.dead:
            return NotPublished(PlatformError(e.SESSION_GONE, platform=self.platform))
        if mood == "truth" and handle.publish_id in self.made.get(draft.marker, ()):
            return Live(handle.publish_id, f"https://example.com/{handle.publish_id}")
        return CommitAgain()

    async def permalink(self, access: Access, post_id: str) -> str | None:
        """The address of a post."""
        return f"https://example.com/{post_id}"

    async def metrics(self, access: Access, post_ids: Sequence[str]) -> Mapping[str, Metrics]:
        """Nobody has looked."""
        return {}
