"""What the API says about platforms and connected accounts."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta


class AccountWarning(msgspec.Struct, frozen=True, kw_only=True):
    """Something about an account that its owner should act on."""

    code: str
    message: str
    action: str


class AccountOut(msgspec.Struct, frozen=True, kw_only=True):
    """A connected account. It never contains a token."""

    id: UUID
    platform: str
    external_id: str
    username: str | None
    display_name: str
    avatar_url: str | None
    state: str
    state_reason: str | None
    scopes: list[str]
    connected_at: datetime
    access_ends_at: datetime | None
    warnings: list[AccountWarning]


class LimitsOut(msgspec.Struct, frozen=True, kw_only=True):
    """What a platform allows an account at this moment; null where it does not say.

    `privacy` holds the values on offer in the platform's own words, `posts_used` of `posts_total`
    are made in the last `window_s` seconds, and `nickname` is the name to show beside the form.
    """

    can_post: bool
    refusal: str | None
    nickname: str | None
    posts_used: int | None
    posts_total: int | None
    window_s: float | None
    max_duration_s: float | None
    privacy: list[str] | None
    comments_off: bool
    duets_off: bool
    stitches_off: bool


class FoundAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account behind a sign-in that is not connected yet."""

    external_id: str
    name: str
    username: str | None


class ChoiceOut(msgspec.Struct, frozen=True, kw_only=True):
    """A sign-in that found several accounts; choose which to connect."""

    id: UUID
    accounts: list[FoundAccount]
    expires_at: datetime


class PlatformOut(msgspec.Struct, frozen=True, kw_only=True):
    """A platform, what is connected to it, and what waits for a choice."""

    platform: str
    configured: bool
    accounts: list[AccountOut]
    choices: list[ChoiceOut]


class PlatformsOut(msgspec.Struct, frozen=True, kw_only=True):
    """All platforms."""

    items: list[PlatformOut]


class Choose(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which of the found accounts to connect."""

    external_ids: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=120)]], Meta(min_length=1, max_length=50)
    ]


class Connected(msgspec.Struct, frozen=True, kw_only=True):
    """The accounts that were connected."""

    account_ids: list[UUID]


class AuthorizeOut(msgspec.Struct, frozen=True, kw_only=True):
    """Where to send the browser, and until when."""

    authorize_url: str
    expires_at: datetime


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook was verified and taken."""

    received: bool


class DeletionAccepted(msgspec.Struct, frozen=True, kw_only=True):
    """What Meta shows the person who asked for deletion."""

    url: str
    confirmation_code: str


class DeletionStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How far a data deletion is."""

    confirmation_code: str
    status: str
