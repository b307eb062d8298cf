"""Indexes for what is unfinished: such rows are few, however large the tables grow."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from uploadm8.infra.db.engine import DB

ID = "2026-11-23T00:31:00:000001"
VERSION = "1.38.0"
DESCRIPTION = "indexes of unfinished work and of the search for people"

INDEXES = {
    "jobs_unfinished": "jobs (state, queue) WHERE state IN ('queued', 'running', 'dead')",
    "jobs_queued_due": "jobs (run_at) WHERE state = 'queued'",
    "jobs_ended": "jobs (finished_at) WHERE finished_at IS NOT NULL",
    "publications_open": (
        "publications (state) WHERE state NOT IN ('published', 'failed', 'canceled')"
    ),
    "stripe_events_waiting": "stripe_events (received_at) WHERE handled_at IS NULL",
    # In byte order, so that the beginning of an address is a range of it in any collation.
    "users_email_prefix": "users (email varchar_pattern_ops)",
}


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="uploadm8", description=DESCRIPTION)

    async def create():
        for name, what in INDEXES.items():
            await DB.run_ddl(f"CREATE INDEX IF NOT EXISTS {name} ON {what}")

    manager.add_raw(create)
    return manager
