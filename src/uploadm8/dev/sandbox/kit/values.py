"""Values out of requests that may hold anything."""

from typing import Any

_MOST_DIGITS = 18


def whole_number(text: str | None) -> int | None:
    """A number written in ASCII digits, up to 18 of them; None for anything else."""
    fine = text is not None and text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
    return int(text) if fine and text else None


def member(value: Any, *names: str) -> Any:
    """The member at a path of names in nested objects; None where the path ends."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def text_member(value: Any, *names: str) -> str:
    """The text at a path of names; empty for anything else."""
    found = member(value, *names)
    return found if isinstance(found, str) else ""
