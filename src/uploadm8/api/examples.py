"""Examples for the OpenAPI document, made from the schemas: one place, so that none goes stale."""

import re
from collections.abc import Mapping
from typing import Any

_JSON = "application/json"
_DEEPEST = 8

# What a member of this name holds, wherever its schema lets it.
_BY_NAME: Mapping[str, tuple[Any, ...]] = {
    "access_token": ("eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCJ9.e30.c2ln",),
    "action": ("Connect the account again.",),
    "address": ("ada@example.com",),
    "caption": ("Two laps before breakfast.",),
    "code": ("123456",),
    "content_type": ("video/mp4",),
    "currency": ("usd",),
    "current_password": ("a quiet morning drive",),
    "detail": ("The access was removed on the platform.",),
    "device": ("Firefox on Linux",),
    "display_name": ("Ada",),
    "email": ("ada@example.com",),
    "filename": ("lap-one.mp4",),
    "hashtags": ("trackday",),
    "ip": ("203.0.113.7",),
    "latitude": (52.5,),
    "longitude": (13.4,),
    "method": ("PUT",),
    "mode": ("now",),
    "name": ("Lap one",),
    "new_email": ("ada@example.org",),
    "new_password": ("another quiet evening walk",),
    "next_cursor": (None, "WyIwMTk5MGEzZSJd"),
    "outcome": ("published",),
    "password": ("a quiet morning drive",),
    "platform": ("youtube",),
    "progress": (0.25,),
    "public_url": ("https://youtu.be/dQw4w9WgXcQ",),
    "reason": ("asked for by the customer",),
    "refresh_token": ("AZoKPo8rfE2eEA8aGyw9Tl4AAAAAAAAAAQ==",),
    "role": ("user", "editor"),
    "scopes": ("uploads:read",),
    "size_bytes": (73_400_320,),
    "state": ("ready", "published", "active", "queued"),
    "tier": ("creator",),
    "time_zone": ("Europe/Berlin",),
    "title": ("Lap one",),
    "token": ("3q2-7wAAq83vEjRWeJASNFZ4kKvN7xI0VniQq83vEjQ",),
    "token_type": ("Bearer",),
    "transport": ("body",),
    "units": ("metric",),
}
_BY_FORMAT: Mapping[str, str] = {
    "uuid": "01990a3e-8f2b-7c4d-9e10-0f1a2b3c4d5e",
    "date-time": "2026-03-10T12:00:00Z",
    "date": "2026-03-10",
    "uri": "https://app.uploadm8.com/",
    "binary": "",
}


def with_examples(document: dict[str, Any]) -> dict[str, Any]:
    """Add an example to every JSON body, asked and answered, that has none."""
    schemas = document.get("components", {}).get("schemas", {})
    for item in document.get("paths", {}).values():
        for operation in item.values():
            bodies = [operation.get("requestBody", {})] if isinstance(operation, dict) else []
            bodies += operation.get("responses", {}).values() if bodies else []
            for body in bodies:
                content = body.get("content", {}).get(_JSON)
                if content is not None and "schema" in content and "example" not in content:
                    content["example"] = example_of(content["schema"], schemas)
    return document


def example_of(
    schema: Mapping[str, Any], schemas: Mapping[str, Any], name: str = "", depth: int = 0
) -> Any:
    """A value that a schema allows, and that looks like what the API is about.

    Args:
        schema: JSON Schema, as OpenAPI 3.1 has it.
        schemas: what its references point to.
        name: of the member it is for.
        depth: how far inside the example it is.
    """
    if "$ref" in schema:
        return example_of(schemas[schema["$ref"].rpartition("/")[2]], schemas, name, depth)
    for given in ("example", "const"):
        if given in schema:
            return schema[given]
    if schema.get("examples"):
        return _first(schema["examples"])
    for choice in ("oneOf", "anyOf"):
        if choice in schema:
            # Limits may stand beside the choice instead of in it.
            shared = {key: value for key, value in schema.items() if key != choice}
            return example_of({**shared, **_telling(schema[choice])}, schemas, name, depth)
    if "enum" in schema:
        fitting = [one for one in _BY_NAME.get(name, ()) if one in schema["enum"]]
        return (fitting or schema["enum"])[0]
    if "allOf" in schema:
        parts = [example_of(part, schemas, name, depth) for part in schema["allOf"]]
        return {key: value for part in parts for key, value in part.items()}
    return _of_type(schema, schemas, name, depth)


def _first(examples: Any) -> Any:
    if isinstance(examples, Mapping):
        return next(iter(examples.values()))["value"]
    return examples[0]


def _telling(choices: list[Mapping[str, Any]]) -> Mapping[str, Any]:
    return next((one for one in choices if one.get("type") != "null"), choices[0])


def _of_type(schema: Mapping[str, Any], schemas: Mapping[str, Any], name: str, depth: int) -> Any:
    kind = schema.get("type", "object" if "properties" in schema else None)
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), "null")
    if kind == "object":
        return _object(schema, schemas, depth)
    if kind == "array":
        wanted = schema.get("minItems", 1)
        items = schema.get("items", {})
        deep = depth >= _DEEPEST or not items
        return [] if deep else [example_of(items, schemas, name, depth + 1)] * max(1, wanted)
    if kind == "string":
        return _text(schema, name)
    if kind in ("integer", "number"):
        return _number(schema, name, whole=kind == "integer")
    return {"boolean": True, "null": None}.get(str(kind), {})


def _object(schema: Mapping[str, Any], schemas: Mapping[str, Any], depth: int) -> dict[str, Any]:
    if depth >= _DEEPEST:
        return {}
    return {
        key: example_of(member, schemas, key, depth + 1)
        for key, member in schema.get("properties", {}).items()
    }


def _text(schema: Mapping[str, Any], name: str) -> str:
    if schema.get("format") in _BY_FORMAT:
        return _BY_FORMAT[schema["format"]]
    if name.endswith(("_at", "_start", "_end")):
        return _BY_FORMAT["date-time"]
    if name.endswith("url"):
        return "https://media.uploadm8.com/lap-one.mp4"
    named = [one for one in _BY_NAME.get(name, ()) if isinstance(one, str)]
    for text in (*named, "text", "uploads:read", "a longer text than most"):
        if _fits(text, schema):
            return text
    return "x" * int(schema.get("minLength", 1))


def _fits(text: str, schema: Mapping[str, Any]) -> bool:
    long_enough = schema.get("minLength", 0) <= len(text) <= schema.get("maxLength", len(text))
    return long_enough and bool(re.search(schema.get("pattern", ""), text))


def _number(schema: Mapping[str, Any], name: str, *, whole: bool) -> float:
    low, high = schema.get("minimum", 0), schema.get("maximum")
    named = [one for one in _BY_NAME.get(name, ()) if isinstance(one, int | float)]
    for number in (*named, 12 if whole else 0.5, low):
        if number >= low and (high is None or number <= high):
            return int(number) if whole else number
    return int(low) if whole else float(low)
