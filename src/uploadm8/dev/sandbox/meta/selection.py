"""Graph field selections: `id,picture{url},likes.summary(true).limit(0)`."""

import re
from collections.abc import Iterable
from typing import Any

from uploadm8.dev.sandbox.meta.replies import invalid

_NAME = re.compile(r"[A-Za-z_]\w*")
Selection = dict[str, "Selection"]


class Reference(dict[str, Any]):
    """Another node: it shows only its id unless fields of it are asked for."""


def parse_fields(text: str) -> Selection:
    """The names asked for, with those inside braces below them; modifiers are skipped.

    Raises:
        RefusedError: code 100 for unbalanced or empty parts.
    """
    found: Selection = {}
    for part in _split(text):
        match = _NAME.match(part)
        if match is None:
            raise invalid(f"Syntax error in fields: {part!r}")
        inner = re.search(r"\{(.*)\}$", part)
        found[match[0]] = parse_fields(inner[1]) if inner else {}
    return found


def _split(text: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for i, sign in enumerate(text):
        depth += (sign in "{(") - (sign in "})")
        if depth < 0:
            raise invalid("Syntax error in fields: unbalanced brackets")
        if sign == "," and depth == 0:
            parts.append(text[start:i])
            start = i + 1
    if depth:
        raise invalid("Syntax error in fields: unbalanced brackets")
    return [part.strip() for part in [*parts, text[start:]] if part.strip()]


def select(
    values: dict[str, Any], asked: str | None, default: Iterable[str], kind: str
) -> dict[str, Any]:
    """The chosen fields of a node; None values are absent, as Graph leaves them out.

    Raises:
        RefusedError: code 100 for a field that this kind of node does not have.
    """
    chosen = parse_fields(asked) if asked else dict.fromkeys(default, Selection())
    return _pick(values, chosen, kind) | ({"id": values["id"]} if "id" in values else {})


def _pick(values: dict[str, Any], chosen: Selection, kind: str) -> dict[str, Any]:
    picked: dict[str, Any] = {}
    for name, inner in chosen.items():
        if name not in values:
            raise invalid(f"Tried accessing nonexisting field ({name}) on node type ({kind})")
        value = values[name]
        if value is None:
            continue
        if isinstance(value, Reference):
            value = _pick(value, inner or {"id": {}}, name)
        elif inner and isinstance(value, dict):
            value = _pick(value, inner, name)
        picked[name] = value
    return picked
