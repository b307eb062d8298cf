"""Rows of uploads and telemetry files as the Structs that clients get."""

from collections.abc import Mapping
from typing import Any

import msgspec

from uploadm8.domain.uploads.schemas import Problem, TelemetryOut, ThumbnailOut, UploadOut
from uploadm8.infra.db.json_columns import json_of

_ELSEWHERE = {"telemetry", "sync", "pictures_at_s", "sharpest_at_s"}


def problem_of(row: Mapping[str, Any]) -> Problem | None:
    """The problem that a row tells of."""
    if row["error_code"] is None:
        return None
    return Problem(
        code=row["error_code"], detail=row["error_detail"] or "", action=row.get("error_action")
    )


LISTED = (
    "id, state, progress, filename, content_type, size_bytes, title, caption, hashtags, error_code,"
    " error_detail, error_action, created_at, uploaded_at, ready_at"
)
LISTING = (
    f"SELECT {LISTED} FROM uploads WHERE workspace=$1 AND ($2::uuid IS NULL OR id < $2::uuid)"  # noqa: S608  a constant
    " AND ($3::text IS NULL OR state=$3::text) ORDER BY id DESC LIMIT $4"
)
"""A page of a workspace's uploads, newest first: workspace, id of the last one seen, state, limit."""


def source_out(source: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The facts of the video, without what is told elsewhere."""
    if source is None:
        return None
    return {name: value for name, value in source.items() if name not in _ELSEWHERE}


def thumbnail_out(row: Mapping[str, Any]) -> ThumbnailOut:
    """What the thumbnail shows."""
    chosen = (json_of(row["request"]) or {}).get("thumbnail_at_s")
    return ThumbnailOut(at_s=thumbnail_at(row), chosen=chosen is not None)


def thumbnail_at(row: Mapping[str, Any]) -> float | None:
    """The second that stills show: the chosen one, else the sharpest; None leaves it open."""
    chosen = (json_of(row["request"]) or {}).get("thumbnail_at_s")
    picked = (json_of(row["source"]) or {}).get("sharpest_at_s")
    return picked if chosen is None else float(chosen)


def upload_out(row: Mapping[str, Any]) -> UploadOut:
    """An upload as listed, from the columns of LISTED."""
    return UploadOut(
        id=row["id"],
        state=row["state"],
        progress=round(row["progress"], 4),
        filename=row["filename"],
        content_type=row["content_type"],
        size_bytes=row["size_bytes"],
        title=row["title"],
        caption=row["caption"],
        hashtags=json_of(row["hashtags"]),
        problem=problem_of(row),
        created_at=row["created_at"],
        uploaded_at=row["uploaded_at"],
        ready_at=row["ready_at"],
    )


def upload_fields(row: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of UploadOut, for the Structs that have more."""
    return msgspec.structs.asdict(upload_out(row))


def telemetry_out(
    row: Mapping[str, Any] | None, source: Mapping[str, Any] | None
) -> TelemetryOut | None:
    """The telemetry of an upload: its file, or what was found inside the video."""
    embedded = (source or {}).get("telemetry")
    sync = (source or {}).get("sync")
    if row is None:
        if embedded is None:
            return None
        return TelemetryOut(
            id=None, state="embedded", filename=None, summary=embedded, sync=sync, problem=None
        )
    return TelemetryOut(
        id=row["id"],
        state=row["state"],
        filename=row["filename"],
        summary=json_of(row["summary"]),
        sync=sync,
        problem=problem_of(row),
    )
