"""Uploads and their telemetry files."""

from enum import StrEnum

from piccolo.columns import (
    JSONB,
    UUID,
    BigInt,
    DoublePrecision,
    ForeignKey,
    OnDelete,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.columns.defaults.timestamptz import TimestamptzNow
from piccolo.table import Table

from uploadm8.domain.accounts.tables import User
from uploadm8.domain.workspaces.tables import Workspace
from uploadm8.infra.db.engine import DB
from uploadm8.infra.db.types import RowId, one_of


class UploadState(StrEnum):
    """Where an upload is; see lifecycle.py for the moves."""

    PENDING = "pending"
    UPLOADED = "uploaded"
    VALIDATING = "validating"
    RENDERING = "rendering"
    READY = "ready"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELED = "canceled"
    PURGED = "purged"


class TelemetryState(StrEnum):
    """Where a telemetry file is."""

    PENDING = "pending"
    UPLOADED = "uploaded"
    READY = "ready"
    REJECTED = "rejected"


class Upload(Table, tablename="uploads", db=DB):
    """A video on its way in, and everything asked to be done with it."""

    id = UUID(primary_key=True, default=RowId())
    workspace = ForeignKey(Workspace, null=False, on_delete=OnDelete.restrict)
    created_by = ForeignKey(User, null=True, default=None, on_delete=OnDelete.set_null)
    state = Varchar(length=16, default=UploadState.PENDING)
    filename = Varchar(length=255)
    content_type = Varchar(length=100, default=None)
    size_bytes = BigInt(default=None)
    object_key = Varchar(length=200, default=None)
    etag = Varchar(length=120, null=True, default=None)
    multipart_id = Text(null=True, default=None)
    part_size = BigInt(null=True, default=None)
    title = Text()
    caption = Text()
    hashtags = JSONB(default="[]")
    hud = JSONB(default="{}")
    request = JSONB(default="{}")  # targets and schedule as asked at presign
    source = JSONB(null=True, default=None)  # what the probe found
    progress = DoublePrecision(default=0.0)  # 0..1 of preparing and rendering
    error_code = Varchar(length=64, null=True, default=None)
    error_detail = Text(null=True, default=None)
    error_action = Text(null=True, default=None)
    warnings = JSONB(default="[]")
    expires_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(default=TimestamptzNow())
    uploaded_at = Timestamptz(null=True, default=None)
    ready_at = Timestamptz(null=True, default=None)
    updated_at = Timestamptz(default=TimestamptzNow())

    check_uploads_state = one_of("state", UploadState)


class TelemetryFile(Table, tablename="telemetry_files", db=DB):
    """The telemetry file beside an upload, at most one."""

    id = UUID(primary_key=True, default=RowId())
    workspace = ForeignKey(Workspace, null=False, on_delete=OnDelete.restrict)
    upload = ForeignKey(Upload, null=False, on_delete=OnDelete.cascade, unique=True)
    state = Varchar(length=16, default=TelemetryState.PENDING)
    filename = Varchar(length=255)
    size_bytes = BigInt(default=None)
    object_key = Varchar(length=200, default=None)
    etag = Varchar(length=120, null=True, default=None)
    summary = JSONB(null=True, default=None)
    error_code = Varchar(length=64, null=True, default=None)
    error_detail = Text(null=True, default=None)
    error_action = Text(null=True, default=None)
    created_at = Timestamptz(default=TimestamptzNow())
    uploaded_at = Timestamptz(null=True, default=None)

    check_telemetry_files_state = one_of("state", TelemetryState)
