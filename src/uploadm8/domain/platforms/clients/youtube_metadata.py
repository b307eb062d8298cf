"""The video resource that is sent with a YouTube upload."""

from datetime import UTC
from typing import Any

from uploadm8.domain.platforms.clients.base import Draft, MediaFacts
from uploadm8.domain.platforms.clients.options import YouTubeOptions
from uploadm8.domain.platforms.clients.text_units import cut_to_units, utf16_units
from uploadm8.infra.clock import now

TAG_PREFIX = "um8:"
"""Our tag on every video, by which it is found again when a session's outcome was lost."""

TITLE_CHARACTERS = 100
"""YouTube does not say of which kind: in UTF-16 units a title fits every reading."""
SHORT_SECONDS = 180.0
_ANGLES = str.maketrans({"<": "\u2039", ">": "\u203a"})


def options_of(draft: Draft) -> YouTubeOptions:
    """Return the options; a draft for YouTube always has these."""
    if not isinstance(draft.options, YouTubeOptions):
        raise TypeError("a YouTube post has YouTubeOptions")
    return draft.options


def is_short(facts: MediaFacts) -> bool:
    """Tell whether YouTube will show the video as a Short."""
    return facts.portrait_or_square and facts.duration <= SHORT_SECONDS


def clean(text: str) -> str:
    """Replace the angle brackets that YouTube refuses."""
    return text.translate(_ANGLES)


def title_of(options: YouTubeOptions, title: str | None, caption: str) -> str:
    """Choose the title: the option, the upload's, or the caption's first line, cut to fit."""
    first_line = next((line.strip() for line in caption.splitlines() if line.strip()), "")
    chosen = options.title or (title or "").strip() or first_line
    return cut_to_units(clean(chosen), TITLE_CHARACTERS).strip()


def tags_length(tags: tuple[str, ...]) -> int:
    """Length as YouTube counts it: commas between, and two quotes around a tag with a space."""
    return sum(utf16_units(tag) + 2 * (" " in tag) for tag in tags) + max(0, len(tags) - 1)


def all_tags(options: YouTubeOptions, marker: str) -> tuple[str, ...]:
    """The creator's tags and ours."""
    return (*options.tags, f"{TAG_PREFIX}{marker}")


def video_resource(draft: Draft) -> dict[str, Any]:
    """Build the body of videos.insert."""
    options = options_of(draft)
    snippet: dict[str, Any] = {
        "title": title_of(options, draft.title, draft.caption),
        "description": clean(draft.caption),
        "tags": list(all_tags(options, draft.marker)),
        "categoryId": options.category_id,
    }
    if options.language:
        snippet["defaultLanguage"] = options.language
    status: dict[str, Any] = {
        "privacyStatus": options.privacy or "private",
        "selfDeclaredMadeForKids": bool(options.made_for_kids),
        "containsSyntheticMedia": options.synthetic_media,
        "embeddable": options.embeddable,
        "license": options.license,
        "publicStatsViewable": options.public_stats,
    }
    if options.publish_at is not None and options.publish_at <= now():
        status["privacyStatus"] = "public"
    elif options.publish_at is not None:
        # YouTube takes a time only for a private video, and makes it public itself.
        status["privacyStatus"] = "private"
        moment = options.publish_at.astimezone(UTC)
        status["publishAt"] = moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return {"snippet": snippet, "status": status}
