"""A load generator that costs little itself: raw HTTP/1.1 on keep-alive connections."""

import asyncio
import json
import statistics
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psutil

CONNECTIONS = 16
Request = Callable[[int], bytes]


def request(method: str, path: str, token: str = "", body: Any = None) -> bytes:
    """An HTTP/1.1 request as bytes."""
    data = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: bench", f"Content-Length: {len(data)}"]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    if data:
        lines.append("Content-Type: application/json")
    return "\r\n".join([*lines, "", ""]).encode() + data


async def answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head[9:12])
    size = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
    return status, await reader.readexactly(size)


async def load(
    port: int, make: Request, seconds: float, connections: int = CONNECTIONS
) -> dict[str, Any]:
    """Keep `connections` connections busy.

    Returns:
        Requests/s, p50 and p99 in ms, the statuses, and `cpu_ms`: processor time per request of
        this process and all its children (servers, database, Redis, generator), which tells the
        same on a busy machine as on an idle one.
    """
    times: list[float] = []
    statuses: dict[int, int] = {}
    before = _cpu_s()
    end = time.perf_counter() + seconds

    async def one(number: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (started := time.perf_counter()) < end:
            writer.write(make(number))
            status, _ = await answer(reader)
            times.append(time.perf_counter() - started)
            statuses[status] = statuses.get(status, 0) + 1
        writer.close()

    await asyncio.gather(*(one(number) for number in range(connections)))
    cuts = statistics.quantiles(times, n=100)
    return {
        "rps": round(len(times) / seconds, 1),
        "p50_ms": round(cuts[49] * 1000, 1),
        "p99_ms": round(cuts[98] * 1000, 1),
        "cpu_ms": round((_cpu_s() - before) * 1000 / len(times), 3),
        "statuses": statuses,
    }


def _cpu_s() -> float:
    me = psutil.Process()
    total = 0.0
    for process in (me, *me.children(recursive=True)):
        with suppress(psutil.Error):
            used = process.cpu_times()
            total += used.user + used.system
    return total
