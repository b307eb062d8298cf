from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import UUID
from piccolo.columns.indexes import IndexMethod

from uploadm8.infra.db.engine import DB

ID = "2026-11-23T00:36:34:054838"
VERSION = "1.38.0"
DESCRIPTION = "lanes of jobs, and indexes for what is due"

# The dispatcher looks for due jobs every second, among all that ever ran.
INDEXES = (
    "CREATE INDEX jobs_due ON jobs (queue, priority, run_at) WHERE state = 'queued'",
    "CREATE INDEX jobs_running ON jobs (queue, lease_until) WHERE state = 'running'",
)


async def make_indexes():
    for statement in INDEXES:
        await DB.run_ddl(statement)


async def drop_indexes():
    for name in ("jobs_due", "jobs_running"):
        await DB.run_ddl(f"DROP INDEX {name}")


async def forwards():
    manager = MigrationManager(
        migration_id=ID, app_name="uploadm8", description=DESCRIPTION
    )

    manager.add_column(
        table_class_name="JobRow",
        tablename="jobs",
        column_name="lane",
        db_column_name="lane",
        column_class_name="UUID",
        column_class=UUID,
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

    manager.add_raw(make_indexes)
    manager.add_raw_backwards(drop_indexes)

    return manager
