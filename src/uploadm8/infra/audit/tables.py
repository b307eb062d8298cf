"""The audit log's table; a trigger in its migration keeps it append-only."""

from enum import StrEnum

from piccolo.columns import JSONB, UUID, BigInt, Date, Text, Timestamptz, Varchar
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table

from uploadm8.infra.db.engine import DB
from uploadm8.infra.db.types import RowId, one_of

KEEP_DAYS = 400  # the trigger lets nothing younger be deleted


class ActorKind(StrEnum):
    """What kind of caller acted."""

    USER = "user"
    API_KEY = "api_key"
    ADMIN = "admin"  # an administrator of the installation
    ADMIN_KEY = "admin_key"  # a script with ADMIN_API_KEY
    SYSTEM = "system"  # a job of ours, or news from a provider


class AuditEntry(Table, tablename="audit_log", db=DB):
    """One act.

    Without foreign keys: the entry outlives what it is about. Names and addresses of people are
    looked up when it is read, so that nothing in it needs to change when someone is erased.
    """

    id = UUID(primary_key=True, default=RowId())
    workspace_id = UUID(null=True, default=None)  # none for acts on the whole installation
    actor_kind = Varchar(length=12, default=None)
    actor_id = UUID(null=True, default=None, index=True)  # the user, also behind an API key
    key_id = UUID(null=True, default=None)
    action = Varchar(length=48, default=None)
    subject_kind = Varchar(length=24, null=True, default=None)
    subject_id = Varchar(length=80, null=True, default=None)
    reason = Text(null=True, default=None)
    details = JSONB(default="{}")
    address = Varchar(length=64, null=True, default=None)
    request_id = Varchar(length=64, null=True, default=None)
    at = Timestamptz(default=TimestamptzNow())

    check_audit_log_actor_kind = one_of("actor_kind", ActorKind)


class AuditSeal(Table, tablename="audit_seals", db=DB):
    """What a day of the audit log was when it had ended; each digest covers the one before it."""

    day = Date(primary_key=True, default=None)
    entries = BigInt(default=0)
    digest = Varchar(length=64, default=None)  # SHA-256, hex
    sealed_at = Timestamptz(default=TimestamptzNow())
