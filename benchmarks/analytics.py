"""Figures of a million posts: analytics, key figures, the administrators' overview, the export.

python benchmarks/analytics.py [--posts 1000000] [--people 1000000] [--repeats 40] [--explain] [--json]

One workspace has a million posts of two years, 300 others have 30 each; of a million more people one
in twenty pays. `ratio` is the median of an answer over what counting the same figures from the rows
alone takes.
"""

import argparse
import asyncio
import json
import statistics
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import psutil

from explained import explain
from made_people import fill_people
from made_posts import DAYS, fill
from served import servers, serving
from uploadm8.api.ranges import Range
from uploadm8.domain.admin.figures import Figures
from uploadm8.domain.kpi.service import Kpis
from uploadm8.domain.publishing.cohorts import Cohort
from uploadm8.domain.publishing.rollups.counting import (
    Level,
    Part,
    Span,
    arguments,
    counted_sql,
)
from uploadm8.domain.publishing.rollups.keeping import BATCH, roll_up, roll_up_long
from uploadm8.domain.publishing.rollups.tables import EVERYONE
from uploadm8.infra.db.engine import DB

PASSWORD = "a quiet morning drive"
FIGURES = Figures(Kpis())  # asked without HTTP, which allows ten requests a minute with a key
RANGES = (30, 90, 365, DAYS)
OVERVIEW = {Part.FIGURES, Part.CREATED}
SUMMARY = {Part.FIGURES, Part.LATENCY, Part.SLOTS, Part.ERRORS, Part.UPLOADS}
# A life goes on: some posts have changed since their days were counted.
_STIR = (
    "UPDATE publications SET state='failed' WHERE id IN (SELECT id FROM publications {} LIMIT 5)"
)
_STIRRED = ("", "WHERE accepted_at > now() - interval '9 days'")


def questions(account: UUID) -> dict[str, tuple[str, set[Part] | None, int, bool]]:
    """Name to path, what counting it from rows takes, days, and whether it is of everyone."""
    asked: dict[str, tuple[str, set[Part] | None, int, bool]] = {}
    for days in RANGES:
        query = f"days={days}"
        asked |= {
            f"overview, {days} d": (f"/api/analytics/overview?{query}", OVERVIEW, days, False),
            f"summary, {days} d": (f"/api/kpi/summary?{query}", SUMMARY, days, False),
            f"admin overview, {days} d": (
                f"/api/admin/overview?{query}",
                OVERVIEW | SUMMARY,
                days,
                True,
            ),
            f"admin global, {days} d": (f"/api/admin/kpi/global?{query}", SUMMARY, days, True),
        }
    zone = "time_zone=Asia/Kathmandu"
    for name, path in {
        "summary, a platform": f"/api/kpi/summary?days={DAYS}&platform=tiktok",
        "summary, an account": f"/api/kpi/summary?days={DAYS}&account_id={account}",
        "summary, failed ones": f"/api/kpi/summary?days={DAYS}&status=failed",
        "overview, an account": f"/api/analytics/overview?days={DAYS}&account_id={account}",
        "series by days, 90 d": f"/api/analytics/timeseries?days=90&bucket=day&{zone}",
        "series by weeks, 730 d": f"/api/analytics/timeseries?days={DAYS}&bucket=week&{zone}",
        "best times, 90 d": f"/api/analytics/best-times?days=90&{zone}",
        "best times, 730 d": f"/api/analytics/best-times?days={DAYS}&{zone}",
    }.items():
        asked[name] = (path, None, 0, False)
    return asked


async def timed(repeats: int, ask: Callable[[], Awaitable[object]]) -> dict[str, float]:
    """p50 and p95 in ms; the first two, which find cold caches and plans, are left out."""
    await ask()
    await ask()
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        await ask()
        times.append((time.perf_counter() - started) * 1000)
    cuts = statistics.quantiles(times, n=20)
    return {"p50_ms": round(statistics.median(times), 1), "p95_ms": round(cuts[18], 1)}


async def count_rows(workspace: UUID, parts: set[Part], days: int, *, everyone: bool) -> float:
    """Milliseconds that the same figures take from the rows alone."""
    end = datetime.now(UTC)
    start = end - timedelta(days=days)
    span = Span(EVERYONE if everyone else workspace, start.date(), start, end)
    sql = counted_sql(sorted(parts), [Level.ALL, Level.PLATFORM], everyone=everyone)
    started = time.perf_counter()
    await DB.rows(sql, *arguments([span]))
    return (time.perf_counter() - started) * 1000


async def roll_up_all() -> dict[str, float]:
    """Count everything as the jobs do."""
    started, days, long = time.perf_counter(), 0, 0
    while counted := await roll_up():
        days += counted
    days_took, started = time.perf_counter() - started, time.perf_counter()
    while counted := await roll_up_long(datetime.now(UTC).date()):
        long += counted
        if counted < BATCH:
            break
    long_took = time.perf_counter() - started
    return {"days": days, "s": round(days_took, 1), "long": long, "long_s": round(long_took, 1)}


def server_process() -> psutil.Process:
    """The process that serves the API."""
    return next(
        child for child in psutil.Process().children() if "uvicorn" in " ".join(child.cmdline())
    )


async def export(http: httpx.AsyncClient, workspace: UUID, rows: int) -> dict[str, float]:
    """A raw export of about so many rows: rows per second, and the server's highest memory."""
    process = server_process()
    total = (await DB.rows("SELECT count(*) FROM publications WHERE workspace=$1", workspace))[0][0]
    start = datetime.now(UTC) - timedelta(days=DAYS) * min(rows / total, 1)
    peak, lines, pieces = process.memory_info().rss, 0, 0
    started = time.perf_counter()
    query = {"start": start.isoformat(), "end": datetime.now(UTC).isoformat()}
    async with http.stream("GET", "/api/kpi/raw", params=query) as answer:
        answer.raise_for_status()
        async for piece in answer.aiter_bytes():
            lines, pieces = lines + piece.count(b"\n"), pieces + 1
            peak = max(peak, process.memory_info().rss)
    took = time.perf_counter() - started
    return {
        "rows": lines - 1,
        "rows_per_s": round(lines / took),
        "highest_rss_mib": round(peak / 2**20, 1),
    }


async def measure(
    port: int, url: str, posts: int, people: int, repeats: int, *, explaining: bool
) -> dict[str, Any]:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=600) as http:
        body = {"email": "bench@example.com", "password": PASSWORD}
        token = (await http.post("/api/auth/register", json=body)).json()["access_token"]
        http.headers["Authorization"] = f"Bearer {token}"
        workspace = UUID((await http.get("/api/auth/me")).json()["workspace_id"])
        started = time.perf_counter()
        account = await fill(url, workspace, posts)
        results: dict[str, Any] = {"fill": {"s": round(time.perf_counter() - started, 1)}}
        DB.configure(url, statement_timeout_s=300)
        await DB.open(2)
        await fill_people(people)
        results["roll_up"] = await roll_up_all()
        await DB.rows("ANALYZE rollups")
        await DB.rows("ANALYZE rollup_marks")
        for which in _STIRRED:
            await DB.rows(_STIR.format(which))
        report(results)
        for name, (path, parts, days, everyone) in questions(account).items():

            async def over_http(path: str = path) -> None:
                (await http.get(path)).raise_for_status()

            async def called(path: str = path, days: int = days) -> None:
                end = datetime.now(UTC)
                everyone = Cohort(Range(end - timedelta(days=days), end, "UTC"))
                await (FIGURES.overview if "overview" in path else FIGURES.everyone)(everyone)

            results[name] = await timed(repeats, called if everyone else over_http)
            if parts:
                rows = await count_rows(workspace, parts, days, everyone=everyone)
                results[name] |= {
                    "rows_ms": round(rows),
                    "ratio": round(results[name]["p50_ms"] / rows, 4),
                }
            report({name: results[name]})
        if explaining:
            await explain(workspace, account)
        for rows in (1000, 1000, posts):
            name = f"export, {rows}"
            results[name] = await export(http, workspace, rows)
            report({name: results[name]})
        await DB.close()
        return results


def report(results: dict[str, Any]) -> None:
    for name, row in results.items():
        print(f"{name:24}", "  ".join(f"{key} {value}" for key, value in row.items()), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=1_000_000)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=40)
    parser.add_argument("--explain", action="store_true", help="print how PostgreSQL answers")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with servers() as env, serving("uploadm8.app:create_app", env, workers=1) as port:
        results = asyncio.run(
            measure(
                port,
                env["DATABASE_URL"],
                given.posts,
                given.people,
                given.repeats,
                explaining=given.explain,
            )
        )
    if given.json:
        print(json.dumps(results))


if __name__ == "__main__":
    main()
