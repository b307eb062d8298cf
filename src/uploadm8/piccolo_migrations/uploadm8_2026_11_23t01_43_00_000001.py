"""Renditions may be removed when their time is over."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from uploadm8.infra.db.engine import DB

ID = "2026-11-23T01:43:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "renditions that were removed"


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="uploadm8", description=DESCRIPTION)

    async def widen():
        await DB.run_ddl("ALTER TABLE renditions DROP CONSTRAINT check_renditions_state")
        await DB.run_ddl(
            "ALTER TABLE renditions ADD CONSTRAINT check_renditions_state CHECK (state IN"
            " ('queued', 'running', 'succeeded', 'failed', 'canceled', 'removed'))"
        )

    manager.add_raw(widen)
    return manager
