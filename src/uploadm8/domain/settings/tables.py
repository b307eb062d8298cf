"""A workspace's preferences."""

from piccolo.columns import JSONB, UUID, ForeignKey, OnDelete, Text, Timestamptz, Varchar
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.constraints import Unique
from piccolo.table import Table

from uploadm8.domain.workspaces.tables import Workspace
from uploadm8.infra.db.engine import DB
from uploadm8.infra.db.types import RowId


class SettingsRow(Table, tablename="settings", db=DB):
    """One document per workspace; what is secret or says where someone lives is encrypted."""

    id = UUID(primary_key=True, default=RowId())
    workspace = ForeignKey(Workspace, null=False, on_delete=OnDelete.cascade, unique=True)
    document = JSONB(default="{}")
    private_enc = Text(null=True, default=None)
    updated_at = Timestamptz(default=TimestamptzNow())


class HudLayout(Table, tablename="hud_layouts", db=DB):
    """A HUD that a workspace keeps under a name."""

    id = UUID(primary_key=True, default=RowId())
    workspace = ForeignKey(Workspace, null=False, on_delete=OnDelete.cascade)
    name = Varchar(length=80, default=None)
    spec = JSONB(default="{}")
    created_at = Timestamptz(default=TimestamptzNow())
    updated_at = Timestamptz(default=TimestamptzNow())

    unique_hud_layouts_name = Unique([workspace, name])
