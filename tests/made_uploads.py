"""Uploads that are rendered already, as rows: for what only reads about the file."""

from uuid import UUID

from uploadm8.domain.renditions.tables import Rendition, RenditionState
from uploadm8.domain.uploads.tables import Upload, UploadState
from uploadm8.infra.db.json_columns import to_json
from uploadm8.infra.ids import new_id


async def made_upload(
    workspace: UUID,
    *,
    state: UploadState = UploadState.READY,
    platforms: tuple[str, ...] = (),
    size: tuple[int, int] = (1080, 1920),
    seconds: float = 20.0,
) -> UUID:
    """An upload with one finished file, made for some platforms."""
    upload = new_id()
    await Upload.insert(
        Upload(
            id=upload,
            workspace=workspace,
            state=state,
            filename="lap.mp4",
            content_type="video/mp4",
            size_bytes=9_000_000,
            object_key=f"u/{upload}",
            title="Lap one",
            caption="A lap",
            hashtags='["track"]',
            request=to_json({"platforms": list(platforms)}),
        )
    )
    width, height = size
    await Rendition.insert(
        Rendition(
            id=new_id(),
            workspace=workspace,
            upload=upload,
            name="tall" if height >= width else "wide",
            state=RenditionState.SUCCEEDED,
            spec=to_json({"platforms": list(platforms)}),
            object_key=f"r/{upload}.mp4",
            etag="e",
            width=width,
            height=height,
            fps=30.0,
            duration_s=seconds,
            size_bytes=9_000_000,
        )
    )
    return upload
