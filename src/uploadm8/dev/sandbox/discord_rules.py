"""What Discord accepts as the message of a webhook."""

from typing import Any

from uploadm8.dev.sandbox.kit.values import member, text_member
from uploadm8.dev.sandbox.kit.words import words

_MEMBERS = words(
    "content embeds username avatar_url tts allowed_mentions flags thread_name attachments poll "
    "components applied_tags"
)
_EMBED = words(
    "title type description url timestamp color footer image thumbnail video provider author fields"
)
_LIMITS = {
    ("title",): 256,
    ("description",): 4096,
    ("footer", "text"): 2048,
    ("author", "name"): 256,
}
_OBJECTS = ("footer", "image", "thumbnail", "author")
_FIELD = {"name": 256, "value": 1024}


def message_errors(body: dict[str, Any]) -> dict[str, Any]:
    """What is wrong with a message, by field, as Discord reports it; empty when it is fine."""
    errors: dict[str, Any] = {}

    def fault(name: str, code: str, message: str) -> None:
        errors[name] = {"_errors": [{"code": code, "message": message}]}

    for name in sorted(set(body) - _MEMBERS):
        fault(name, "UNKNOWN_FIELD", "This field is not known.")
    content = body.get("content")
    if not isinstance(content, str | None):
        fault("content", "STRING_TYPE_CONVERT", "Could not interpret as string.")
    elif len(content or "") > 2000:
        fault("content", "BASE_TYPE_MAX_LENGTH", "Must be 2000 or fewer in length.")
    username = str(body.get("username") or "x").lower()
    if len(username) > 80 or "discord" in username or "clyde" in username:
        fault("username", "USERNAME_INVALID", "Username is not allowed.")
    embeds = body.get("embeds")
    if not isinstance(embeds, list | None) or len(embeds or []) > 10:
        fault("embeds", "BASE_TYPE_MAX_LENGTH", "Must be a list of 10 or fewer.")
    elif not all(_is_embed(embed) for embed in embeds or []):
        fault("embeds", "EMBED_INVALID", "An embed has a wrong member or a text that is too long.")
    elif sum(_length(embed) for embed in embeds or []) > 6000:
        fault("embeds", "MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds maximum size of 6000.")
    return errors


def _is_embed(embed: Any) -> bool:
    if not isinstance(embed, dict) or not set(embed) <= _EMBED:
        return False
    fields = embed.get("fields", [])
    return (
        all(isinstance(embed.get(name, {}), dict) for name in _OBJECTS)
        and all(isinstance(member(embed, *path), str | None) for path in _LIMITS)
        and all(len(text_member(embed, *path)) <= limit for path, limit in _LIMITS.items())
        and isinstance(embed.get("color", 0), int)
        and isinstance(fields, list)
        and len(fields) <= 25
        and all(_is_field(field) for field in fields)
    )


def _is_field(field: Any) -> bool:
    return all(0 < len(text_member(field, name)) <= limit for name, limit in _FIELD.items())


def _length(embed: dict[str, Any]) -> int:
    texts = [text_member(embed, *path) for path in _LIMITS]
    texts += [text_member(field, name) for field in embed.get("fields", []) for name in _FIELD]
    return sum(len(text) for text in texts)
