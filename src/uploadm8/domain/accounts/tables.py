"""Users and their sessions."""

from enum import StrEnum

from piccolo.columns import (
    UUID,
    BigInt,
    ForeignKey,
    Integer,
    OnDelete,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.columns.defaults.timestamptz import TimestamptzNow
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
