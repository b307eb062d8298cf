from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import Varchar
from piccolo.columns.indexes import IndexMethod

ID = "2026-11-23T07:20:38:884960"
VERSION = "1.38.0"
DESCRIPTION = "Encoder of a rendition"


async def forwards():
    manager = MigrationManager(
        migration_id=ID, app_name="uploadm8", description=DESCRIPTION
    )

    manager.add_column(
        table_class_name="Rendition",
        tablename="renditions",
        column_name="encoder",
        db_column_name="encoder",
        column_class_name="Varchar",
        column_class=Varchar,
        params={
            "length": 40,
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
