"""Makes the examples of the API's description from exchanges that a test run kept.

`make examples` runs the tests with RECORD_EXCHANGES set and then this. What differs from run to
run (ids, times, tokens, ports) is replaced, so that a second run changes little.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from uploadm8.api.exchanges import FILE, Exchanges, operations
from uploadm8.app import schema

_NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
_LONGEST_LIST = 2
_MOST_LEAVES = 80
_RANDOM = "3q2-7wAAq83vEjRWeJASNFZ4kKvN7xI0"
_HEX = "9e107d9d372bb6826bd81d3542a419d6"
_UUID = re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b")
# A clock's times have fractions of a second; those that a person chose have none, and stay.
_TIME = re.compile(r"\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(?:Z|[+-]\d\d:\d\d)")
_REPLACED: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"http://127\.0\.0\.1:\d+"), "https://media.example.com"),
    (
        re.compile(r"\?(?:X-Amz|AWS|partNumber|uploadId|Signature)[^\"]*"),
        "?X-Amz-Signature=9f86d081",
    ),
    (re.compile(r"user-[0-9a-f]{12}@example\.com"), "ada@example.com"),
    (re.compile(r"\buser-[0-9a-f]{12}\b"), "Ada"),
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]+"), "eyJhbGciOiJIUzI1NiJ9.e30.c2ln"),
    (re.compile(r"\b[0-9a-f]{64}\b"), _HEX * 2),
    (re.compile(r"\b[0-9a-f]{24,63}\b"), _HEX),
    (re.compile(r"(?<![\w/.-])(?=[\w-]*\d)(?=[\w-]*[A-Z])[\w-]{40,}={0,2}"), _RANDOM),
)


def main() -> None:
    """Read the kept exchanges in the folder that is given, and write the examples."""
    folder = Path(sys.argv[1])
    found = chosen(json.loads(line) for path in folder.glob("*.jsonl") for line in path.open())
    lines = (f"{json.dumps(name)}: {_text(found[name])}" for name in sorted(found))
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    failures = sum(len(one["errors"]) for one in found.values())
    sys.stdout.write(f"{len(found)} operations, {failures} failures\n")


def chosen(lines: Iterator[dict[str, Any]]) -> Exchanges:
    """Of every operation its most telling success, and one failure of every code it showed."""
    operations = _operations()
    best: dict[str, tuple[int, str]] = {}
    found: Exchanges = {}
    for line in lines:
        name = _operation(line, operations)
        if name is None:
            continue
        kept = found.setdefault(name, {"asked": None, "answered": None, "status": 0, "errors": {}})
        if line["status"] >= 400:
            _keep_error(kept["errors"], line)
            continue
        tidy = tidied(line)
        rank = (-_leaves(tidy["asked"]) - _leaves(tidy["answered"]), json.dumps(tidy))
        if name not in best or rank < best[name]:
            best[name] = rank
            kept["asked"], kept["answered"] = tidy["asked"], tidy["answered"]
            kept["status"] = line["status"]
    return found


def tidied(line: Mapping[str, Any]) -> dict[str, Any]:
    """The exchange as if it had been at noon, with ids that count up and lists cut short."""
    then = datetime.fromisoformat(line["at"])
    ids: dict[str, str] = {}

    def told_id(match: re.Match[str]) -> str:
        return ids.setdefault(match[0], f"01990a3e-8f2b-7c4d-9e10-0f1a2b3c4d{len(ids):02x}")

    def told_time(match: re.Match[str]) -> str:
        past = datetime.fromisoformat(match[0]) - then
        moment = _NOON + timedelta(seconds=round(past.total_seconds()))
        return moment.isoformat().replace("+00:00", "Z")

    text = json.dumps({"asked": line["asked"], "answered": line["answered"]}, ensure_ascii=False)
    text = _TIME.sub(told_time, _UUID.sub(told_id, text))
    for pattern, instead in _REPLACED:
        text = pattern.sub(instead, text)
    short: dict[str, Any] = _short(json.loads(text))
    return short


def _keep_error(errors: dict[str, Any], line: Mapping[str, Any]) -> None:
    problem = line["answered"]
    if not isinstance(problem, dict) or "code" not in problem or line["status"] >= 500:
        return
    tidy = tidied(line)["answered"]
    errors[problem["code"]] = min(tidy, errors.get(problem["code"], tidy), key=_text)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _operations() -> list[tuple[re.Pattern[str], str, str]]:
    """Pattern of the path, method and name of every operation; fixed paths come first."""
    found = sorted(operations(json.loads(schema())), key=lambda one: one[1].count("{"))
    return [
        (
            re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(path))),
            method,
            f"{method} {path}",
        )
        for method, path, _ in found
    ]


def _operation(
    line: Mapping[str, Any], operations: list[tuple[re.Pattern[str], str, str]]
) -> str | None:
    return next(
        (
            name
            for pattern, method, name in operations
            if method == line["method"] and pattern.fullmatch(line["path"])
        ),
        None,
    )


def _short(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _short(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_short(member) for member in value[:_LONGEST_LIST]]
    return value


def _leaves(value: Any) -> int:
    """How much an example tells; what is longer than a screen tells no more."""
    if isinstance(value, dict):
        count = sum(map(_leaves, value.values()))
    elif isinstance(value, list):
        count = sum(map(_leaves, value))
    else:
        count = int(bool(value))
    return min(count, _MOST_LEAVES)


if __name__ == "__main__":
    main()
