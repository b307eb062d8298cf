"""Overview and key figures of a workspace with a million posts, with the ratio to counting rows.

python benchmarks/analytics.py [--posts 1000000] [--repeats 20] [--json]
"""

import argparse
import asyncio
import json
import statistics
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import psutil

from served import servers, serving
from uploadm8.api.ranges import Range
from uploadm8.domain.publishing.cohorts import Cohort
from uploadm8.domain.publishing.rollups.counting import created_sql, posts_sql, uploads_sql
from uploadm8.domain.publishing.rollups.keeping import roll_up
from uploadm8.domain.publishing.rollups.tables import DayRollup
from uploadm8.infra.db.engine import DB

DAYS = 730
POSTS_PER_UPLOAD = 2.5
PASSWORD = "a quiet morning drive"

# Made in bulk, without triggers and foreign keys; the days are marked afterwards.
_FILL = """
    SET session_replication_role = replica;
    INSERT INTO connected_accounts (id, workspace, platform, external_id, state)
        SELECT gen_random_uuid(), $W,
            (ARRAY['tiktok', 'youtube', 'instagram', 'facebook'])[1 + n % 4], n::text, 'active'
        FROM generate_series(1, 40) n;
    CREATE TEMP TABLE numbered AS
        SELECT id, platform, row_number() OVER (ORDER BY id) - 1 AS n
        FROM connected_accounts WHERE workspace = $W;
    CREATE TEMP TABLE made AS
        SELECT n, gen_random_uuid() AS id, now() - interval '1 day' * $D * (n + random()) / $U AS at
        FROM generate_series(0, $U - 1) n;
    INSERT INTO uploads (id, workspace, filename, content_type, size_bytes, state, object_key,
            created_at)
        SELECT id, $W, 'clip.mp4', 'video/mp4', 1000000, 'ready', id::text, at FROM made;
    INSERT INTO publications (id, workspace, upload, account, platform, state, accepted_at,
            published_at, error_class, error_code, slot, caption)
        SELECT gen_random_uuid(), $W, m.id, a.id, a.platform, s.state, s.at,
            CASE s.state WHEN 'published' THEN
                s.at + interval '1 s' * (20 - 90 * ln(random() + 1e-9)) END,
            CASE s.state WHEN 'failed' THEN 'permanent_media' END,
            CASE s.state WHEN 'failed' THEN 'too_long' END, i, repeat('a caption ', 30)
        FROM generate_series(0, $P - 1) i JOIN made m ON m.n = i % $U
        JOIN numbered a ON a.n = (i * 7 + i / $U) % 40
        CROSS JOIN LATERAL (SELECT i AS each,
            CASE WHEN random() < 0.01 THEN m.at + interval '2 days' ELSE m.at END AS at,
            CASE WHEN random() < 0.92 THEN 'published' WHEN random() < 0.7 THEN 'failed'
                ELSE 'canceled' END AS state) s;
    INSERT INTO publication_metrics (id, publication, pull, at, views, likes, comments, shares)
        SELECT gen_random_uuid(), id, 0, published_at + interval '1 day', random() * 10000,
            random() * 500, random() * 50, random() * 20
        FROM publications WHERE state = 'published';
    INSERT INTO rollup_marks (workspace, day)
        SELECT DISTINCT $W, (accepted_at AT TIME ZONE 'UTC')::date FROM publications
        UNION SELECT DISTINCT $W, (created_at AT TIME ZONE 'UTC')::date FROM uploads;
    ANALYZE;
"""
# A life goes on: posts of the last two years change while the figures are asked for.
_STIR = (
    "UPDATE publications SET state='failed' WHERE ctid = ANY(SELECT ctid FROM publications LIMIT 5)"
)

QUESTIONS = {
    "overview, 30 days": "/api/analytics/overview?days=30",
    "overview, 730 days": "/api/analytics/overview?days=730",
    "overview, a platform": "/api/analytics/overview?days=365&platform=tiktok",
    "summary, 30 days": "/api/kpi/summary?days=30&platform=&status=",
    "summary, 730 days": "/api/kpi/summary?days=730",
    "summary, a platform": "/api/kpi/summary?days=365&platform=tiktok",
}


async def fill(url: str, workspace: UUID, posts: int) -> None:
    connection = await asyncpg.connect(url)
    names = {
        "$W": f"'{workspace}'::uuid",
        "$P": str(posts),
        "$U": str(int(posts / POSTS_PER_UPLOAD)),
        "$D": str(DAYS),
    }
    statements = _FILL
    for name, value in names.items():
        statements = statements.replace(name, value)
    await connection.execute(statements, timeout=1800)
    await connection.close()


async def timed(repeats: int, ask: Callable[[], Awaitable[object]]) -> dict[str, float]:
    """p50 and p95 in ms; the first, which finds cold caches, is left out."""
    await ask()
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        await ask()
        times.append((time.perf_counter() - started) * 1000)
    cuts = statistics.quantiles(times, n=20)
    return {"p50_ms": round(statistics.median(times), 1), "p95_ms": round(cuts[18], 1)}


async def count_rows(workspace: UUID, days: int, *, overview: bool) -> None:
    """What an answer would take without rollups: the same SQL over all the rows."""
    end = datetime.now(UTC)
    cohort = Cohort(Range(end - timedelta(days=days), end, "UTC"), workspace)
    where, args = cohort.within()
    await DayRollup.raw(posts_sql(where), *args)
    if overview:
        begun = "u.workspace={} AND u.created_at >= {} AND u.created_at < {}"
        await DayRollup.raw(created_sql(begun, "true", chosen=False), *args, *args)
    else:
        await DayRollup.raw(uploads_sql(where), *args)


async def export_all(http: httpx.AsyncClient, process: psutil.Process) -> dict[str, float]:
    """The whole raw export: rows per second, and how far the server's memory rose."""

    def memory() -> float:
        return sum(float(p.memory_info().rss) for p in process.children(recursive=True)) / 2**20

    before = peak = memory()
    started, lines = time.perf_counter(), 0
    async with http.stream("GET", f"/api/kpi/raw?days={DAYS}") as answer:
        answer.raise_for_status()
        async for piece in answer.aiter_bytes():
            lines += piece.count(b"\n")
            peak = max(peak, memory()) if lines % 97 == 0 else peak
    took = time.perf_counter() - started
    return {
        "rows": lines - 1,
        "rows_per_s": round(lines / took),
        "grew_mib": round(peak - before, 1),
    }


async def measure(port: int, env: dict[str, str], posts: int, repeats: int) -> dict[str, Any]:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=900) as http:
        body = {"email": "bench@example.com", "password": PASSWORD}
        token = (await http.post("/api/auth/register", json=body)).json()["access_token"]
        http.headers["Authorization"] = f"Bearer {token}"
        workspace = UUID((await http.get("/api/auth/me")).json()["workspace_id"])
        await fill(env["DATABASE_URL"], workspace, posts)
        DB.configure(env["DATABASE_URL"], statement_timeout_s=900)
        await DB.open(2)
        await DB.rows(
            "INSERT INTO entitlement_grants (id, workspace, tier, reason)"
            " VALUES (gen_random_uuid(), $1, 'agency', 'benchmark')",
            workspace,
        )
        started, days = time.perf_counter(), 0
        while counted := await roll_up():
            days += counted
        results: dict[str, Any] = {
            "roll_up": {
                "days": days,
                "days_per_s": round(days / (time.perf_counter() - started), 1),
            }
        }
        await DB.rows(_STIR)
        for name, path in QUESTIONS.items():

            async def ask(path: str = path) -> None:
                (await http.get(path)).raise_for_status()

            results[name] = await timed(repeats, ask)
        for days in (30, DAYS):
            for kind, overview in (("overview", True), ("summary", False)):
                rows = await timed(3, partial(count_rows, workspace, days, overview=overview))
                mine = results[f"{kind}, {days} days"]
                mine["rows_p50_ms"] = rows["p50_ms"]
                mine["ratio"] = round(mine["p50_ms"] / rows["p50_ms"], 3)
        results["export"] = await export_all(http, psutil.Process())
        await DB.close()
        return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with servers() as env, serving("uploadm8.app:create_app", env, workers=1) as port:
        results = asyncio.run(measure(port, env, given.posts, given.repeats))
    for name, row in results.items():
        print(f"{name:24}", "  ".join(f"{key} {value}" for key, value in row.items()))
    if given.json:
        print(json.dumps(results))


if __name__ == "__main__":
    main()
