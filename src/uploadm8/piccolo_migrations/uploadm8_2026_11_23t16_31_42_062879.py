from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import Timestamptz
from piccolo.columns.indexes import IndexMethod

ID = "2026-11-23T16:31:42:062879"
VERSION = "1.38.0"
DESCRIPTION = "Remember when Meta withdraws permissions"


async def forwards():
    manager = MigrationManager(
        migration_id=ID, app_name="uploadm8", description=DESCRIPTION
    )

    manager.add_column(
        table_class_name="ConnectedAccount",
        tablename="connected_accounts",
        column_name="data_access_expires_at",
        db_column_name="data_access_expires_at",
        column_class_name="Timestamptz",
        column_class=Timestamptz,
        params={
            "default": None,
            "null": True,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema=None,
    )

    return manager
