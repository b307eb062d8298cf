"""What Meta remembers: Instagram containers and Facebook videos."""

from dataclasses import dataclass, field
from enum import StrEnum


class Container(StrEnum):
    """status_code of an Instagram container."""

    IN_PROGRESS = "IN_PROGRESS"
    FINISHED = "FINISHED"
    PUBLISHED = "PUBLISHED"
    ERROR = "ERROR"
    EXPIRED = "EXPIRED"


@dataclass(slots=True)
class IgContainer:
    """A prepared Instagram post."""

    id: str
    ig_id: str
    account: str
    params: dict[str, str]
    created_at: float
    resumable: bool
    path: str = ""
    received: int = 0
    status: Container = Container.IN_PROGRESS
    status_text: str = "In Progress: Media is still being processed."
    sha256: str = ""
    media_id: str = ""


@dataclass(slots=True)
class IgMedia:
    """A published Instagram post."""

    id: str
    shortcode: str
    ig_id: str
    account: str
    created_at: float


class Phase(StrEnum):
    """How far a phase of a Facebook video is; `complete` is spelled as configured."""

    NOT_STARTED = "not_started"
    IN_PROGRESS = "in_progress"
    COMPLETE = "complete"
    ERROR = "error"


@dataclass(slots=True)
class FbVideo:
    """A Facebook video, from its first byte on; `reel` tells the two products apart."""

    id: str
    page_id: str
    account: str
    reel: bool
    created_at: float
    path: str
    session: str = ""
    total: int = 0
    received: int = 0
    sha256: str = ""
    uploading: Phase = Phase.NOT_STARTED
    processing: Phase = Phase.NOT_STARTED
    publishing: Phase = Phase.NOT_STARTED
    publish_status: str = "draft"
    publish_time: float | None = None
    error: str = ""
    title: str = ""
    description: str = ""
    post_id: str = ""
    cancelled: bool = False
    options: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class AppUpload:
    """An upload of the Resumable Upload API."""

    id: str
    account: str
    length: int
    kind: str
    path: str
    received: int = 0
    handle: str = ""
