"""The SET part of an UPDATE from names and values, without a query builder's cost."""

from collections.abc import Mapping
from typing import Any

from piccolo.querystring import QueryString


def assignments(changes: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """Write ``a = {}, b = now()`` and the values for the braces.

    Args:
        changes: by column name, which is never a client's; a QueryString without another one in it
            stands for an expression.
    """
    parts: list[str] = []
    values: list[Any] = []
    for name, value in changes.items():
        expression = isinstance(value, QueryString)
        parts.append(f"{name} = {value.template if expression else '{}'}")
        values += value.args if expression else [value]
    return ", ".join(parts), values
