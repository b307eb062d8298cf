"""JSONB columns: Piccolo hands them over, and takes them, as text."""

from typing import Any

import msgspec


def json_of(value: object) -> Any:
    """A JSONB column as Python values."""
    return msgspec.json.decode(value) if isinstance(value, str | bytes) else value


def to_json(value: object) -> str:
    """Python values as text for a JSONB column; the counterpart of `json_of`."""
    return msgspec.json.encode(value).decode()
