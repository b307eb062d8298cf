"""What TikTok remembers about a post under way."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from uploadm8.dev.sandbox.tiktok.chunks import ChunkPlan


class Stage(StrEnum):
    """Where a post is."""

    UPLOADING = "PROCESSING_UPLOAD"
    DOWNLOADING = "PROCESSING_DOWNLOAD"
    INBOX = "SEND_TO_USER_INBOX"
    COMPLETE = "PUBLISH_COMPLETE"
    FAILED = "FAILED"


@dataclass(slots=True)
class Publish:
    """One publish_id."""

    id: str
    account: str
    draft: bool
    info: dict[str, Any]
    created_at: float
    plan: ChunkPlan | None = None
    upload_id: str = ""
    upload_token: str = ""
    expires_at: float = 0.0
    content_type: str = ""
    video_url: str = ""
    path: str = ""
    received: int = 0
    closed: bool = False
    stage: Stage = Stage.UPLOADING
    fail_reason: str = ""
    sha256: str = ""
    post_id: str = ""
    public: bool = False
    ended_at: float | None = None
