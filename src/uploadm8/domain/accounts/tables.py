"""Users and their sessions."""

from enum import StrEnum

from piccolo.columns import (
    UUID,
    BigInt,
    Boolean,
    ForeignKey,
    Integer,
    OnDelete,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.constraints import Unique
from piccolo.table import Table

from uploadm8.infra.db.engine import DB
from uploadm8.infra.db.types import RowId, one_of


class UserRole(StrEnum):
    """What a person may do with the whole installation."""

    USER = "user"
    ADMIN = "admin"


class User(Table, tablename="users", db=DB):
    """A person who can sign in."""

    id = UUID(primary_key=True, default=RowId())
    email = Varchar(length=320, unique=True, default=None)  # lower case
    password_hash = Varchar(length=200, default=None)
    display_name = Varchar(length=120)
    role = Varchar(length=16, default=UserRole.USER)
    email_verified_at = Timestamptz(null=True, default=None)
    disabled_at = Timestamptz(null=True, default=None)
    deletion_due_at = Timestamptz(null=True, default=None)
    auth_epoch = Integer(default=0)  # raised to kill every access token at once
    totp_secret_enc = Text(null=True, default=None)  # encrypted, bound to this row
    totp_enabled_at = Timestamptz(null=True, default=None)
    totp_last_step = BigInt(default=0)  # the 30 s step of the last accepted code
    created_at = Timestamptz(default=TimestamptzNow())
    last_login_at = Timestamptz(null=True, default=None)

    check_users_role = one_of("role", UserRole)


class Session(Table, tablename="sessions", db=DB):
    """One signed-in device; refresh tokens are recomputable from its counter, never stored."""

    id = UUID(primary_key=True, default=RowId())
    user = ForeignKey(User, null=False, on_delete=OnDelete.cascade, index=True)
    counter = BigInt(default=0)
    rotated_at = Timestamptz(default=TimestamptzNow())
    idle_expires_at = Timestamptz(default=None)
    expires_at = Timestamptz(default=None)
    revoked_at = Timestamptz(null=True, default=None)
    revoked_reason = Varchar(length=40, null=True, default=None)
    authenticated_at = Timestamptz(default=TimestamptzNow())
    user_agent = Text()
    ip = Varchar(length=64)
    created_at = Timestamptz(default=TimestamptzNow())
    last_seen_at = Timestamptz(default=TimestamptzNow())
    # Set when it is an administrator's, in the user's place.
    support_admin = UUID(null=True, default=None)
    support_reason = Text(null=True, default=None)
    support_writes = Boolean(default=False)


class LinkPurpose(StrEnum):
    """What a mailed link is good for."""

    VERIFY = "verify"
    RESET = "reset"
    CHANGE_EMAIL = "change_email"
    UNDO_EMAIL = "undo_email"
    CANCEL_DELETION = "cancel_deletion"


class MailedLink(Table, tablename="mailed_links", db=DB):
    """A link that was mailed; its token is recomputed from the id, never stored."""

    id = UUID(primary_key=True, default=RowId())
    user = ForeignKey(User, null=False, on_delete=OnDelete.cascade, index=True)
    purpose = Varchar(length=24, default=None)
    email = Varchar(length=320, default=None)  # the address it is about
    expires_at = Timestamptz(default=None)
    used_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(default=TimestamptzNow())

    check_mailed_links_purpose = one_of("purpose", LinkPurpose)


class RecoveryCode(Table, tablename="recovery_codes", db=DB):
    """A one-time code for when the authenticator is lost."""

    id = UUID(primary_key=True, default=RowId())
    user = ForeignKey(User, null=False, on_delete=OnDelete.cascade)
    position = Integer(default=None)  # printed in the code, so that one hash is tried, not ten
    code_hash = Varchar(length=200, default=None)
    used_at = Timestamptz(null=True, default=None)

    unique_recovery_codes_user_position = Unique([user, position])


class Attempt(Table, tablename="sign_in_attempts", db=DB):
    """An attempt that has not succeeded (yet): what the throttles count."""

    id = UUID(primary_key=True, default=RowId())
    kind = Varchar(length=16, default=None)
    account_key = Varchar(length=64, default=None, index=True)  # a MAC of the address
    address = Varchar(length=64, default=None, index=True)
    at = Timestamptz(default=TimestamptzNow())
