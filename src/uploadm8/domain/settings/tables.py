"""A workspace's preferences."""

from piccolo.columns import JSONB, UUID, ForeignKey, OnDelete, Text, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow
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
