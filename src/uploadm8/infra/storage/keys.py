"""How objects are named; the only place that builds a key, and never from a user's text."""

from uuid import UUID


def source_key(workspace_id: UUID, upload_id: UUID) -> str:
    """The uploaded video."""
    return f"w/{workspace_id}/{upload_id}/source"


def telemetry_key(workspace_id: UUID, upload_id: UUID, file_id: UUID) -> str:
    """An uploaded telemetry file."""
    return f"w/{workspace_id}/{upload_id}/telemetry/{file_id}"


def rendition_key(workspace_id: UUID, upload_id: UUID, rendition_id: UUID, run: str) -> str:
    """A rendered file; `run` names job and lease, so that a worker that lost it overwrites nothing."""
    return f"w/{workspace_id}/{upload_id}/r/{rendition_id}/{run}.mp4"


def still_key(workspace_id: UUID, upload_id: UUID, rendition_id: UUID, run: str) -> str:
    """The still of a rendition, with the HUD."""
    return f"w/{workspace_id}/{upload_id}/r/{rendition_id}/{run}.jpg"


def segments_prefix(workspace_id: UUID, upload_id: UUID, plan_id: UUID) -> str:
    """The segments of a render that several workers share."""
    return f"w/{workspace_id}/{upload_id}/segments/{plan_id}/"


def segment_key(plan_prefix: str, rendition_id: UUID, number: int, run: str) -> str:
    """One segment of one rendition; `run` as in `rendition_key`."""
    return f"{plan_prefix}{rendition_id}/{number:04d}/{run}.mp4"


def preview_key(workspace_id: UUID, upload_id: UUID) -> str:
    """Thinned channels and the line of the telemetry, as JSON."""
    return f"w/{workspace_id}/{upload_id}/telemetry/preview.json"


def track_key(workspace_id: UUID, upload_id: UUID) -> str:
    """The cleaned telemetry, for previews."""
    return f"w/{workspace_id}/{upload_id}/preview/track.npz"


def picture_key(workspace_id: UUID, upload_id: UUID, number: int) -> str:
    """A picture of the video, for previews."""
    return f"w/{workspace_id}/{upload_id}/preview/{number:02d}.jpg"


def upload_prefix(workspace_id: UUID, upload_id: UUID) -> str:
    """Everything that belongs to one upload."""
    return f"w/{workspace_id}/{upload_id}/"


def workspace_prefix(workspace_id: UUID) -> str:
    """Everything that belongs to one workspace."""
    return f"w/{workspace_id}/"


def export_key(user_id: UUID, export_id: UUID) -> str:
    """A copy of a user's data."""
    return f"{export_prefix(user_id)}{export_id}.zip"


def export_prefix(user_id: UUID) -> str:
    """Every copy of a user's data."""
    return f"exports/{user_id}/"
