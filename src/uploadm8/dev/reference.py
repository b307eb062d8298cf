"""Reference pages made from the code: settings, .env.example, error codes.

``python -m uploadm8.dev.reference`` writes them; a test compares.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from uploadm8.config import Config
from uploadm8.core.telemetry.problems import TEXTS
from uploadm8.core.video.faults import FAULTS
from uploadm8.errors import MediaError, TelemetryError

_SOURCE = Path(__file__).parents[1]
_REQUIRED = ("database_url", "redis_url", "jwt_secret", "token_enc_keys")


def configuration() -> str:
    """docs/configuration.md: every environment variable, its default and meaning."""
    rows = [
        f"| `{name.upper()}` | {_kind(field)} | {_default(name, field)} | {field.description} |"
        for name, field in Config.model_fields.items()
    ]
    return "\n".join(
        [
            "# Configuration",
            "",
            "Every setting is an environment variable, or a line of `.env`. Made from",
            "`src/uploadm8/config.py` by `python -m uploadm8.dev.reference`.",
            "",
            "| Variable | Kind | Default | Meaning |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )


def env_example() -> str:
    """.env.example: the required settings to fill in, all others with their defaults."""
    lines = ["# Copy to .env. What is commented out has the value shown.", ""]
    for name, field in Config.model_fields.items():
        lines.append(f"# {field.description}")
        shown = "" if isinstance(field.default, SecretStr) else _plain(field.default)
        prefix = "" if name in _REQUIRED else "#"
        lines += [f"{prefix}{name.upper()}={shown}", ""]
    return "\n".join(lines)


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value.value if isinstance(value, Enum) else value)


def _default(name: str, field: FieldInfo) -> str:
    if name in _REQUIRED:
        return "**required**"
    shown = "" if isinstance(field.default, SecretStr) else _plain(field.default)
    return f"`{shown}`" if shown else "(none)"


def _kind(field: FieldInfo) -> str:
    kind: Any = field.annotation
    if get_origin(kind) is UnionType:
        kind = next(one for one in get_args(kind) if one is not NoneType)
    if kind is SecretStr:
        return "secret"
    names = {str: "text", int: "whole number", float: "number", bool: "true or false"}
    return names.get(kind) or (" or ".join(kind) if issubclass(kind, Enum) else "path")


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """One code of the error family."""

    code: str
    status: int
    meaning: str


def errors() -> str:
    """docs/errors.md: every error code with its status and meaning."""
    rows = [f"| `{one.code}` | {one.status} | {one.meaning} |" for one in error_codes()]
    return "\n".join(
        [
            "# Errors",
            "",
            "Every failure is an `application/problem+json` document (RFC 9457):",
            "",
            "```json",
            '{"type": "https://uploadm8.com/problems/invalid_request", "title": "Bad Request",',
            ' "status": 400, "detail": "The request is malformed or contains a wrong value.",',
            ' "code": "invalid_request", "request_id": "0199...", "action": "what to do next",',
            ' "errors": [{"field": "password", "message": "Expected `str` of length >= 10"}]}',
            "```",
            "",
            "Decide by `code`, show `detail` and `action`, report `request_id`. 429 and 503 carry",
            "`Retry-After` in seconds. Made from the error classes by",
            "`python -m uploadm8.dev.reference`.",
            "",
            "| Code | Status | Meaning |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


def error_codes() -> list[ErrorCode]:
    """The codes of all error classes, those given where one is raised, and those of the tables."""
    family = _Family()
    for path in sorted(_SOURCE.rglob("*.py")):
        if "dev" not in path.relative_to(_SOURCE).parts:
            family.read(ast.parse(path.read_text()))
    found = {one.code: one for one in (*_listed(), *family.codes())}
    return sorted(found.values(), key=lambda one: one.code)


def _listed() -> Iterator[ErrorCode]:
    """Why a video or a log is refused; an upload tells it as its failure."""
    for problem, (meaning, _) in TEXTS.items():
        yield ErrorCode(problem.value, TelemetryError.status_code, meaning)
    for code, (meaning, _) in FAULTS.items():
        yield ErrorCode(code, MediaError.status_code, re.sub(r"\{.*?\}", "…", meaning))


class _Family:
    """The error classes, found by their names in the syntax trees."""

    def __init__(self) -> None:
        self._classes: dict[str, ast.ClassDef] = {}
        self._raised: dict[str, tuple[str, str]] = {}

    def read(self, tree: ast.Module) -> None:
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and node.name.endswith("Error") and node.bases:
                self._classes[node.name] = node
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                code = _text({k.arg: k.value for k in node.keywords if k.arg}.get("code"))
                if code and node.func.id.endswith("Error"):
                    said = _text(node.args[0]) if node.args else ""
                    self._raised.setdefault(code, (node.func.id, said))

    def codes(self) -> Iterator[ErrorCode]:
        seen = set()
        for name, node in self._classes.items():
            code, status = self._inherited(name, "code"), self._inherited(name, "status_code")
            if name.startswith("_") or not isinstance(code, str) or code in seen:
                continue
            seen.add(code)
            yield ErrorCode(
                code, int(status or 500), (ast.get_docstring(node) or "").split("\n")[0]
            )
        for code, (name, said) in self._raised.items():
            if code not in seen:
                seen.add(code)
                status = self._inherited(name, "status_code")
                yield ErrorCode(code, int(status or 500), said or self._meaning(name))

    def _meaning(self, name: str) -> str:
        node = self._classes.get(name)
        return (ast.get_docstring(node) or "").split("\n")[0] if node else ""

    def _inherited(self, name: str, attribute: str) -> Any:
        node = self._classes.get(name)
        if node is None:
            return None
        own = _attributes(node).get(attribute)
        if own is not None:
            return own
        bases = [base.id for base in node.bases if isinstance(base, ast.Name)]
        found = (self._inherited(base, attribute) for base in bases)
        return next((value for value in found if value is not None), None)


def _attributes(node: ast.ClassDef) -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    for line in node.body:
        if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name):
            target: ast.expr = line.targets[0]
            value: ast.expr | None = line.value
        elif isinstance(line, ast.AnnAssign):
            target, value = line.target, line.value
        else:
            continue
        if isinstance(target, ast.Name) and isinstance(value, ast.Constant):
            found[target.id] = value.value
    return found


def _text(node: ast.expr | None) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) or "…" for part in node.values)
    return ""


PAGES = {
    "docs/configuration.md": configuration,
    "docs/errors.md": errors,
    ".env.example": env_example,
}


def main() -> None:
    """Write the pages into the working tree."""
    root = _SOURCE.parents[1]
    for name, make in PAGES.items():
        (root / name).write_text(make())


if __name__ == "__main__":
    main()
