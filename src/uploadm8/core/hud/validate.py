"""Turn the JSON a user sent into a HudSpec, or say which field is wrong and what it allows."""

import re
from collections.abc import Mapping
from enum import EnumType
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from uploadm8.core.hud.spec import (
    Anchor,
    HudSpec,
    Preset,
    StatField,
    ThemeName,
    Units,
    WidgetKind,
)
from uploadm8.errors import FieldError, InvalidRequestError

_PNG = b"\x89PNG\r\n\x1a\n"
_CHOICES: dict[str, EnumType] = {
    "theme": ThemeName,
    "preset": Preset,
    "units": Units,
    "kind": WidgetKind,
    "anchor": Anchor,
    "fields": StatField,
}
_LIMITS = (  # how msgspec tells a limit, and how we do
    (re.compile(r"`array` of length <= (\d+)"), "must have at most {} entries"),
    (re.compile(r"`str` of length <= (\d+)"), "must have at most {} characters"),
    (re.compile(r"`bytes` of length <= (\d+)"), "must have at most {} bytes"),
    (re.compile(r"<= ([\d.]+)"), "must be at most {}"),
    (re.compile(r">= ([\d.]+)"), "must be at least {}"),
    (re.compile(r"> ([\d.]+)"), "must be more than {}"),
)
_STYLES = {
    WidgetKind.SPEED: ("arc", "digital", "bar"),
    WidgetKind.MAP: ("whole", "follow"),
}


def validate_spec(obj: Mapping[str, Any]) -> HudSpec:
    """Read a spec from JSON-able values (logo as base64).

    Raises:
        InvalidRequestError: `invalid_hud`, with the field at fault and what it allows.
    """
    try:
        spec = msgspec.convert(obj, HudSpec)
    except msgspec.ValidationError as error:
        raise _translate(str(error)) from error
    except UnicodeError as error:
        raise _invalid("hud", "must be Unicode text, without halves of characters") from error
    _check_zone(spec.time_zone)
    _check_logo(spec)
    for index, entry in enumerate(spec.widgets or ()):
        where = f"widgets[{index}]"
        allowed = _STYLES.get(entry.kind, ())
        if entry.style is not None and entry.style not in allowed:
            told = f"one of: {', '.join(allowed)}" if allowed else "absent for this kind"
            raise _invalid(f"{where}.style", f"must be {told}")
        if entry.kind is WidgetKind.STATS and not entry.fields:
            raise _invalid(f"{where}.fields", f"must name 1 to 6 of: {', '.join(StatField)}")
        if entry.kind is not WidgetKind.STATS and entry.fields:
            raise _invalid(f"{where}.fields", "must be absent: only a stats widget has fields")
        if entry.kind is WidgetKind.TEXT and not (entry.text or spec.text):
            raise _invalid(f"{where}.text", "must be given, here or as the HUD's own text")
    return spec


def _check_zone(name: str | None) -> None:
    if name is None:
        return
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise _invalid("time_zone", "must be an IANA name such as Europe/Paris") from error


def _check_logo(spec: HudSpec) -> None:
    wants = any(entry.kind is WidgetKind.LOGO for entry in spec.widgets or ())
    if wants and spec.logo is None:
        raise _invalid("logo", "must be given for a logo widget: a PNG in base64")
    if spec.logo is not None and not spec.logo.startswith(_PNG):
        raise _invalid("logo", "must be a PNG in base64")


def _translate(message: str) -> InvalidRequestError:
    text, _, path = message.partition(" - at `")
    field = path.rstrip("`").removeprefix("$").removeprefix(".")
    if "unknown field" in text:
        name = text.split("`")[1]
        return _invalid(f"{field}.{name}" if field else name, "is no field of a HUD")
    field = field or "hud"
    last = field.rsplit(".", 1)[-1].split("[", 1)[0]
    text = text[:1].lower() + text[1:]
    for pattern, told in _LIMITS:
        limit = pattern.search(text)
        if limit is not None:
            return _invalid(field, told.format(limit[1]))
    if last in _CHOICES:
        text = f"must be one of: {', '.join(_CHOICES[last].__members__[m] for m in _names(last))}"
    elif last == "accent":
        text = "must be a colour such as #00d4ff"
    return _invalid(field, text)


def _names(choice: str) -> tuple[str, ...]:
    return tuple(_CHOICES[choice].__members__)


def _invalid(field: str, message: str) -> InvalidRequestError:
    return InvalidRequestError(
        f"The HUD's {field}: {message}.",
        code="invalid_hud",
        action="Correct the named field; docs/hud.md describes all of them.",
        fields=[FieldError(field, message)],
    )
