"""The thumbnail of an upload, chosen at any time."""

from dataclasses import dataclass
from uuid import UUID

from uploadm8.domain.renditions.finishing import ask_for_stills
from uploadm8.domain.uploads.ownership import own_upload
from uploadm8.domain.uploads.tables import Upload, UploadState
from uploadm8.errors import ConflictError, FieldError, InvalidRequestError
from uploadm8.infra.db.json_columns import json_of, to_json
from uploadm8.infra.db.transaction import transaction

_OVER = (UploadState.REJECTED, UploadState.EXPIRED, UploadState.CANCELED, UploadState.PURGED)


@dataclass(frozen=True, slots=True)
class Thumbnails:
    """Scoped by the workspace."""

    async def choose(self, workspace_id: UUID, upload_id: UUID, at_s: float | None) -> None:
        """Have the stills show that second of the video, or the sharpest picture again.

        Raises:
            NotFoundError: no such upload in this workspace.
            InvalidRequestError: ``outside_the_video``.
            ConflictError: the upload has come to nothing.
        """
        async with transaction():
            row = await own_upload(workspace_id, upload_id, lock=True)
            if row["state"] in _OVER:
                raise ConflictError(
                    f"This upload is {row['state']}.",
                    code=f"upload_{row['state']}",
                    action="Presign a new upload.",
                )
            _check_inside(at_s, (json_of(row["source"]) or {}).get("duration_s"))
            request = json_of(row["request"]) | {"thumbnail_at_s": at_s}
            await Upload.update({Upload.request: to_json(request)}).where(Upload.id == upload_id)
            await ask_for_stills(upload_id)


def _check_inside(at_s: float | None, duration_s: float | None) -> None:
    if at_s is not None and duration_s is not None and at_s > duration_s:
        raise InvalidRequestError(
            f"at_s must lie between 0 and {duration_s}.",
            code="outside_the_video",
            fields=[FieldError("at_s", f"must be at most {duration_s}")],
        )
