"""Renditions: one finished file per distinct spec."""

from enum import StrEnum

from piccolo.columns import (
    JSONB,
    UUID,
    BigInt,
    DoublePrecision,
    ForeignKey,
    Integer,
    OnDelete,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.constraints import Unique
from piccolo.table import Table

from uploadm8.domain.uploads.tables import Upload
from uploadm8.domain.workspaces.tables import Workspace
from uploadm8.infra.db.engine import DB
from uploadm8.infra.db.types import RowId, one_of


class RenditionState(StrEnum):
    """Where a rendition is."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"
    REMOVED = "removed"  # made, and deleted when its time was over


class Rendition(Table, tablename="renditions", db=DB):
    """A file made for one or more platforms from one upload."""

    id = UUID(primary_key=True, default=RowId())
    workspace = ForeignKey(Workspace, null=False, on_delete=OnDelete.restrict)
    upload = ForeignKey(Upload, null=False, on_delete=OnDelete.cascade)
    name = Varchar(length=40, default=None)
    spec = JSONB(default="{}")
    state = Varchar(length=16, default=RenditionState.QUEUED)
    object_key = Varchar(length=200, null=True, default=None)
    still_key = Varchar(length=200, null=True, default=None)
    still_at_s = DoublePrecision(null=True, default=None)  # as asked for; null is a guess
    etag = Varchar(length=120, null=True, default=None)
    width = Integer(null=True, default=None)
    height = Integer(null=True, default=None)
    fps = DoublePrecision(null=True, default=None)
    duration_s = DoublePrecision(null=True, default=None)
    size_bytes = BigInt(null=True, default=None)
    sha256 = Varchar(length=64, null=True, default=None)
    progress = DoublePrecision(default=0.0)
    encoder = Varchar(length=40, null=True, default=None)
    render_seconds = DoublePrecision(null=True, default=None)
    error_code = Varchar(length=64, null=True, default=None)
    error_detail = Text(null=True, default=None)
    created_at = Timestamptz(default=TimestamptzNow())
    finished_at = Timestamptz(null=True, default=None)

    check_renditions_state = one_of("state", RenditionState)
    unique_renditions_upload_name = Unique([upload, name])


class RenderPlan(Table, tablename="render_plans", db=DB):
    """A render that workers share; the row is gone once the renditions are there, or given up."""

    id = UUID(primary_key=True, default=RowId())
    workspace = ForeignKey(Workspace, null=False, on_delete=OnDelete.restrict)
    upload = ForeignKey(Upload, null=False, on_delete=OnDelete.cascade, unique=True)
    inputs = JSONB(default="{}")  # what decides the pixels, the same for every worker
    started_at = Timestamptz(default=TimestamptzNow())


class RenderSegment(Table, tablename="render_segments", db=DB):
    """One stretch of time of every rendition of a plan."""

    id = UUID(primary_key=True, default=RowId())
    plan = ForeignKey(RenderPlan, null=False, on_delete=OnDelete.cascade)
    number = Integer(default=0)
    start = Varchar(length=40, default="0")  # seconds after the first picture, as a fraction
    stop = Varchar(length=40, default="0")
    pictures = Integer(default=0)
    total = Integer(default=0)
    fps = DoublePrecision(default=0.0)
    files = JSONB(null=True, default=None)  # once it is made: rendition, key and ETag of each

    unique_render_segments_plan_number = Unique([plan, number])
