"""Connected accounts and OAuth flows under way."""

from enum import StrEnum

from piccolo.columns import JSONB, UUID, ForeignKey, Integer, OnDelete, Text, Timestamptz, Varchar
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.constraints import Unique
from piccolo.table import Table

from uploadm8.domain.accounts.tables import User
from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.domain.workspaces.tables import Workspace
from uploadm8.infra.db.engine import DB
from uploadm8.infra.db.types import RowId, one_of

__all__ = ["AccountState", "ConnectedAccount", "OAuthChoice", "OAuthFlow", "Platform"]


class AccountState(StrEnum):
    """Whether an account can be published to."""

    ACTIVE = "active"
    NEEDS_RECONNECT = "needs_reconnect"
    DISCONNECTED = "disconnected"


class ConnectedAccount(Table, tablename="connected_accounts", db=DB):
    """An account on a platform that a workspace may publish to; tokens are encrypted."""

    id = UUID(primary_key=True, default=RowId())
    workspace = ForeignKey(Workspace, null=False, on_delete=OnDelete.restrict)
    connected_by = ForeignKey(User, null=True, default=None, on_delete=OnDelete.set_null)
    platform = Varchar(length=16, default=None)
    external_id = Varchar(length=120, default=None)
    owner_external_id = Varchar(length=120, null=True, default=None)  # Meta user behind a page
    username = Varchar(length=200)
    display_name = Varchar(length=200)
    avatar_url = Text(null=True, default=None)
    state = Varchar(length=20, default=AccountState.ACTIVE)
    state_reason = Text(null=True, default=None)
    scopes = JSONB(default="[]")
    profile = JSONB(default="{}")
    access_token_enc = Text(null=True, default=None)
    refresh_token_enc = Text(null=True, default=None)
    access_expires_at = Timestamptz(null=True, default=None)
    refresh_expires_at = Timestamptz(null=True, default=None)
    data_access_expires_at = Timestamptz(null=True, default=None)  # of Meta, unless the person acts
    token_epoch = Integer(default=0)  # raised whenever the tokens change
    refreshed_at = Timestamptz(default=TimestamptzNow())
    created_at = Timestamptz(default=TimestamptzNow())
    connected_at = Timestamptz(default=TimestamptzNow())

    check_connected_accounts_platform = one_of("platform", Platform)
    check_connected_accounts_state = one_of("state", AccountState)
    unique_connected_accounts_external = Unique([workspace, platform, external_id])


class OAuthFlow(Table, tablename="oauth_flows", db=DB):
    """A connection that a user has started and not yet finished; one use, ten minutes."""

    id = UUID(primary_key=True, default=RowId())
    state_hash = Varchar(length=64, default=None, unique=True)
    workspace = ForeignKey(Workspace, null=False, on_delete=OnDelete.cascade)
    user = ForeignKey(User, null=False, on_delete=OnDelete.cascade)
    platform = Varchar(length=16, default=None)
    verifier_enc = Text(null=True, default=None)
    reconnect_account_id = UUID(null=True, default=None)
    expires_at = Timestamptz(default=None)
    created_at = Timestamptz(default=TimestamptzNow())

    check_oauth_flows_platform = one_of("platform", Platform)


class OAuthChoice(Table, tablename="oauth_choices", db=DB):
    """Accounts found behind one sign-in, until the user says which to connect; one use."""

    id = UUID(primary_key=True, default=RowId())
    workspace = ForeignKey(Workspace, null=False, on_delete=OnDelete.cascade, index=True)
    user = ForeignKey(User, null=False, on_delete=OnDelete.cascade)
    platform = Varchar(length=16, default=None)
    options = JSONB(default="[]")  # what the user sees: ids, names, handles
    profiles_enc = Text(default=None)  # the same with tokens
    expires_at = Timestamptz(default=None)
    created_at = Timestamptz(default=TimestamptzNow())

    check_oauth_choices_platform = one_of("platform", Platform)
