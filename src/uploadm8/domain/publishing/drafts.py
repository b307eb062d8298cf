"""From a publication's row to the post that a platform's client is given."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from uploadm8.domain.platforms.clients.base import Draft, MediaFacts, Platform
from uploadm8.domain.platforms.clients.options import InstagramOptions, Options, read_options
from uploadm8.domain.platforms.tokens import AccountAccess
from uploadm8.domain.publishing.covers import with_cover
from uploadm8.domain.publishing.media import StoredMedia
from uploadm8.domain.renditions.tables import Rendition, RenditionState
from uploadm8.domain.uploads.tables import Upload
from uploadm8.domain.uploads.views import thumbnail_out
from uploadm8.errors import Retry, UnavailableError, UploadM8Error
from uploadm8.infra.db.json_columns import json_of
from uploadm8.infra.storage.s3 import Storage


class AskLaterError(UnavailableError):
    """The platform is still at work; the job comes back later without using up an attempt."""

    code = "ask_later"
    retry = Retry.RATE_LIMITED


@dataclass(frozen=True, slots=True)
class Drafts:
    """Builds drafts with a token that works now."""

    accounts: AccountAccess
    storage: Storage

    async def of(self, row: dict[str, Any]) -> Draft:
        """The post of a publication.

        Raises:
            AskLaterError: the file is being made anew.
            UploadM8Error: there will be no file.
            PlatformError: the account must be reconnected, or could not be asked.
        """
        platform = Platform(row["platform"])
        rendition = await Rendition.select().where(Rendition.id == row["rendition"]).first()
        upload = (
            await Upload.select(Upload.title, Upload.filename, Upload.request, Upload.source)
            .where(Upload.id == row["upload"])
            .first()
        )
        if rendition is None or upload is None or rendition["state"] in _NEVER:
            raise UploadM8Error(
                "The video of this post could not be made.",
                code="rendition_missing",
                action="Upload the video again.",
                retry=Retry.PERMANENT_MEDIA,
            )
        if rendition["state"] != RenditionState.SUCCEEDED:
            raise AskLaterError("The rendition is being made anew.", retry_after=10.0)
        thumbnail = thumbnail_out(upload)
        options = with_cover(
            read_options(platform, json_of(row["options"])),
            thumbnail.at_s,
            rendition["duration_s"],
            chosen=thumbnail.chosen,
        )
        return Draft(
            access=await self.accounts.access(row["account"]),
            media=StoredMedia(
                self.storage, rendition["object_key"], rendition["etag"], rendition["size_bytes"]
            ),
            facts=facts_of(rendition),
            caption=row["caption"],
            options=options,
            marker=str(row["id"]),
            title=upload["title"] or PurePath(upload["filename"]).stem or None,
            cover_url=await self._cover(options, rendition["still_key"]),
        )

    async def _cover(self, options: Options, still_key: str | None) -> str | None:
        """An address of the still picture that Instagram can fetch for an hour."""
        if not isinstance(options, InstagramOptions) or not options.cover or still_key is None:
            return None
        return await self.storage.presign_get(still_key, expires_s=3_600)


def facts_of(rendition: Mapping[str, Any]) -> MediaFacts:
    """What is known about a finished rendition."""
    return MediaFacts(
        container="mp4",
        video_codec="h264",
        width=rendition["width"],
        height=rendition["height"],
        fps=rendition["fps"],
        duration=rendition["duration_s"],
        size_bytes=rendition["size_bytes"],
        audio_codec="aac",
    )


_NEVER = (RenditionState.FAILED, RenditionState.CANCELED, RenditionState.REMOVED)
