"""Requests per second and latency of the API, two workers, PostgreSQL and Valkey on this machine.

python benchmarks/api.py [--seconds 4] [--json]
"""

import argparse
import asyncio
import json
from functools import partial
from itertools import cycle
from typing import Any
from uuid import uuid4

import asyncpg
import httpx

from http_load import load, request
from served import servers, serving

PASSWORD = "a quiet morning drive"
PEOPLE = 56  # one address may register 60 in an hour
ROUNDS = 5
OURS, BY_HAND, UNLIMITED = "list of 20", "the same by hand", "by hand without limiter"
Results = dict[str, dict[str, Any]]


async def people(port: int, count: int) -> list[dict[str, Any]]:
    """Register users."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as http:
        users = []
        for number in range(count):
            email = f"user{number}-{uuid4().hex[:6]}@example.com"
            got = await http.post("/api/auth/register", json={"email": email, "password": PASSWORD})
            got.raise_for_status()
            users.append({"email": email, **got.json()})
        return users


async def fill(database_url: str, email: str) -> None:
    """Give a user's workspace 30 uploads, and everybody the tier with the most."""
    connection = await asyncpg.connect(database_url)
    await connection.execute(
        "INSERT INTO uploads (id, workspace, created_by, filename, content_type, size_bytes, state, object_key)"
        " SELECT gen_random_uuid(), m.workspace, u.id, 'clip.mp4', 'video/mp4', 1000000, 'ready',"
        " gen_random_uuid()::text"
        ' FROM users u JOIN memberships m ON m."user"=u.id, generate_series(1, 30) WHERE u.email=$1',
        email,
    )
    await connection.execute(
        "INSERT INTO entitlement_grants (id, workspace, tier, reason)"
        " SELECT gen_random_uuid(), m.workspace, 'agency', 'benchmark' FROM memberships m"
    )
    await connection.close()


async def measure(
    port: int, by_hand: dict[str, int], env: dict[str, str], seconds: float
) -> Results:
    users = await people(port, PEOPLE)
    await fill(env["DATABASE_URL"], users[0]["email"])
    token = users[0]["access_token"]
    listing = request("GET", "/api/uploads?limit=20", token)
    results = {"health": await load(port, lambda _: request("GET", "/healthz"), seconds)}
    asked = {OURS: (port, listing)}
    asked |= {name: (other, request("GET", "/", token)) for name, other in by_hand.items()}
    results |= await in_turns(asked, seconds / 2)
    refresh = [
        request("POST", "/api/auth/refresh", "", {"refresh_token": u["refresh_token"]})
        for u in users
    ]
    login = [
        request("POST", "/api/auth/login", "", {"email": u["email"], "password": PASSWORD})
        for u in users
    ]
    new = {"filename": "a.mp4", "content_type": "video/mp4", "size_bytes": 1000}
    # Each workspace has room for so many uploads that wait for their bytes; hence many of them.
    presign = cycle(
        [request("POST", "/api/uploads/presign", u["access_token"], new) for u in users]
    )
    results["refresh"] = await load(port, lambda n: refresh[n], seconds)
    results["presign"] = await load(port, lambda _: next(presign), seconds)
    storm = asyncio.create_task(load(port, lambda n: login[n], seconds))
    results["list of 20 during a login storm"] = await load(port, lambda _: listing, seconds, 8)
    results["login"] = await storm
    return results


async def in_turns(asked: dict[str, tuple[int, bytes]], seconds: float) -> Results:
    """Each at its port, in turns, so that a busy moment hits all; of each its median round."""
    rounds: dict[str, list[dict[str, Any]]] = {name: [] for name in asked}
    for _ in range(ROUNDS):
        for name, (port, ask) in asked.items():
            rounds[name].append(await load(port, partial(_always, ask), seconds))
    return {
        name: sorted(rows, key=lambda row: float(row["rps"]))[ROUNDS // 2]
        for name, rows in rounds.items()
    }


def _always(ask: bytes, _: int) -> bytes:
    return ask


def ratio(results: Results, other: str) -> dict[str, float]:
    """Ours to another, in requests per second and in processor time per request."""
    ours, theirs = results[OURS], results[other]
    return {
        "by_rps": round(ours["rps"] / theirs["rps"], 3),
        "by_cpu": round(theirs["cpu_ms"] / ours["cpu_ms"], 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with servers() as env:
        with serving("benchmarks.bare:bare", env) as port:
            bare = asyncio.run(load(port, lambda _: request("GET", "/"), given.seconds))
        with (
            serving("uploadm8.app:create_app", env) as port,
            serving("benchmarks.bare:by_hand", env) as by_hand,
            serving("benchmarks.bare:by_hand_unlimited", env) as unlimited,
        ):
            others = {BY_HAND: by_hand, UNLIMITED: unlimited}
            results = asyncio.run(measure(port, others, env, given.seconds))
    results = {"bare Litestar handler": bare, **results}
    for name, row in results.items():
        print(
            f"{name:34} {row['rps']:>8} req/s  p50 {row['p50_ms']:>7} ms  p99 {row['p99_ms']:>7} ms"
            f"  cpu {row['cpu_ms']:>7} ms  {row['statuses']}"
        )
    ratios = {
        "list_ratio": ratio(results, BY_HAND),
        "list_ratio_without_limiter_by_hand": ratio(results, UNLIMITED),
    }
    print("authenticated list, with the limiter, to that by hand:", ratios)
    if given.json:
        print(json.dumps({"results": results, **ratios}))


if __name__ == "__main__":
    main()
