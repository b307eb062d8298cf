"""The jobs table: the record of all background work and of its time."""

from enum import StrEnum

from piccolo.columns import (
    JSONB,
    UUID,
    BigInt,
    Boolean,
    DoublePrecision,
    Integer,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table

from uploadm8.infra.db.engine import DB
from uploadm8.infra.db.types import RowId, one_of


class JobState(StrEnum):
    """Where a job is; succeeded, dead and canceled are terminal."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    DEAD = "dead"
    CANCELED = "canceled"


class JobRow(Table, tablename="jobs", db=DB):
    """One unit of background work."""

    id = UUID(primary_key=True, default=RowId())
    kind = Varchar(length=64, default=None)
    queue = Varchar(length=16, default=None)
    priority = Integer(default=0)  # lower runs first
    workspace_id = UUID(null=True, default=None)
    ref_id = UUID(null=True, default=None, index=True)
    lane = UUID(null=True, default=None)  # at most LANE_LIMIT jobs of a lane run at a time
    args = JSONB(default="{}")
    unique_key = Varchar(length=200, null=True, default=None, unique=True)
    state = Varchar(length=16, default=JobState.QUEUED)
    run_at = Timestamptz(default=TimestamptzNow())
    attempts = Integer(default=0)
    crashes = Integer(default=0)
    lease_owner = Varchar(length=80, null=True, default=None)
    lease_epoch = BigInt(default=0)
    lease_until = Timestamptz(null=True, default=None)
    cancel_requested = Boolean(default=False)
    timeout_s = DoublePrecision(null=True, default=None)
    allowance_s = DoublePrecision(default=0.0)  # on top of the limit: long videos take longer
    error_class = Varchar(length=24, null=True, default=None)
    error_code = Varchar(length=64, null=True, default=None)
    error_detail = Text(null=True, default=None)
    traceparent = Varchar(length=55, null=True, default=None)  # the step that caused it
    created_at = Timestamptz(default=TimestamptzNow())
    started_at = Timestamptz(null=True, default=None)
    finished_at = Timestamptz(null=True, default=None)

    check_jobs_state = one_of("state", JobState)
