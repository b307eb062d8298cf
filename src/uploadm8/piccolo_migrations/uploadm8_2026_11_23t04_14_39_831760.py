from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import Integer
from piccolo.columns.indexes import IndexMethod

ID = "2026-11-23T04:14:39:831760"
VERSION = "1.38.0"
DESCRIPTION = "one sign of life for a process"


async def forwards():
    manager = MigrationManager(
        migration_id=ID, app_name="uploadm8", description=DESCRIPTION
    )

    manager.drop_table(class_name="WorkerRow", tablename="workers", schema=None)

    manager.add_column(
        table_class_name="ProcessRow",
        tablename="processes",
        column_name="render_slots",
        db_column_name="render_slots",
        column_class_name="Integer",
        column_class=Integer,
        params={
            "default": 0,
            "null": False,
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
