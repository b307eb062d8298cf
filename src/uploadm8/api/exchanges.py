"""Examples of every operation, as the API really was asked and answered in its tests."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypedDict

FILE = Path(__file__).with_name("exchanges.json")
_METHODS = ("get", "post", "put", "patch", "delete")
_JSON = "application/json"
_PROBLEM = "application/problem+json"


class Exchange(TypedDict):
    """What an operation was asked and answered once, and how it failed, by error code."""

    asked: Any
    answered: Any
    status: int
    errors: dict[str, dict[str, Any]]


Exchanges = dict[str, Exchange]


@cache
def exchanges() -> Exchanges:
    """The kept exchanges, by method and path of the operation."""
    kept: Exchanges = json.loads(FILE.read_text())
    return kept


def with_exchanges(document: dict[str, Any]) -> dict[str, Any]:
    """Put the kept exchanges into the document: bodies, and the error codes of each status."""
    for method, path, operation in operations(document):
        kept = exchanges().get(f"{method} {path}")
        if kept is None:
            continue
        if kept["asked"] is not None:
            _show(operation.get("requestBody", {}), kept["asked"])
        if kept["answered"] is not None:
            _show(operation["responses"].get(str(kept["status"]), {}), kept["answered"])
        for code, problem in kept["errors"].items():
            _list(operation["responses"], code, problem)
    return document


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method (in capitals), path and description of every operation of an OpenAPI document."""
    for path, item in document.get("paths", {}).items():
        for method, operation in item.items():
            if method in _METHODS:
                yield method.upper(), path, operation


def _show(body: dict[str, Any], example: Any) -> None:
    content = body.get("content", {}).get(_JSON)
    if content is not None:
        content["example"] = example


def _list(responses: dict[str, Any], code: str, problem: Mapping[str, Any]) -> None:
    """Add a code to those of its status; the general one stays, since it may always come."""
    content = responses.get(str(problem["status"]), {}).get("content", {}).get(_PROBLEM)
    if content is None:
        return
    general = content.pop("example", None)
    examples = content.setdefault("examples", {})
    if general is not None:
        examples[general["code"]] = {"value": general}
    examples[code] = {"value": problem}
