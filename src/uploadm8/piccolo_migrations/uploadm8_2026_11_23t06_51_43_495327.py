"""What uploads that lie in several spans have in each; every span is counted again."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import Array, Integer

from uploadm8.infra.db.engine import DB

ID = "2026-11-23T06:51:43:495327"
VERSION = "1.38.0"
DESCRIPTION = "what straddling uploads have"


async def count_again() -> None:
    await DB.run_ddl(
        "INSERT INTO rollup_marks (workspace, grain, day)"
        " SELECT DISTINCT workspace, grain, first FROM rollups"
    )
    await DB.run_ddl("DELETE FROM rollups")


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="uploadm8", description=DESCRIPTION)
    manager.add_column(
        table_class_name="Rollup",
        tablename="rollups",
        column_name="straddlers_have",
        db_column_name="straddlers_have",
        column_class_name="Array",
        column_class=Array,
        params={
            "default": None,
            "base_column": Integer(),
            "null": True,
            "primary_key": False,
            "unique": False,
            "index": False,
            "choices": None,
            "secret": False,
        },
    )
    manager.add_raw(count_again)
    manager.add_raw_backwards(count_again)
    return manager
