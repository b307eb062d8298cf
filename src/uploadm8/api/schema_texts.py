"""What the docstrings of structs and enums say, for their schemas in the OpenAPI document."""

import inspect
import re
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

from msgspec import Struct
from msgspec.structs import fields

_ATTRIBUTES = "\n\nAttributes:\n"
_ENTRY = re.compile(r" {4}(?P<names>\w+(?:, \w+)*): (?P<text>.*(?:\n {8,}.*)*)")


def with_texts(document: dict[str, Any]) -> dict[str, Any]:
    """Add what each schema and each of its members means."""
    known = {kind.__name__: kind for kind in _kinds(Struct)}
    enums = {kind.__name__: kind for kind in _kinds(Enum)}
    for name, schema in document.get("components", {}).get("schemas", {}).items():
        members = schema.get("properties", {})
        kind = known.get(name)
        if kind is not None and {one.encode_name for one in fields(kind)} == set(members):
            _describe(schema, _summary(kind))
            for member, text in _attributes(kind).items():
                _describe(members.get(member, {}), text)
        elif "enum" in schema and name in enums:
            _describe(schema, _summary(enums[name]))
    return document


def _describe(schema: dict[str, Any], text: str) -> None:
    if text:
        schema.setdefault("description", text[0].upper() + text[1:])


def _kinds(base: type[Any]) -> Iterator[type[Any]]:
    heirs: list[type[Any]] = base.__subclasses__()
    for kind in heirs:
        if kind.__module__.startswith("uploadm8."):
            yield kind
        yield from _kinds(kind)


def _summary(kind: type) -> str:
    return " ".join(inspect.cleandoc(kind.__doc__ or "").partition("\n\n")[0].split())


def _attributes(kind: type) -> Mapping[str, str]:
    """The meaning of each attribute, an heir's word before that of what it inherits from."""
    found: dict[str, str] = {}
    for one in reversed(kind.__mro__):
        listed = inspect.cleandoc(one.__doc__ or "").partition(_ATTRIBUTES)[2]
        for entry in _ENTRY.finditer(listed):
            text = " ".join(entry["text"].split())
            found |= dict.fromkeys(entry["names"].split(", "), text)
    return found
