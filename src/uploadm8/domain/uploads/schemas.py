"""What clients send about uploads, and what they get."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType, field

from uploadm8.domain.uploads.choices import RenditionChoice
from uploadm8.findings import Finding

CaptionText = Annotated[str, Meta(max_length=5000)]
Tag = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^#?[^\s#@,]+$")]


Seconds = Annotated[float, Meta(ge=0, le=3600)]


class Schedule(Struct, kw_only=True, forbid_unknown_fields=True):
    """When to publish.

    Attributes:
        mode: `now`; `queue` (released by hand); `at` (needs `at`); `smart` (best slot).
        at: the instant (RFC 3339 with offset), or local time without offset in `time_zone`.
        time_zone: IANA name; the workspace's when absent.
    """

    mode: Annotated[str, Meta(pattern="^(now|queue|at|smart)$")] = "now"
    at: str | None = None
    time_zone: Annotated[str, Meta(max_length=64)] | None = None


class Target(Struct, kw_only=True, forbid_unknown_fields=True):
    """One connected account to publish to.

    Attributes:
        account_id: the connected account.
        options: the platform's own options (privacy, playlist, ...); docs/options.md lists them.
        caption: instead of the upload's caption.
        caption_template_id: a caption template instead; its variables are put in at publishing.
        schedule: instead of the upload's schedule.
    """

    account_id: UUID
    options: dict[str, Any] = field(default_factory=dict)
    caption: CaptionText | None = None
    caption_template_id: UUID | None = None
    schedule: Schedule | None = None


class NewUpload(Struct, kw_only=True, forbid_unknown_fields=True):
    """What `POST /api/uploads/presign` takes.

    Attributes:
        content_type: such as `video/mp4`; the bytes are sent under it.
        size_bytes: exactly as many bytes are taken.
        caption_template_id: a caption template instead of a caption.
        hashtags: with or without the leading `#`.
        targets: the accounts to publish to; none only makes the files.
        schedule: when to publish, for targets without a schedule of their own.
        hud: how the HUD looks (docs/hud.md), also `layout_id`, `enabled` and `offset_s`.
        renditions: how the files for the platforms are made.
        thumbnail_at_s: the second that the thumbnail shows; null picks the sharpest picture.
        multipart: send the bytes in parts that can be resumed.
    """

    filename: Annotated[str, Meta(min_length=1, max_length=255)]
    content_type: Annotated[str, Meta(min_length=3, max_length=100)]
    size_bytes: Annotated[int, Meta(ge=1)]
    title: Annotated[str, Meta(max_length=255)] = ""
    caption: CaptionText = ""
    caption_template_id: UUID | None = None
    hashtags: Annotated[list[Tag], Meta(max_length=60)] = field(default_factory=list)
    targets: Annotated[list[Target], Meta(max_length=50)] = field(default_factory=list)
    schedule: Schedule = field(default_factory=Schedule)
    hud: dict[str, Any] | None = None
    renditions: RenditionChoice | None = None
    thumbnail_at_s: Seconds | None = None
    multipart: bool = False


class NewTelemetry(Struct, kw_only=True, forbid_unknown_fields=True):
    """What `POST /api/uploads/{id}/telemetry` takes."""

    filename: Annotated[str, Meta(min_length=1, max_length=255)]
    size_bytes: Annotated[int, Meta(ge=1)]
    content_type: Annotated[str, Meta(max_length=100)] = "application/octet-stream"


class TelemetryChange(Struct, kw_only=True, forbid_unknown_fields=True):
    """The log's time at the first picture, in seconds: raise it when the HUD comes too late."""

    offset_s: Annotated[float, Meta(ge=-86_400, le=86_400)]


class ThumbnailChange(Struct, kw_only=True, forbid_unknown_fields=True):
    """What the thumbnail shows, in seconds of the video; null picks the sharpest picture."""

    at_s: Seconds | None


class ThumbnailOut(Struct, kw_only=True):
    """What the thumbnail shows.

    Attributes:
        at_s: second of the video; null until the video was inspected.
        chosen: whether you chose it; else it is the sharpest of a few.
    """

    at_s: float | None
    chosen: bool


class PresignedPart(Struct, kw_only=True):
    """One part of a multipart upload; parts are `part_size` bytes, the last one less."""

    number: int
    url: str
    size_bytes: int
    etag: str | None = None


class Presigned(Struct, kw_only=True, omit_defaults=True):
    """How to send the bytes."""

    method: str
    headers: dict[str, str]
    expires_at: datetime
    upload_url: str | None = None
    part_size: int | None = None
    parts: list[PresignedPart] | UnsetType = UNSET


class Problem(Struct, kw_only=True):
    """What went wrong, and what to do about it."""

    code: str
    detail: str
    action: str | None


class TelemetryOut(Struct, kw_only=True):
    """The telemetry of an upload."""

    id: UUID | None
    state: str
    filename: str | None
    summary: dict[str, Any] | None
    sync: dict[str, Any] | None
    problem: Problem | None


class RenditionOut(Struct, kw_only=True):
    """A rendered file.

    Attributes:
        name: its shape, such as `9x16`.
        progress: 0 to 1.
        encoder: what compressed it: `libx264`, or a hardware encoder where the operator wants one
            and it works.
        still_url: its thumbnail, with the HUD.
    """

    id: UUID
    name: str
    state: str
    progress: float
    width: int | None
    height: int | None
    fps: float | None
    duration_s: float | None
    size_bytes: int | None
    encoder: str | None
    download_url: str | None
    still_url: str | None
    problem: Problem | None


class PublicationOut(Struct, kw_only=True):
    """A post, made or to be made.

    Attributes:
        findings: what preflight has to say about it, with the platform's limits of the moment.
    """

    id: UUID
    account_id: UUID
    platform: str
    state: str
    publish_at: datetime | None
    published_at: datetime | None
    public_url: str | None
    platform_post_id: str | None
    progress: float
    problem: Problem | None
    findings: list[Finding]


class UploadOut(Struct, kw_only=True):
    """An upload in a list."""

    id: UUID
    state: str
    progress: float
    filename: str
    content_type: str
    size_bytes: int
    title: str
    caption: str
    hashtags: list[str]
    problem: Problem | None
    created_at: datetime
    uploaded_at: datetime | None
    ready_at: datetime | None


class UploadDetail(UploadOut, kw_only=True):
    """An upload with everything about it."""

    source: dict[str, Any] | None
    hud: dict[str, Any] | None
    warnings: list[dict[str, Any]]
    thumbnail: ThumbnailOut
    telemetry: TelemetryOut | None
    renditions: list[RenditionOut]
    publications: list[PublicationOut]


class PresignedUpload(UploadDetail, kw_only=True):
    """The answer of presign: the upload, and how to send its bytes."""

    upload_url: str | None
    method: str
    headers: dict[str, str]
    expires_at: datetime
    part_size: int | None
    parts: list[PresignedPart]
