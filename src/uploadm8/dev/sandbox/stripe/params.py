"""Request parameters, checked against the types that Stripe generates for its own library.

Those types come from Stripe's specification, so whatever they do not know, Stripe refuses.
"""

import re
import types
import typing
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, NotRequired, Required, Union, get_args, get_origin

from stripe import RequestOptions

_PART = re.compile(r"([^\[\]]+)|\[([^\[\]]*)\]")
_OPTIONS = frozenset(RequestOptions.__annotations__)  # of the library, never sent
# Names in the annotations of RequestOptions, which other modules inherit without importing them.
_FOREIGN = {"StripeContext": str, "Mapping": Mapping}
_NOTHING = object()


class ParamError(Exception):
    """A parameter that Stripe would refuse: its name, Stripe's code, and a sentence."""

    def __init__(self, param: str, code: str, message: str) -> None:
        super().__init__(message)
        self.param, self.code, self.message = param, code, message


def parse(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Form pairs with bracketed names as nested dicts and lists.

    Raises:
        ParamError: a name is malformed or given twice.
    """
    root: dict[str, Any] = {}
    for name, value in pairs:
        parts = [first or second for first, second in _PART.findall(name)]
        if not parts:
            raise ParamError(name, "parameter_unknown", f"Received unknown parameter: {name}")
        node = root
        for part in parts[:-1]:
            node = node.setdefault(part, {})
            if not isinstance(node, dict):
                raise ParamError(name, "parameter_unknown", f"Invalid nesting: {name}")
        if parts[-1] in node:
            raise ParamError(name, "parameter_unknown", f"Given twice: {name}")
        node[parts[-1]] = value
    return root


def check(value: dict[str, Any], declared: type) -> dict[str, Any]:
    """The parameters with their real types.

    Raises:
        ParamError: one is unknown, missing, or not of its type.
    """
    return _typed_dict(value, declared, "")


@cache
def _fields(declared: type) -> dict[str, Any]:
    hints = typing.get_type_hints(declared, localns=_FOREIGN, include_extras=True)
    return {name: hint for name, hint in hints.items() if name not in _OPTIONS}


def _typed_dict(value: dict[str, Any], declared: type, path: str) -> dict[str, Any]:
    fields = _fields(declared)
    for name in value:
        if name not in fields:
            where = _join(path, name)
            raise ParamError(where, "parameter_unknown", f"Received unknown parameter: {where}")
    found = {}
    for name, hint in fields.items():
        where = _join(path, name)
        if name in value:
            found[name] = _convert(value[name], hint, where)
        elif get_origin(hint) is not NotRequired:
            raise ParamError(where, "parameter_missing", f"Missing required param: {where}.")
    return found


def _convert(value: Any, hint: Any, path: str) -> Any:
    options = _options(hint)
    literals = [word for option in options if _is_literal(option) for word in get_args(option)]
    named = [word for word in literals if word != ""]
    if value in literals:
        return value
    for option in options:
        if option is str and (named or isinstance(value, dict)):
            continue  # "Literal[...] | str" leaves room for new words, not for any word
        converted = _as(value, option, path)
        if converted is not _NOTHING:
            return converted
    raise _refusal(value, named, path)


def _options(hint: Any) -> tuple[Any, ...]:
    while get_origin(hint) in (NotRequired, Required):
        (hint,) = get_args(hint)
    if get_origin(hint) in (Union, types.UnionType):
        return tuple(inner for arg in get_args(hint) for inner in _options(arg))
    return (hint,)


def _is_literal(option: Any) -> bool:
    return get_origin(option) is typing.Literal


def _as(value: Any, option: Any, path: str) -> Any:
    """The value as one type of a union, or `_NOTHING`."""
    origin = get_origin(option)
    if isinstance(value, dict):
        if typing.is_typeddict(option) or hasattr(option, "__required_keys__"):
            return _typed_dict(value, option, path)
        if origin is dict:
            return {key: _leaf(inner, _join(path, key)) for key, inner in value.items()}
        if origin is list and all(key.isdigit() for key in value):
            (inner_type,) = get_args(option)
            return [_convert(value[k], inner_type, _join(path, k)) for k in sorted(value, key=int)]
        return _NOTHING
    return _scalar(value, option)


def _scalar(value: str, option: Any) -> Any:
    if option is int and re.fullmatch(r"-?\d{1,18}", value):
        return int(value)
    if option is bool and value in ("true", "false"):
        return value == "true"
    if option is float and re.fullmatch(r"-?\d+(\.\d+)?", value):
        return float(value)
    if option is str and value:
        return value
    return _NOTHING


def _leaf(value: Any, path: str) -> str:
    if isinstance(value, str):
        return value
    raise ParamError(path, "parameter_invalid_string", f"Invalid string: {path}")


def _join(path: str, name: str) -> str:
    return f"{path}[{name}]" if path else name


def _refusal(value: Any, named: list[Any], path: str) -> ParamError:
    if value == "":
        return ParamError(
            path, "parameter_invalid_empty", f"You passed an empty string for '{path}'."
        )
    if named:
        listed = ", ".join(str(word) for word in named)
        return ParamError(path, "parameter_unknown", f"Invalid {path}: must be one of {listed}")
    return ParamError(path, "parameter_invalid", f"Invalid value for {path}: {value}")
