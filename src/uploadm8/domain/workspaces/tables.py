"""Workspaces and who belongs to them."""

from enum import StrEnum

from piccolo.columns import JSONB, UUID, Array, ForeignKey, Integer, OnDelete, Timestamptz, Varchar
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.constraints import Unique
from piccolo.table import Table

from uploadm8.domain.accounts.tables import User
from uploadm8.infra.db.engine import DB
from uploadm8.infra.db.types import RowId, one_of


class MemberRole(StrEnum):
    """What a member may do in a workspace; each includes those after it."""

    OWNER = "owner"
    ADMIN = "admin"
    EDITOR = "editor"
    VIEWER = "viewer"


class Workspace(Table, tablename="workspaces", db=DB):
    """The owner of uploads, connected accounts, billing and quota."""

    id = UUID(primary_key=True, default=RowId())
    name = Varchar(length=120)
    time_zone = Varchar(length=64, default="UTC")
    suspended_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(default=TimestamptzNow())


class Membership(Table, tablename="memberships", db=DB):
    """A user's place in a workspace."""

    id = UUID(primary_key=True, default=RowId())
    workspace = ForeignKey(Workspace, null=False, on_delete=OnDelete.cascade)
    user = ForeignKey(User, null=False, on_delete=OnDelete.cascade, index=True)
    role = Varchar(length=16, default=None)
    created_at = Timestamptz(default=TimestamptzNow())

    check_memberships_role = one_of("role", MemberRole)
    unique_memberships_workspace_user = Unique([workspace, user])


class Invitation(Table, tablename="invitations", db=DB):
    """A place in a workspace, offered by mail; open until accepted, withdrawn or expired.

    The mailed token is recomputed from `token_id`, which changes with every mail; it is not stored.
    """

    id = UUID(primary_key=True, default=RowId())
    workspace = ForeignKey(Workspace, null=False, on_delete=OnDelete.cascade, index=True)
    email = Varchar(length=320, default=None, index=True)  # lower case
    role = Varchar(length=16, default=None)
    invited_by = ForeignKey(User, null=True, default=None, on_delete=OnDelete.set_null)
    token_id = UUID(default=None, unique=True)
    mails = Integer(default=1)
    mailed_at = Timestamptz(default=TimestamptzNow())
    expires_at = Timestamptz(default=None)
    accepted_at = Timestamptz(null=True, default=None)
    accepted_by = ForeignKey(User, null=True, default=None, on_delete=OnDelete.set_null)
    closed_at = Timestamptz(null=True, default=None)  # withdrawn or declined
    created_at = Timestamptz(default=TimestamptzNow())

    check_invitations_role = one_of("role", MemberRole)


class ApiKey(Table, tablename="api_keys", db=DB):
    """A personal access token of a user for one workspace; only its hash is kept."""

    id = UUID(primary_key=True, default=RowId())
    user = ForeignKey(User, null=False, on_delete=OnDelete.cascade, index=True)
    workspace = ForeignKey(Workspace, null=False, on_delete=OnDelete.cascade)
    name = Varchar(length=80, default=None)
    token_hash = Varchar(length=64, default=None, unique=True)
    hint = Varchar(length=16, default=None)  # its first characters, to tell keys apart
    scopes = Array(base_column=Varchar(length=40), default=list)
    expires_at = Timestamptz(null=True, default=None)
    last_used_at = Timestamptz(null=True, default=None)
    revoked_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(default=TimestamptzNow())


class DataExport(Table, tablename="data_exports", db=DB):
    """A copy of a user's data, kept for a day."""

    id = UUID(primary_key=True, default=RowId())
    user = ForeignKey(User, null=False, on_delete=OnDelete.cascade, index=True)
    key = Varchar(length=200, null=True, default=None)  # the object, once it is made
    created_at = Timestamptz(default=TimestamptzNow())


class Erasure(Table, tablename="erasures", db=DB):
    """The tombstone of an erased account: that there was one, and when it went."""

    id = UUID(primary_key=True, default=RowId())
    subject_hash = Varchar(length=64, default=None)
    erased_at = Timestamptz(default=TimestamptzNow())


class WorkspaceEvent(Table, tablename="workspace_events", db=DB):
    """Something that happened in a workspace and that somebody may want to be told."""

    id = UUID(primary_key=True, default=RowId())
    workspace = ForeignKey(Workspace, null=False, on_delete=OnDelete.cascade, index=True)
    kind = Varchar(length=40, default=None)
    subject = UUID(null=True, default=None)
    facts = JSONB(default="{}")
    unique_key = Varchar(length=200, default=None, unique=True)
    at = Timestamptz(default=TimestamptzNow())
