"""What columns cannot say: indexes of a part of a table, guards of the audit log, day marks."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from uploadm8.infra.db.engine import DB

ID = "2026-11-23T02:00:01:000000"
VERSION = "1.38.0"
DESCRIPTION = "partial indexes, guards and triggers"

INDEXES = {
    # Every worker looks for due jobs every second, among all that ever ran.
    "jobs_due": "jobs (queue, run_at) WHERE state = 'queued'",
    "jobs_running": "jobs (queue, lease_until) WHERE state = 'running'",
    # What is unfinished is little, however large the tables grow.
    "jobs_unfinished": "jobs (state, queue) WHERE state IN ('queued', 'running', 'dead')",
    "jobs_queued_due": "jobs (run_at) WHERE state = 'queued'",
    "jobs_ended": "jobs (finished_at) WHERE finished_at IS NOT NULL",
    "publications_open": (
        "publications (state) WHERE state NOT IN ('published', 'failed', 'canceled')"
    ),
    "publications_open_by_workspace": (
        "publications (workspace) WHERE state NOT IN ('published', 'failed', 'canceled')"
    ),
    # The line of an account's posts, and what it made of its day: see publishing/turns.py.
    "publications_in_line": (
        "publications (account) WHERE state IN"
        " ('scheduled', 'queued', 'preparing', 'transferring', 'retry_wait')"
    ),
    "publications_committed": (
        "publications (account, first_commit_at) WHERE first_commit_at IS NOT NULL"
    ),
    "stripe_events_waiting": "stripe_events (received_at) WHERE handled_at IS NULL",
    # In byte order, so that the beginning of an address is a range of it in any collation.
    "users_email_prefix": "users (email varchar_pattern_ops)",
    "audit_log_of_workspace": "audit_log (workspace_id, id)",
    "approvals_of_workspace": "approvals (workspace, state, id)",
    "publications_accepted": "publications (workspace, accepted_at)",
    # Not BRIN: a range of moments that is joined to a list of spans never uses one.
    "publications_accepted_by_all": "publications (accepted_at)",
    "uploads_created_by_all": "uploads (created_at)",
    "uploads_created": "uploads (workspace, created_at)",
    # What is stored is a small part of what ever was: the overview adds it up from these alone.
    "uploads_stored": (
        "uploads (size_bytes) WHERE uploaded_at IS NOT NULL"
        " AND state NOT IN ('expired', 'canceled', 'purged')"
    ),
    "renditions_stored": (
        "renditions (size_bytes) WHERE state = 'succeeded' AND object_key IS NOT NULL"
    ),
    "rollups_span": "rollups (grain, first)",
    "rollup_marks_day": "rollup_marks (workspace, day)",
    "rollup_marks_by_day": "rollup_marks (day)",
    "webhook_deliveries_waiting": (
        "webhook_deliveries ((COALESCE(next_try_at, created_at))) WHERE state = 'pending'"
    ),
}

# At most one of these is open at a time.
UNIQUE = {
    "invitations_open": (
        "invitations (workspace, email) WHERE accepted_at IS NULL AND closed_at IS NULL"
    ),
    "approvals_open": "approvals (publication) WHERE state IN ('pending', 'approved')",
}

# Nobody, the application included, changes what was recorded. Two things pass: deletion after the
# retention, and forgetting where the requests of an erased person came from.
AUDIT_GUARD = (
    """
    CREATE FUNCTION audit_log_guard() RETURNS trigger LANGUAGE plpgsql AS $guard$
    BEGIN
        IF TG_OP = 'DELETE' AND OLD.at < now() - interval '400 days' THEN
            RETURN OLD;
        END IF;
        IF TG_OP = 'UPDATE' AND NEW.address IS NULL AND OLD.actor_id IS NOT NULL
            AND to_jsonb(NEW) - 'address' = to_jsonb(OLD) - 'address'
            AND NOT EXISTS (SELECT 1 FROM users WHERE id = OLD.actor_id) THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'audit_log is append-only' USING ERRCODE = 'insufficient_privilege';
    END
    $guard$
    """,
    "CREATE TRIGGER audit_log_rows BEFORE UPDATE OR DELETE ON audit_log"
    " FOR EACH ROW EXECUTE FUNCTION audit_log_guard()",
    "CREATE TRIGGER audit_log_all BEFORE TRUNCATE ON audit_log"
    " FOR EACH STATEMENT EXECUTE FUNCTION audit_log_guard()",
)

# Kept beside the columns whose change changes a figure; see domain/publishing/rollups. A post that
# moves to another day changes what its upload's other posts tell of their days.
DAY_MARKS = (
    """
    CREATE FUNCTION mark_publication() RETURNS trigger LANGUAGE plpgsql AS $$
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
    " OLD.error_class, OLD.error_code, OLD.account) IS DISTINCT FROM (NEW.state, NEW.accepted_at,"
    " NEW.publish_at, NEW.published_at, NEW.schedule_mode, NEW.error_class, NEW.error_code,"
    " NEW.account)) EXECUTE FUNCTION mark_publication()",
    "CREATE TRIGGER metrics_marked AFTER INSERT OR UPDATE OR DELETE ON publication_metrics"
    " FOR EACH ROW EXECUTE FUNCTION mark_metrics()",
    "CREATE TRIGGER uploads_marked AFTER INSERT OR DELETE ON uploads"
    " FOR EACH ROW EXECUTE FUNCTION mark_upload()",
    "CREATE TRIGGER uploads_changed AFTER UPDATE ON uploads FOR EACH ROW"
    " WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION mark_upload()",
)


async def create() -> None:
    for name, what in INDEXES.items():
        await DB.run_ddl(f"CREATE INDEX {name} ON {what}")
    for name, what in UNIQUE.items():
        await DB.run_ddl(f"CREATE UNIQUE INDEX {name} ON {what}")
    for statement in (*AUDIT_GUARD, *DAY_MARKS):
        await DB.run_ddl(statement)


async def drop_functions() -> None:
    await DB.run_ddl(
        "DROP FUNCTION audit_log_guard, mark_publication, mark_metrics, mark_upload CASCADE"
    )


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="uploadm8", description=DESCRIPTION)
    manager.add_raw(create)
    manager.add_raw_backwards(drop_functions)
    return manager
