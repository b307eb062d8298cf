"""YouTube's rules for a video's metadata, as data and as one check."""

import re
from datetime import UTC, datetime
from typing import Any

from uploadm8.dev.sandbox.config import Settings
from uploadm8.dev.sandbox.google.replies import refuse
from uploadm8.dev.sandbox.kit.text_units import utf16_units

CATEGORIES = {
    "1": "Film & Animation",
    "2": "Autos & Vehicles",
    "10": "Music",
    "15": "Pets & Animals",
    "17": "Sports",
    "19": "Travel & Events",
    "20": "Gaming",
    "22": "People & Blogs",
    "23": "Comedy",
    "24": "Entertainment",
    "25": "News & Politics",
    "26": "Howto & Style",
    "27": "Education",
    "28": "Science & Technology",
    "29": "Nonprofits & Activism",
}
WRITABLE: dict[str, dict[str, type]] = {
    "snippet": {
        "title": str,
        "description": str,
        "tags": list,
        "categoryId": str,
        "defaultLanguage": str,
        "defaultAudioLanguage": str,
    },
    "status": {
        "privacyStatus": str,
        "publishAt": str,
        "selfDeclaredMadeForKids": bool,
        "containsSyntheticMedia": bool,
        "embeddable": bool,
        "license": str,
        "publicStatsViewable": bool,
    },
    "recordingDetails": {"recordingDate": str, "locationDescription": str, "location": dict},
    "localizations": {},
}
PARTS = frozenset(WRITABLE) | {
    "id",
    "contentDetails",
    "statistics",
    "processingDetails",
    "suggestions",
    "player",
    "fileDetails",
}
_LANGUAGE = re.compile(r"[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8})*")


def check(body: dict[str, Any], parts: list[str], settings: Settings, now: float) -> None:
    """Check the resource of videos.insert and videos.update.

    Raises:
        RefusedError: 400 with the reason YouTube gives.
    """
    _check_shape(body, parts)
    _check_snippet(body.get("snippet", {}), settings)
    _check_status(body.get("status", {}), settings, now)


def _check_shape(body: dict[str, Any], parts: list[str]) -> None:
    for group, members in body.items():
        if group in {"id", "kind", "etag"}:
            continue
        if group not in WRITABLE:
            raise refuse(400, "badRequest", f'Unknown name "{group}": Cannot find field.', "global")
        if group not in parts:
            raise refuse(400, "unexpectedPart", f"{group} is not named in part.", "youtube.part")
        if not isinstance(members, dict):
            raise refuse(400, "badRequest", f"{group} must be an object.", "global")
        types = WRITABLE[group]
        for name, value in members.items():
            if types and (name not in types or type(value) is not types[name]):
                message = f'Invalid value at "video.{group}.{name}".'
                raise refuse(400, "badRequest", message, "global")


def _check_snippet(snippet: dict[str, Any], settings: Settings) -> None:
    title = snippet.get("title", "")
    if "title" not in snippet:
        raise refuse(400, "invalidVideoMetadata", "The request metadata is invalid.")
    if not title.strip() or utf16_units(title) > 100 or re.search(r"[<>]", title):
        raise refuse(400, "invalidTitle", "The title is invalid or empty.")
    description = snippet.get("description", "")
    if len(description.encode()) > 5000 or re.search(r"[<>]", description):
        raise refuse(400, "invalidDescription", "The description is invalid.")
    tags = snippet.get("tags", [])
    if not all(isinstance(tag, str) and tag for tag in tags) or tags_length(tags) > 500:
        raise refuse(400, "invalidTags", "The keywords are invalid.")
    category = snippet.get("categoryId")
    if category is None and settings.youtube_category_required:
        raise refuse(400, "invalidVideoMetadata", "categoryId is required.")
    if category is not None and category not in CATEGORIES:
        raise refuse(400, "invalidCategoryId", "The category is invalid.")
    for name in ("defaultLanguage", "defaultAudioLanguage"):
        if name in snippet and not _LANGUAGE.fullmatch(snippet[name]):
            raise refuse(400, "invalidVideoMetadata", f"{name} is not a language.")


def _check_status(status: dict[str, Any], settings: Settings, now: float) -> None:
    privacy = status.get("privacyStatus", "public")
    if privacy not in {"public", "unlisted", "private"}:
        raise refuse(400, "invalidVideoMetadata", "privacyStatus is unknown.")
    if status.get("license", "youtube") not in {"youtube", "creativeCommon"}:
        raise refuse(400, "invalidVideoMetadata", "license is unknown.")
    if "publishAt" not in status:
        return
    at = parse_time(status["publishAt"])
    if at is None or privacy != "private":
        raise refuse(400, "invalidPublishAt", "publishAt needs a time and a private video.")
    if at <= now and settings.youtube_past_publish_at == "reject":
        raise refuse(400, "invalidPublishAt", "The scheduled time is in the past.")


def tags_length(tags: list[str]) -> int:
    """How YouTube counts tags: commas between them count, a tag with a space adds two quotes."""
    return sum(utf16_units(tag) + 2 * (" " in tag) for tag in tags) + max(0, len(tags) - 1)


def parse_time(value: str) -> float | None:
    """An ISO 8601 instant as Unix seconds; None when it is no instant."""
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment.timestamp() if moment.tzinfo else None


def iso_time(seconds: float) -> str:
    """Unix seconds as YouTube writes them."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
