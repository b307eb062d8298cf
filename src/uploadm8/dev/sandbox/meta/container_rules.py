"""What Instagram accepts in a request for a container."""

import json
import re
from typing import Any

from uploadm8.dev.sandbox.kit.values import whole_number
from uploadm8.dev.sandbox.kit.words import words
from uploadm8.dev.sandbox.meta.replies import invalid, refuse

CREATE = words(
    "media_type video_url upload_type caption share_to_feed collaborators cover_url "
    "thumb_offset audio_name user_tags location_id trial_params is_ai_generated "
    "is_paid_partnership branded_content_sponsor_ids audio_configuration alt_text "
    "is_carousel_item children"
)
_BOOLEANS = ("share_to_feed", "is_ai_generated", "is_paid_partnership")
_GRADUATIONS = frozenset({"MANUAL", "SS_PERFORMANCE"})
_TYPES = frozenset({"REELS", "STORIES", "CAROUSEL", "IMAGE", "VIDEO"})


def check_container(params: dict[str, str], *, allow_video: bool) -> None:
    """Check the parameters of a container.

    Raises:
        RefusedError: with Instagram's code and subcode.
    """
    kind = params["media_type"]
    if kind not in _TYPES:
        raise refuse(100, f"Unknown media_type {kind}", 2207023)
    if kind == "VIDEO" and not allow_video:
        raise refuse(100, "The media_type VIDEO is no longer supported, use REELS.", 2207067)
    if kind not in {"REELS", "STORIES", "VIDEO"}:
        raise invalid(f"This sandbox publishes single videos, not {kind}")
    _check_caption(params.get("caption", ""))
    _check_values(params)
    _check_lists(params)
    _check_objects(params)


def _check_values(params: dict[str, str]) -> None:
    for name in _BOOLEANS:
        if params.get(name, "true") not in {"true", "false"}:
            raise invalid(f"Param {name} must be a boolean")
    if whole_number(params.get("thumb_offset", "0")) is None:
        raise refuse(1, "The thumb offset is out of range.", 2207057)
    if "location_id" in params and whole_number(params["location_id"]) is None:
        raise invalid("INSTAGRAM_PLATFORM_API__INVALID_LOCATION_ID")
    if any(not params.get(name, "").isascii() for name in ("video_url", "cover_url")):
        raise refuse(9004, "The URI is not valid.", 2207052)


def _check_objects(params: dict[str, str]) -> None:
    trial = _json_object(params.get("trial_params", '{"graduation_strategy": "MANUAL"}'))
    if set(trial) != {"graduation_strategy"} or trial["graduation_strategy"] not in _GRADUATIONS:
        raise invalid("Param trial_params needs a known graduation_strategy")
    audio = _json_object(params.get("audio_configuration", '{"audio_id": "1"}'))
    volumes = {name: audio.get(name, 0) for name in ("audio_volume", "video_volume")}
    if not isinstance(audio.get("audio_id"), str) or not set(audio) <= {"audio_id", *volumes}:
        raise invalid("Param audio_configuration needs an audio_id and takes volumes")
    if not all(type(volume) in (int, float) for volume in volumes.values()):
        raise invalid("The volumes of audio_configuration are numbers")


def _check_lists(params: dict[str, str]) -> None:
    for name, limit in (("collaborators", 3), ("branded_content_sponsor_ids", 2)):
        if name in params and (names := _json_list(params[name])) is not None:
            if len(names) > limit or not all(isinstance(item, str) for item in names):
                raise invalid(f"Param {name} takes at most {limit} names")
        elif name in params:
            raise invalid(f"Param {name} must be an array")
    if any(str(name).startswith("@") for name in _json_list(params.get("collaborators", "")) or []):
        raise refuse(100, "A collaborator is not a username.", 2207018)
    tags = _json_list(params.get("user_tags", "[]"))
    if tags is None or not all(isinstance(tag, dict) and "username" in tag for tag in tags):
        raise invalid("Param user_tags must be an array of objects with a username")
    if any(set(tag) != {"username"} for tag in tags):
        raise refuse(100, "Reels take usernames without a place in the picture.", 2207035)
    if len(tags) > 20:
        raise refuse(100, "More than 20 tags.", 2207040)


def _check_caption(caption: str) -> None:
    hashtags = len(re.findall(r"(?<!\w)#\w", caption))
    mentions = len(re.findall(r"(?<!\w)@\w", caption))
    if len(caption) > 2200 or hashtags > 30 or mentions > 20:
        raise refuse(36004, "The caption is too long.", 2207010)


def _json_object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _json_list(text: str) -> list[Any] | None:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, list) else None
