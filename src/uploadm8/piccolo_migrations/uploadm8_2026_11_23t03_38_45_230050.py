from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from uploadm8.infra.db.engine import DB

ID = "2026-11-23T03:38:45:230050"
VERSION = "1.38.0"
DESCRIPTION = "all days marked for the figures that are now kept of them"

# A post that moves to another day changes what its upload's other posts tell of their days.
STATEMENTS = (
    "DROP TRIGGER publications_changed ON publications",
    """
    CREATE OR REPLACE FUNCTION mark_publication() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        it publications := COALESCE(NEW, OLD);
        moved boolean := TG_OP <> 'UPDATE' OR OLD.accepted_at IS DISTINCT FROM NEW.accepted_at;
    BEGIN
        INSERT INTO rollup_marks (workspace, grain, day) SELECT it.workspace, 'day', d FROM (
            SELECT (it.accepted_at AT TIME ZONE 'UTC')::date
            UNION SELECT (COALESCE(OLD.accepted_at, it.accepted_at) AT TIME ZONE 'UTC')::date
            UNION SELECT (u.created_at AT TIME ZONE 'UTC')::date FROM uploads u WHERE u.id = it.upload
            UNION SELECT (p.accepted_at AT TIME ZONE 'UTC')::date FROM publications p
                WHERE p.upload = it.upload AND moved
        ) days (d);
        RETURN NULL;
    END $$
    """,
    "CREATE TRIGGER publications_changed AFTER UPDATE ON publications FOR EACH ROW WHEN"
    " ((OLD.state, OLD.accepted_at, OLD.publish_at, OLD.published_at, OLD.schedule_mode,"
    " OLD.error_class, OLD.error_code, OLD.account) IS DISTINCT FROM (NEW.state, NEW.accepted_at,"
    " NEW.publish_at, NEW.published_at, NEW.schedule_mode, NEW.error_class, NEW.error_code,"
    " NEW.account)) EXECUTE FUNCTION mark_publication()",
    "CREATE INDEX uploads_created_by_all ON uploads USING brin (created_at)",
    # What is stored is a small part of what ever was: the overview adds it up from these alone.
    "CREATE INDEX uploads_stored ON uploads (size_bytes) WHERE uploaded_at IS NOT NULL"
    " AND state NOT IN ('expired', 'canceled', 'purged')",
    "CREATE INDEX renditions_stored ON renditions (size_bytes)"
    " WHERE state = 'succeeded' AND object_key IS NOT NULL",
    "CREATE INDEX rollups_span ON rollups (grain, first)",
    "CREATE INDEX rollup_marks_by_day ON rollup_marks (day)",
    "DELETE FROM rollup_marks",
    "INSERT INTO rollup_marks (workspace, grain, day)"
    " SELECT workspace, 'day', (accepted_at AT TIME ZONE 'UTC')::date FROM publications"
    " UNION SELECT workspace, 'day', (created_at AT TIME ZONE 'UTC')::date FROM uploads",
)
UNDO = (
    "DROP INDEX uploads_created_by_all, uploads_stored, renditions_stored, rollup_marks_by_day",
)


async def mark_again():
    for statement in STATEMENTS:
        await DB.run_ddl(statement)


async def undo():
    for statement in UNDO:
        await DB.run_ddl(statement)


async def forwards():
    manager = MigrationManager(
        migration_id=ID, app_name="uploadm8", description=DESCRIPTION
    )

    manager.add_raw(mark_again)
    manager.add_raw_backwards(undo)

    return manager
