"""Can one tell from the time of an answer whether an address has an account?

200 wrong passwords for known and for unknown accounts, in turns; the same for resets, and for
registrations where addresses are verified first. Medians should differ by less than 5 ms, and the
Mann-Whitney test should not tell the two apart (p > 0.01).

python benchmarks/enumeration.py [--count 200] [--json]
"""

import argparse
import asyncio
import json
import math
import statistics
import time
from collections.abc import Callable
from typing import Any

import asyncpg
import httpx
from redis.asyncio import Redis

from served import servers, serving

PASSWORD = "a quiet morning drive"


def mann_whitney(one: list[float], other: list[float]) -> float:
    """Two-sided p of the hypothesis that neither tends to be larger (normal approximation)."""
    ranked = sorted([(value, 0) for value in one] + [(value, 1) for value in other])
    ranks = sum(place for place, (_, group) in enumerate(ranked, 1) if group == 0)
    n, m = len(one), len(other)
    u = ranks - n * (n + 1) / 2
    z = (u - n * m / 2) / math.sqrt(n * m * (n + m + 1) / 12)
    return math.erfc(abs(z) / math.sqrt(2))


async def forget(database: asyncpg.Connection, redis: Redis) -> None:
    """Forget all attempts: the throttles would end this after a few, and are not what is measured."""
    await database.execute("DELETE FROM sign_in_attempts")
    await redis.flushdb()


async def compare(
    http: httpx.AsyncClient,
    database: asyncpg.Connection,
    redis: Redis,
    path: str,
    body: Callable[[str], dict[str, str]],
    known: list[str],
) -> dict[str, float]:
    times: dict[bool, list[float]] = {True: [], False: []}
    for number, address in enumerate(known):
        for there in (True, False) if number % 2 else (False, True):
            await forget(database, redis)
            sent = body(address if there else f"nobody{number:06}@example.com")
            started = time.perf_counter()
            answer = await http.post(path, json=sent)
            times[there].append((time.perf_counter() - started) * 1000)
            assert answer.status_code in (202, 401), answer.text
    medians = {there: statistics.median(values) for there, values in times.items()}
    return {
        "known_ms": round(medians[True], 2),
        "unknown_ms": round(medians[False], 2),
        "differ_ms": round(abs(medians[True] - medians[False]), 2),
        "p": round(mann_whitney(times[True], times[False]), 4),
    }


async def measure(port: int, env: dict[str, str], count: int) -> dict[str, Any]:
    database = await asyncpg.connect(env["DATABASE_URL"])
    redis = Redis.from_url(env["REDIS_URL"])
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as http:
        known = [f"person{number:06}@example.com" for number in range(count)]
        for address in known:
            await forget(database, redis)
            body = {"email": address, "password": PASSWORD}
            (await http.post("/api/auth/register", json=body)).raise_for_status()
        results = {
            "login": await compare(
                http,
                database,
                redis,
                "/api/auth/login",
                lambda address: {"email": address, "password": "not the password"},
                known,
            ),
            "reset": await compare(
                http,
                database,
                redis,
                "/api/auth/password-reset",
                lambda address: {"email": address},
                known,
            ),
            "register": await compare(
                http,
                database,
                redis,
                "/api/auth/register",
                lambda address: {"email": address, "password": PASSWORD},
                known,
            ),
        }
    await database.close()
    await redis.aclose()
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with (
        servers() as env,
        serving(
            "uploadm8.app:create_app",
            env | {"EMAIL_VERIFICATION": "required", "APP_ENV": "development"},
            workers=1,
        ) as port,
    ):
        results = asyncio.run(measure(port, env, given.count))
    for name, row in results.items():
        print(f"{name:8}", "  ".join(f"{key} {value}" for key, value in row.items()))
    if given.json:
        print(json.dumps(results))


if __name__ == "__main__":
    main()
