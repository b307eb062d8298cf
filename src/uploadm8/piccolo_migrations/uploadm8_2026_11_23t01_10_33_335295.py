from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from uploadm8.infra.db.engine import DB

ID = "2026-11-23T01:10:33:335295"
VERSION = "1.38.0"
DESCRIPTION = "triggers that mark days, and indexes for what is counted"

# Kept beside the columns whose change changes a figure; see domain/publishing/rollups.
STATEMENTS = (
    "CREATE INDEX publications_accepted ON publications (workspace, accepted_at)",
    "CREATE INDEX publications_accepted_by_all ON publications USING brin (accepted_at)",
    "CREATE INDEX publications_open_by_workspace ON publications (workspace)"
    " WHERE state NOT IN ('published', 'failed', 'canceled')",
    "CREATE INDEX uploads_created ON uploads (workspace, created_at)",
    "CREATE INDEX rollup_marks_day ON rollup_marks (workspace, day)",
    "CREATE INDEX day_rollups_day ON day_rollups (day)",
    """
    CREATE FUNCTION mark_publication() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        it publications := COALESCE(NEW, OLD);
    BEGIN
        INSERT INTO rollup_marks (workspace, day) SELECT it.workspace, d FROM (
            SELECT (it.accepted_at AT TIME ZONE 'UTC')::date
            UNION SELECT (COALESCE(OLD.accepted_at, it.accepted_at) AT TIME ZONE 'UTC')::date
            UNION SELECT (u.created_at AT TIME ZONE 'UTC')::date FROM uploads u WHERE u.id = it.upload
            UNION SELECT (p.accepted_at AT TIME ZONE 'UTC')::date FROM publications p
                WHERE p.upload = it.upload AND TG_OP <> 'UPDATE'
        ) days (d);
        RETURN NULL;
    END $$
    """,
    """
    CREATE FUNCTION mark_metrics() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        it publication_metrics := COALESCE(NEW, OLD);
    BEGIN
        INSERT INTO rollup_marks (workspace, day)
            SELECT p.workspace, (p.accepted_at AT TIME ZONE 'UTC')::date FROM publications p
            WHERE p.id = it.publication;
        RETURN NULL;
    END $$
    """,
    """
    CREATE FUNCTION mark_upload() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        it uploads := COALESCE(NEW, OLD);
    BEGIN
        INSERT INTO rollup_marks (workspace, day)
            VALUES (it.workspace, (it.created_at AT TIME ZONE 'UTC')::date);
        RETURN NULL;
    END $$
    """,
    "CREATE TRIGGER publications_marked AFTER INSERT OR DELETE ON publications"
    " FOR EACH ROW EXECUTE FUNCTION mark_publication()",
    "CREATE TRIGGER publications_changed AFTER UPDATE ON publications FOR EACH ROW WHEN"
    " ((OLD.state, OLD.accepted_at, OLD.publish_at, OLD.published_at, OLD.schedule_mode,"
    " OLD.error_class, OLD.error_code) IS DISTINCT FROM (NEW.state, NEW.accepted_at,"
    " NEW.publish_at, NEW.published_at, NEW.schedule_mode, NEW.error_class, NEW.error_code))"
    " EXECUTE FUNCTION mark_publication()",
    "CREATE TRIGGER metrics_marked AFTER INSERT OR UPDATE OR DELETE ON publication_metrics"
    " FOR EACH ROW EXECUTE FUNCTION mark_metrics()",
    "CREATE TRIGGER uploads_marked AFTER INSERT OR DELETE ON uploads"
    " FOR EACH ROW EXECUTE FUNCTION mark_upload()",
    "CREATE TRIGGER uploads_changed AFTER UPDATE ON uploads FOR EACH ROW"
    " WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION mark_upload()",
    "INSERT INTO rollup_marks (workspace, day)"
    " SELECT workspace, (accepted_at AT TIME ZONE 'UTC')::date FROM publications"
    " UNION SELECT workspace, (created_at AT TIME ZONE 'UTC')::date FROM uploads",
)
UNDO = (
    "DROP FUNCTION mark_publication, mark_metrics, mark_upload CASCADE",
    "DROP INDEX publications_accepted, publications_accepted_by_all, publications_open_by_workspace,"
    " uploads_created",
)


async def mark_from_now_on():
    for statement in STATEMENTS:
        await DB.run_ddl(statement)


async def mark_no_more():
    for statement in UNDO:
        await DB.run_ddl(statement)


async def forwards():
    manager = MigrationManager(
        migration_id=ID, app_name="uploadm8", description=DESCRIPTION
    )

    manager.add_raw(mark_from_now_on)
    manager.add_raw_backwards(mark_no_more)

    return manager
