"""What the outside world can see: posts, and how often each route was called."""

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from uploadm8.dev.sandbox.kit.state import State


class Visibility(StrEnum):
    """Who sees a post now."""

    PUBLIC = "public"
    RESTRICTED = "restricted"
    SCHEDULED = "scheduled"
    DRAFT = "draft"
    DELETED = "deleted"


@dataclass(slots=True)
class Post:
    """A post that exists on a platform; `created_at` is when it could no longer be undone."""

    platform: str
    account: str
    account_name: str
    post_id: str
    title: str
    caption: str
    sha256: str
    size: int
    created_at: float
    path: str
    visibility: Visibility = Visibility.PUBLIC
    publish_at: float | None = None
    published_at: float | None = None
    options: dict[str, Any] = field(default_factory=dict)
    comments: list[str] = field(default_factory=list)

    @property
    def key(self) -> str:
        return f"{self.platform}:{self.post_id}"


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One call, without anything secret."""

    at: float
    party: str
    route: str
    status: int
    account: str | None
    fault: str | None


class Ledger:
    """Posts by platform and id, and the calls since the start."""

    def __init__(self, state: State, keep_calls: int = 20_000) -> None:
        self._state = state
        self._posts = state.table("posts", Post)
        self.counts: Counter[tuple[str, str, int]] = Counter()
        self.calls: deque[CallRecord] = deque(maxlen=keep_calls)

    def add(self, post: Post) -> Post:
        self._posts[post.key] = post
        return post

    def get(self, platform: str, post_id: str) -> Post | None:
        return self._posts.get(f"{platform}:{post_id}")

    def note(self, platform: str, post_id: str, **done: Any) -> None:
        """Write down what was done to a post after it was made."""
        post = self.get(platform, post_id)
        if post is not None:
            post.options |= done

    def posts(self, platform: str | None = None, account: str | None = None) -> list[Post]:
        """Posts from oldest to newest."""
        return [
            post
            for post in self._posts.values()
            if platform in (None, post.platform) and account in (None, post.account)
        ]

    def record(self, record: CallRecord) -> None:
        self.calls.append(record)
        self.counts[record.party, record.route, record.status] += 1

    @property
    def total(self) -> int:
        """How many calls there were."""
        return self.counts.total()

    def clear(self) -> None:
        self._posts.clear()
        self.calls.clear()
        self.counts.clear()


def url_of(post: Post, base: str) -> str:
    """The public address of a post in this sandbox."""
    return base + post.path


def as_json(posts: Iterable[Post], base: str) -> list[dict[str, Any]]:
    """Posts for the ledger endpoint."""
    return [
        {
            "platform": post.platform,
            "account": post.account,
            "account_name": post.account_name,
            "post_id": post.post_id,
            "title": post.title,
            "caption": post.caption,
            "media_sha256": post.sha256,
            "media_bytes": post.size,
            "created_at": post.created_at,
            "visibility": post.visibility.value,
            "publish_at": post.publish_at,
            "published_at": post.published_at,
            "url": url_of(post, base),
            "options": post.options,
            "comments": post.comments,
        }
        for post in posts
    ]
