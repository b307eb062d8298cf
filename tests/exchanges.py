"""Keeps what the API was asked and answered in a test run, for the examples of its description.

`make examples` sets RECORD_EXCHANGES to a folder; without it nothing is kept.
"""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

_FOLDER = os.environ.get("RECORD_EXCHANGES")


async def _keep(answer: httpx.Response) -> None:
    told = "json" in answer.headers.get("content-type", "")
    body = await answer.aread() if told else b""
    line = {
        "method": answer.request.method,
        "path": answer.request.url.path,
        "asked": _json(answer.request.content),
        "status": answer.status_code,
        "answered": _json(body),
        "at": datetime.now(UTC).isoformat(),
    }
    with (Path(str(_FOLDER)) / f"{os.getpid()}.jsonl").open("a") as file:
        file.write(json.dumps(line) + "\n")


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


HOOKS: dict[str, list[Any]] = {"response": [_keep]} if _FOLDER else {}
