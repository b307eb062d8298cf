"""What every platform client takes and gives: access, media, results of each publishing step."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from uploadm8.domain.platforms.clients.errors import PlatformError


class Platform(StrEnum):
    """The platforms we publish to, by the name used in URLs and in the API."""

    TIKTOK = "tiktok"
    YOUTUBE = "youtube"
    INSTAGRAM = "instagram"
    FACEBOOK = "facebook"

    @property
    def label(self) -> str:
        """The name as the platform writes it."""
        return {"tiktok": "TikTok", "youtube": "YouTube"}.get(self.value, self.value.title())


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a platform lets us act with. Every field but the dates is a secret.

    For Facebook and Instagram `access` is the page token and `refresh` the long-lived user token
    it was derived from; for the others they are what OAuth calls them. `data_access_expires_at`
    is when Meta withdraws permissions from an app whose person has not signed in for 90 days.
    """

    access: str = field(repr=False)
    access_expires_at: datetime | None = None
    refresh: str | None = field(default=None, repr=False)
    refresh_expires_at: datetime | None = None
    scopes: frozenset[str] = frozenset()
    data_access_expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """An account that a person let us publish to, with the tokens that act for it.

    Attributes:
        external_id: the platform's id of the account (open id, channel, page, Instagram account).
        name: the display name.
        username: the handle without "@", when the platform has one.
        avatar_url: a picture, possibly short-lived.
        owner_id: the platform's id of the person, for deletion requests; may be external_id.
        page_id: for Instagram, the page the account is linked to.
        tokens: what acts for this account.
    """

    external_id: str
    name: str
    username: str | None
    avatar_url: str | None
    owner_id: str | None
    tokens: Tokens
    page_id: str | None = None


@dataclass(frozen=True, slots=True)
class Access:
    """A live permission to act for one connected account.

    `epoch` numbers the account's tokens: a higher one is a later one.
    """

    token: str = field(repr=False)
    account_id: str
    username: str | None = None
    scopes: frozenset[str] = frozenset()
    epoch: int = 0


class MediaSource(Protocol):
    """Bytes that can be read from any offset, as many times as needed."""

    @property
    def size(self) -> int:
        """Length in bytes."""

    @property
    def content_type(self) -> str:
        """Media type, for example video/mp4."""

    def read(self, start: int, end: int) -> AsyncIterator[bytes]:
        """Yield the bytes of [start, end) in pieces of at most a few MiB."""


@dataclass(frozen=True, slots=True)
class MediaFacts:
    """What a probe says about the file that would be published; width and height as displayed."""

    container: str
    video_codec: str
    width: int
    height: int
    fps: float
    duration: float
    size_bytes: int
    audio_codec: str | None = None
    bit_rate: int | None = None

    @property
    def portrait_or_square(self) -> bool:
        """Whether it is at least as tall as wide."""
        return self.height >= self.width


@dataclass(frozen=True, slots=True)
class Draft:
    """One post to be made: who, what, and how.

    Attributes:
        access: the account and its token, refreshed by the caller.
        media: the bytes.
        facts: what the bytes are.
        caption: the finished text, hashtags included.
        options: the platform's options Struct.
        marker: our id of the publication, the same on every attempt.
        title: a title where the platform has one.
        cover_url: a public https URL of a JPEG cover, for the platforms that fetch one.
    """

    access: Access
    media: MediaSource
    facts: MediaFacts
    caption: str
    options: Any
    marker: str
    title: str | None = None
    cover_url: str | None = None


Report = Callable[[int], Awaitable[None]]
"""Told the bytes the platform has confirmed; raising from it stops the transfer."""


@dataclass(frozen=True, slots=True)
class Ready:
    """The bytes are in place; commit may be called."""


@dataclass(frozen=True, slots=True)
class NotReady:
    """The platform still works on the bytes."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The platform took the irreversible call."""

    post_id: str | None = None


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """The irreversible call may or may not have been acted on: only `check` can tell."""

    reason: str


@dataclass(frozen=True, slots=True)
class Live:
    """The post exists. The id or URL may come later (TikTok moderation, private posts)."""

    post_id: str | None
    url: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Pending:
    """The platform is still at it; ask again, but not within `seconds`."""

    seconds: float = 0.0
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class CommitAgain:
    """The commit was not acted on; the same call with the same handle cannot make a second post.

    With `look_twice` the platform's word may lag behind the call, and is believed once it has
    stood for a while.
    """

    look_twice: bool = False


@dataclass(frozen=True, slots=True)
class NotPublished:
    """There is no post and this handle will never make one; `error` says why and what to do."""

    error: PlatformError


@dataclass(frozen=True, slots=True)
class Unknown:
    """The platform gives no verdict (it forgot the handle, or contradicts itself)."""

    reason: str


Readiness = Ready | NotReady
CommitResult = Accepted | Ambiguous
Verdict = Live | Pending | CommitAgain | NotPublished | Unknown


@dataclass(frozen=True, slots=True)
class Metrics:
    """What people did with a post; None where the platform does not say.

    `gone` is set when the platform says the post no longer exists or was taken down.
    """

    views: int | None = None
    likes: int | None = None
    comments: int | None = None
    shares: int | None = None
    gone: str | None = None
    more: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LiveLimits:
    """What the platform allows this account right now; None where it does not say.

    Attributes:
        can_post: False when the platform refuses any post; `refusal` then says why.
        posts_used: posts made through the API in the current window.
        posts_total: posts allowed in that window.
        window: length of the window in seconds.
        max_duration: longest video in seconds.
        privacy: privacy values on offer, in the platform's words.
        comments_off: the account has comments disabled; likewise duets_off and stitches_off.
        nickname: name to show beside the form.
        unchecked: the platform was asked and did not say.
    """

    can_post: bool = True
    refusal: PlatformError | None = None
    posts_used: int | None = None
    posts_total: int | None = None
    window: float | None = None
    max_duration: float | None = None
    privacy: tuple[str, ...] | None = None
    comments_off: bool = False
    duets_off: bool = False
    stitches_off: bool = False
    nickname: str | None = None
    unchecked: bool = False
