"""What Facebook says about a video: three phases, in more than one spelling."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from uploadm8.domain.platforms.clients import errors as e
from uploadm8.domain.platforms.clients.base import (
    CommitAgain,
    Live,
    NotPublished,
    Pending,
    Platform,
    Verdict,
)
from uploadm8.domain.platforms.clients.errors import PlatformError
from uploadm8.domain.platforms.clients.meta_errors import OBJECT_MISSING, rule_for
from uploadm8.domain.platforms.clients.meta_graph import Graph
from uploadm8.domain.platforms.clients.transport import mapping, number, rows, text

_DONE = {"complete", "completed"}
_UPLOADED = {"upload_complete", "processing", "ready"}
_FAILED = {"error", "upload_failed", "expired"}
_PHASES = ("uploading_phase", "processing_phase", "publishing_phase")


async def read_status(graph: Graph, token: str, video_id: str) -> "VideoStatus":
    """Ask how far a video is.

    Raises:
        PlatformError: SESSION_GONE when Facebook does not know the video.
    """
    try:
        found = await graph.get(video_id, token, {"fields": "status"})
    except PlatformError as error:
        if error.platform_code != OBJECT_MISSING:
            raise
        raise PlatformError(
            e.SESSION_GONE, platform=Platform.FACEBOOK, platform_code=OBJECT_MISSING
        ) from error
    return VideoStatus(mapping(found, "status"))


@dataclass(frozen=True, slots=True)
class VideoStatus:
    """The `status` field of a video."""

    found: Mapping[str, Any]

    @property
    def stored(self) -> int:
        """Bytes that Facebook has; both spellings of the field are in use."""
        phase = mapping(self.found, "uploading_phase")
        return number(phase, "bytes_transfered") or number(phase, "bytes_transferred") or 0

    @property
    def uploaded(self) -> bool:
        """Whether the uploading phase is over; its own word counts before the whole video's."""
        phase = text(mapping(self.found, "uploading_phase"), "status")
        if phase is None:
            return text(self.found, "video_status") in _UPLOADED
        return phase in _DONE

    @property
    def tells_bytes(self) -> bool:
        """Whether it says anything about the bytes: phases may be missing."""
        return bool(mapping(self.found, "uploading_phase")) or self.uploaded

    @property
    def processing(self) -> str | None:
        """State of the processing phase."""
        return text(mapping(self.found, "processing_phase"), "status")

    @property
    def publishing(self) -> str | None:
        """State of the publishing phase."""
        return text(mapping(self.found, "publishing_phase"), "status")

    @property
    def published_as(self) -> str | None:
        """Draft, scheduled, published or error."""
        return text(mapping(self.found, "publishing_phase"), "publish_status")

    @property
    def failure(self) -> PlatformError | None:
        """The error of whichever phase failed."""
        for name in _PHASES:
            phase = mapping(self.found, name)
            if text(phase, "status") == "error" or phase.get("error") or rows(phase, "errors"):
                return _failure(mapping(phase, "error") or next(iter(rows(phase, "errors")), {}))
        state = text(self.found, "video_status")
        if state == "expired":
            return PlatformError(e.SESSION_GONE, platform=Platform.FACEBOOK, platform_code=state)
        return _failure({}) if state in _FAILED else None

    def verdict(self, url: str, wanted: str) -> Verdict:
        """Judge against what was asked for.

        Args:
            url: address of the post when there is no better one.
            wanted: "published", "scheduled" or "draft".
        """
        if self.failure is not None:
            return NotPublished(self.failure)
        published_as = self.published_as
        if published_as in {"published", None} and self.publishing in _DONE:
            return Live(None, url)
        if published_as == "published" and self.publishing is None:
            return Live(None, url)
        # Until its time a scheduled post is published by nobody: its phase need not be over.
        begun = self.publishing != "not_started" or self.processing not in {"not_started", None}
        if published_as == wanted == "scheduled" or (published_as == wanted == "draft" and begun):
            return Live(None, url, f"Facebook holds it as {wanted}.")
        if self.publishing == "not_started":
            return CommitAgain(look_twice=True)
        return Pending(detail=text(self.found, "video_status"))


def _failure(told: Mapping[str, Any]) -> PlatformError:
    code = number(told, "code")
    return PlatformError(
        rule_for(code, number(told, "error_subcode")) or e.MEDIA_REJECTED,
        platform=Platform.FACEBOOK,
        platform_code=str(code) if code is not None else None,
        message=text(told, "message"),
    )
