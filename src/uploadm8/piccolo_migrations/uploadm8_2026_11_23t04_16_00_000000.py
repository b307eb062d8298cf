from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from uploadm8.infra.db.engine import DB

ID = "2026-11-23T04:16:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "everyone's days found by an index; late webhook deliveries too"

# A range of moments that is joined to a list of spans never uses a BRIN index.
STATEMENTS = (
    "DROP INDEX IF EXISTS publications_accepted_by_all, uploads_created_by_all",
    "CREATE INDEX publications_accepted_by_all ON publications (accepted_at)",
    "CREATE INDEX uploads_created_by_all ON uploads (created_at)",
    "CREATE INDEX webhook_deliveries_waiting ON webhook_deliveries"
    " ((COALESCE(next_try_at, created_at))) WHERE state = 'pending'",
)
UNDO = ("DROP INDEX webhook_deliveries_waiting",)


async def do():
    for statement in STATEMENTS:
        await DB.run_ddl(statement)


async def undo():
    for statement in UNDO:
        await DB.run_ddl(statement)


async def forwards():
    manager = MigrationManager(
        migration_id=ID, app_name="uploadm8", description=DESCRIPTION
    )

    manager.add_raw(do)
    manager.add_raw_backwards(undo)

    return manager
