"""What goes over the wire about accounts."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

Email = Annotated[
    str,
    Meta(min_length=3, max_length=320, description="E-mail address", examples=["ada@example.com"]),
]
Password = Annotated[
    str,
    Meta(
        min_length=10,
        max_length=128,
        description="10 to 128 characters, any of them",
        examples=["correct horse battery"],
    ),
]
GivenPassword = Annotated[str, Meta(min_length=1, max_length=1024)]
Opaque = Annotated[str, Meta(min_length=1, max_length=512)]
Transport = Literal["body", "cookie"]


class Registration(Struct, forbid_unknown_fields=True, frozen=True):
    """A new user."""

    email: Email
    password: Password
    display_name: Annotated[str, Meta(max_length=120)] = ""
    transport: Transport = "body"


class Credentials(Struct, forbid_unknown_fields=True, frozen=True):
    """Someone signing in."""

    email: Email
    password: GivenPassword
    transport: Transport = "body"


class RefreshRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """A refresh token; absent when it travels in the cookie."""

    refresh_token: Opaque | None = None


class UserView(Struct, frozen=True):
    """A user, as that user sees it."""

    id: UUID
    email: str
    display_name: str
    role: str
    email_verified: bool
    two_step: bool
    deletion_due_at: datetime | None
    created_at: datetime


class SupportView(Struct, frozen=True):
    """An administrator who is in the user's place now; ``DELETE /api/auth/sessions/{id}`` ends it.

    Attributes:
        session_id: the session it uses.
        writes: whether changes are allowed, or only looking.
    """

    session_id: UUID
    reason: str
    writes: bool
    started_at: datetime
    until: datetime


class Tokens(Struct, frozen=True):
    """A fresh pair of tokens.

    `expires_in` is the life of the access token in seconds. `refresh_token` is null when it was
    set as a cookie.
    """

    access_token: str
    refresh_token: str | None
    expires_in: int
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105  a scheme, no password


class SignedIn(Struct, frozen=True):
    """The tokens and the user they are for."""

    access_token: str
    refresh_token: str | None
    expires_in: int
    user: UserView
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105  a scheme, no password


class CodeSignIn(Struct, forbid_unknown_fields=True, frozen=True):
    """The second step of signing in: the challenge of the first, and a code."""

    challenge: Opaque
    code: Annotated[str, Meta(min_length=6, max_length=20)]
    transport: Transport = "body"


class Address(Struct, forbid_unknown_fields=True, frozen=True):
    """An address to send something to."""

    email: Email


class LinkToken(Struct, forbid_unknown_fields=True, frozen=True):
    """The token of a mailed link."""

    token: Opaque


class NewPassword(Struct, forbid_unknown_fields=True, frozen=True):
    """The token of a reset link, and the new password."""

    token: Opaque
    password: Password


class PasswordChange(Struct, forbid_unknown_fields=True, frozen=True):
    """The current password and the new one."""

    current_password: GivenPassword
    new_password: Password


class StepUp(Struct, forbid_unknown_fields=True, frozen=True):
    """Proof of who you are: the password, and a code if two-step sign-in is on."""

    password: GivenPassword
    code: Annotated[str, Meta(min_length=6, max_length=20)] | None = None


class NewAddress(Struct, forbid_unknown_fields=True, frozen=True):
    """The address to sign in with from now on."""

    new_email: Email


class Code(Struct, forbid_unknown_fields=True, frozen=True):
    """A code of the authenticator app."""

    code: Annotated[str, Meta(min_length=6, max_length=20)]


class TwoStepSecret(Struct, frozen=True):
    """What the authenticator app needs; shown once."""

    secret: str
    otpauth_uri: str


class RecoveryCodes(Struct, frozen=True):
    """Codes for when the authenticator is lost; each works once, and they are shown this once."""

    recovery_codes: list[str]


class SessionView(Struct, frozen=True):
    """A signed-in device."""

    id: UUID
    device: str
    ip: str
    created_at: datetime
    last_seen_at: datetime
    current: bool


class SessionList(Struct, frozen=True):
    """The live sessions, last seen first."""

    items: list[SessionView]
    next_cursor: None = None


class Done(Struct, frozen=True):
    """It was done."""

    status: Literal["done"] = "done"


class CheckMail(Struct, frozen=True):
    """Said alike for known and unknown addresses."""

    status: Literal["check_mail"] = "check_mail"
