from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from uploadm8.infra.audit.tables import AuditEntry

ID = "2026-11-23T00:31:52:419108"
VERSION = "1.38.0"
DESCRIPTION = "What guards the audit log and open invitations"

_RAW = (
    # Nobody, the application included, changes what was recorded. Two things pass: deletion after
    # the retention, and forgetting where the requests of an erased person came from.
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
    "CREATE INDEX audit_log_of_workspace ON audit_log (workspace_id, id)",
    "CREATE UNIQUE INDEX invitations_open ON invitations (workspace, email)"
    " WHERE accepted_at IS NULL AND closed_at IS NULL",
)


async def add_guards():
    for statement in _RAW:
        await AuditEntry.raw(statement)


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="uploadm8", description=DESCRIPTION)
    manager.add_raw(add_guards)
    return manager
