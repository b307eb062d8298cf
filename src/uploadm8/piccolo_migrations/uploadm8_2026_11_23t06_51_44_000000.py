"""What keeps the counts of users and workspaces; and every span of the rollups is counted again."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from uploadm8.infra.db.engine import DB

ID = "2026-11-23T06:51:44:000000"
VERSION = "1.38.0"
DESCRIPTION = "triggers that count users and workspaces"

_COUNTED = ("users", "workspaces")
_NOTE = """
    CREATE FUNCTION note_count() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'INSERT' THEN
            INSERT INTO row_counts (name, n) SELECT TG_TABLE_NAME, count(*) FROM changed HAVING count(*) > 0;
        ELSE
            INSERT INTO row_counts (name, n) SELECT TG_TABLE_NAME, -count(*) FROM changed HAVING count(*) > 0;
        END IF;
        RETURN NULL;
    END $$
"""
# A reader of the money and of the tiers needs nothing else of a subscription.
_INDEX = (
    "CREATE INDEX billing_subscriptions_by_tier ON billing_subscriptions (tier, status, ended_at)"
)


async def count_again() -> None:
    """Every span of the rollups, now with the outcomes."""
    await DB.run_ddl(
        "INSERT INTO rollup_marks (workspace, grain, day)"
        " SELECT DISTINCT workspace, grain, first FROM rollups"
    )
    await DB.run_ddl("DELETE FROM rollups")


async def note_counts() -> None:
    """The triggers first: they keep others out until the counts are there too."""
    await DB.run_ddl(_NOTE)
    for table in _COUNTED:
        for event, rows in (("INSERT", "NEW"), ("DELETE", "OLD")):
            await DB.run_ddl(
                f"CREATE TRIGGER {table}_{event.lower()}_counted AFTER {event} ON {table}"
                f" REFERENCING {rows} TABLE AS changed FOR EACH STATEMENT"
                " EXECUTE FUNCTION note_count()"
            )
        await DB.run_ddl(f"INSERT INTO row_counts (name, n) SELECT '{table}', count(*) FROM {table}")
    await DB.run_ddl(_INDEX)


async def forget_counts() -> None:
    await DB.run_ddl("DROP FUNCTION note_count CASCADE")
    await DB.run_ddl("DROP INDEX billing_subscriptions_by_tier")


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="uploadm8", description=DESCRIPTION)
    manager.add_raw(count_again)
    manager.add_raw(note_counts)
    manager.add_raw_backwards(forget_counts)
    manager.add_raw_backwards(count_again)
    return manager
