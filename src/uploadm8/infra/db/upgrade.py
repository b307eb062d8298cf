"""Bring the database to the current schema, one process at a time."""

import asyncpg
from piccolo.apps.migrations.commands.forwards import ForwardsMigrationManager
from piccolo.apps.migrations.tables import Migration

from uploadm8.infra.db.engine import DB

_LOCK = 0x75_6D_38  # "um8"


async def upgrade() -> None:
    """Run the pending migrations under an advisory lock.

    The lock belongs to a transaction on a connection of its own, so that it also holds behind a
    transaction pooler, and is gone if this process dies.
    """
    connection: asyncpg.Connection = await DB.get_new_connection()
    try:
        async with connection.transaction():
            await connection.execute("SET LOCAL lock_timeout = 0")
            await connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
            manager = ForwardsMigrationManager(app_name="uploadm8", migration_id="all")
            result = await manager.run()
            if not result.success:
                raise RuntimeError(f"migration failed: {result.message}")
    finally:
        await connection.close()


async def pending() -> list[str]:
    """Ids of migrations that have not been run on this database."""
    manager = ForwardsMigrationManager(app_name="uploadm8", migration_id="all")
    folder = str(manager.get_app_config("uploadm8").resolved_migrations_folder_path)
    known = manager.get_migration_ids(manager.get_migration_modules(folder))
    if not await Migration.table_exists():
        return sorted(known)
    done = set(
        await Migration.select(Migration.name)
        .where(Migration.app_name == "uploadm8")
        .output(as_list=True)
    )
    return sorted(set(known) - done)
