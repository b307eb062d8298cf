"""What a creator can choose for a post, one Struct per platform; unknown names are refused."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.errors import FieldError, InvalidRequestError

Milliseconds = Annotated[int, Meta(ge=0, le=43_200_000)]
Comment = Annotated[str, Meta(min_length=1, max_length=2_000)]
Handle = Annotated[str, Meta(pattern=r"^@?[A-Za-z0-9._]{1,64}$")]
Percent = Annotated[int, Meta(ge=0, le=100)]
PlaylistId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,128}$")]
MetaId = Annotated[str, Meta(pattern=r"^[0-9]{1,32}$")]
Tag = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^<>,]*[^<>,\s][^<>,]*$")]
Still = Literal["still"]
Instant = Annotated[datetime, Meta(tz=True)]


class _Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of the four."""

    @property
    def public_at(self) -> datetime | None:
        """When the platform itself makes the post public; None when it does so at once."""
        return None

    @property
    def first_words(self) -> str | None:
        """The first comment, where there can be one."""
        return None


class TikTokOptions(_Options, frozen=True, kw_only=True):
    """A TikTok post. TikTok's rules: no default privacy, and every switch starts off.

    Attributes:
        mode: post directly, or deliver a draft to the creator's inbox.
        privacy: who sees it; must be among what the account offers right now. Required to post.
        allow_comments: likewise allow_duets and allow_stitches.
        cover_at_ms: which frame is the cover; the first when absent.
        branded_content: a paid partnership with a third party.
        own_brand: promotes the creator's own business.
        ai_generated: adds TikTok's "AI-generated" label.
    """

    mode: Literal["direct", "inbox"] = "direct"
    privacy: (
        Literal["PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "FOLLOWER_OF_CREATOR", "SELF_ONLY"]
        | None
    ) = None
    allow_comments: bool = False
    allow_duets: bool = False
    allow_stitches: bool = False
    cover_at_ms: Milliseconds | None = None
    branded_content: bool = False
    own_brand: bool = False
    ai_generated: bool = False


class YouTubeOptions(_Options, frozen=True, kw_only=True):
    """A YouTube video or Short (YouTube decides by shape and length).

    Attributes:
        title: at most 100 characters; the upload's title when absent.
        privacy: private unless chosen; YouTube's own default would be public.
        made_for_kids: what the law asks every uploader to declare; no unless chosen.
        category_id: one of YouTube's assignable categories; 22 is "People & Blogs".
        tags: at most 500 characters in all; no commas and no angle brackets.
        language: BCP 47 language of title and description.
        synthetic_media: discloses realistic altered or generated content.
        publish_at: YouTube itself makes a private video public then.
        playlist_ids: playlists to add it to.
        thumbnail: "still" uses the still picture of the rendition.
        first_comment: posted by the channel once the video is live.
    """

    title: Annotated[str, Meta(min_length=1, max_length=100)] | None = None
    privacy: Literal["public", "unlisted", "private"] | None = None
    made_for_kids: bool | None = None
    category_id: Annotated[str, Meta(pattern=r"^[0-9]{1,3}$")] = "22"
    tags: Annotated[tuple[Tag, ...], Meta(max_length=100)] = ()
    language: Annotated[str, Meta(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")] | None = None
    synthetic_media: bool = False
    embeddable: bool = True
    license: Literal["youtube", "creativeCommon"] = "youtube"
    public_stats: bool = True
    notify_subscribers: bool = True
    publish_at: Instant | None = None
    playlist_ids: Annotated[tuple[PlaylistId, ...], Meta(max_length=10)] = ()
    thumbnail: Still | None = None
    first_comment: Comment | None = None

    @property
    def public_at(self) -> datetime | None:
        return self.publish_at

    @property
    def first_words(self) -> str | None:
        private = self.privacy in {None, "private"} and self.publish_at is None
        return None if private or self.made_for_kids else self.first_comment


class InstagramOptions(_Options, frozen=True, kw_only=True):
    """An Instagram reel.

    Attributes:
        share_to_feed: shown in Feed and the Reels tab, else in the Reels tab only.
        collaborators: at most three usernames, invited as co-authors.
        tagged_users: usernames tagged in the reel.
        cover: "still" uses the still picture of the rendition; wins over cover_at_ms.
        cover_at_ms: which frame is the cover.
        audio_name: names the original audio, once.
        audio_id: a sound of Instagram's library, laid under the reel's own.
        audio_volume: how loud that sound is; video_volume likewise of the reel's own.
        location_id: a page that has a location.
        trial: first shown to non-followers; how it graduates.
        ai_generated: adds Instagram's AI label.
        paid_partnership: discloses one; `sponsor_ids` names at most two sponsors.
        first_comment: posted by the account once the reel is live.
    """

    share_to_feed: bool = True
    collaborators: Annotated[tuple[Handle, ...], Meta(max_length=3)] = ()
    tagged_users: Annotated[tuple[Handle, ...], Meta(max_length=20)] = ()
    cover: Still | None = None
    cover_at_ms: Milliseconds | None = None
    audio_name: Annotated[str, Meta(min_length=1, max_length=100)] | None = None
    audio_id: MetaId | None = None
    audio_volume: Percent | None = None
    video_volume: Percent | None = None
    location_id: MetaId | None = None
    trial: Literal["MANUAL", "SS_PERFORMANCE"] | None = None
    ai_generated: bool = False
    paid_partnership: bool = False
    sponsor_ids: Annotated[tuple[MetaId, ...], Meta(max_length=2)] = ()
    first_comment: Comment | None = None

    @property
    def first_words(self) -> str | None:
        return self.first_comment


class FacebookOptions(_Options, frozen=True, kw_only=True):
    """A Facebook page reel or page video.

    Attributes:
        kind: reel, ordinary video, or auto: a reel whenever the video qualifies as one.
        title: shown with the video.
        draft: left unpublished on the page.
        publish_at: Facebook itself publishes then: 10 minutes to 29 days ahead (video: 6 months).
        place_id: a place shown with a reel.
        collaborators: page or profile ids invited to a reel, at most ten.
        thumbnail: "still" uses the still picture of the rendition.
        first_comment: posted by the page once it is live.
    """

    kind: Literal["auto", "reel", "video"] = "auto"
    title: Annotated[str, Meta(min_length=1, max_length=255)] | None = None
    draft: bool = False
    publish_at: Instant | None = None
    place_id: MetaId | None = None
    collaborators: Annotated[tuple[MetaId, ...], Meta(max_length=10)] = ()
    thumbnail: Still | None = None
    first_comment: Comment | None = None

    @property
    def public_at(self) -> datetime | None:
        return self.publish_at

    @property
    def first_words(self) -> str | None:
        return None if self.draft else self.first_comment


Options = TikTokOptions | YouTubeOptions | InstagramOptions | FacebookOptions

OPTIONS: Mapping[Platform, type[Options]] = {
    Platform.TIKTOK: TikTokOptions,
    Platform.YOUTUBE: YouTubeOptions,
    Platform.INSTAGRAM: InstagramOptions,
    Platform.FACEBOOK: FacebookOptions,
}


def read_options(platform: Platform, given: Mapping[str, Any]) -> Options:
    """Check the options of a post.

    Raises:
        InvalidRequestError: with the field at fault and a sentence about it.
    """
    try:
        return msgspec.convert(dict(given), OPTIONS[platform])
    except msgspec.ValidationError as error:
        reason, _, where = str(error).partition(" - at `$")
        name = where.strip("`.").removeprefix(".")
        allowed = choices(platform, name)
        if allowed and reason.startswith("Invalid enum value"):
            reason = f"{name} is one of {', '.join(allowed)}"
        raise InvalidRequestError(
            f"The {platform.label} options are not valid: {reason}.",
            code="invalid_options",
            action=f"Options of {platform}: {', '.join(OPTIONS[platform].__struct_fields__)}.",
            fields=[FieldError(f"options.{name}" if name else "options", reason)],
        ) from error


def choices(platform: Platform, name: str) -> tuple[str, ...]:
    """The words that an option may be; none where it is not a choice among words."""
    hint = get_type_hints(OPTIONS[platform]).get(name)
    parts = [hint, *get_args(hint)]
    return next((get_args(part) for part in parts if get_origin(part) is Literal), ())
