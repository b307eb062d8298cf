"""The words that a place in a request takes, for telling whoever sent another one."""

import re
from typing import Any

from msgspec import inspect

_STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d+|\.\.\.)\]")
MOST = 40


def choices_at(kind: Any, path: str) -> tuple[str, ...]:
    """The words taken at a path of a type, such as ``targets[0].mode``; none where any are."""
    try:
        found = [inspect.type_info(kind)]
    except TypeError:  # nothing that msgspec decodes
        return ()
    for name, index in _STEP.findall(path):
        found = [inner for one in found for inner in _below(one, name, item=bool(index))]
    words = [str(word) for one in found for word in _words(one)]
    return tuple(words) if len(words) <= MOST else ()


def _below(kind: inspect.Type, name: str, *, item: bool) -> list[inspect.Type]:
    match kind:
        case inspect.UnionType():
            return [inner for one in kind.types for inner in _below(one, name, item=item)]
        case inspect.StructType():
            return [field.type for field in kind.fields if field.encode_name == name]
        case inspect.ListType() | inspect.VarTupleType() if item:
            return [kind.item_type]
        case inspect.DictType():
            return [kind.value_type]
        case _:
            return []


def _words(kind: inspect.Type) -> list[Any]:
    match kind:
        case inspect.UnionType():
            return [word for one in kind.types for word in _words(one)]
        case inspect.LiteralType():
            return list(kind.values)
        case inspect.EnumType():
            return [one.value for one in kind.cls]
        case _:
            return []
