"""How fast posts go out: beside the bytes' own time, on their minute, and out of a crowd.

python benchmarks/publishing.py [--crowd 10000] [--json]

The whole stack runs on this machine, platforms included, so that they share its processors. The
crowd is due in one minute on forty accounts, each of which posts once a second at most; Facebook's
may post 100 times a day.
"""

import argparse
import asyncio
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg

from uploadm8.dev.soak import Soak
from uploadm8.dev.soak_faults import ENV
from uploadm8.dev.stack import running_stack, wait_until_ready

REPEATS = 8
PATIENCE_S = 480.0
TIMED = 40
FACEBOOK_A_DAY = 100
SPACING_S = 1.0
ACCOUNTS = 10  # of each platform
LIKE = {  # whom the further accounts resemble: party and short name
    "tiktok": ("tiktok", "apex"),
    "youtube": ("google", "tour"),
    "instagram": ("meta", "bert"),
    "facebook": ("meta", "bert"),
}
PACE = {"ACCOUNT_DAILY_CAPS": f"facebook={FACEBOOK_A_DAY}"}
NOTHING_TO_DO = "publishing.release"  # of an upload that does not exist: over at once
QUICK = dict.fromkeys(
    (
        "tiktok_processing_s",
        "youtube_processing_s",
        "instagram_processing_s",
        "facebook_processing_s",
    ),
    0,
)

_CROWD = """
    INSERT INTO publications (id, workspace, upload, account, rendition, created_by, platform, slot,
        state, caption, options, consent, schedule_mode, time_zone, publish_at, bytes_total, accepted_at)
    SELECT gen_random_uuid(), p.workspace, p.upload, a.id, p.rendition, p.created_by,
        p.platform, 100000 + n, 'scheduled', p.caption, p.options, p.consent, 'at', 'UTC',
        now() + make_interval(secs => 20 + n % 60), p.bytes_total, now()
    FROM publications p JOIN connected_accounts a ON a.platform = p.platform
        AND a.workspace = p.workspace, generate_series(1, $1::int) n WHERE p.id = ANY($2::uuid[])
"""
_SETTLED = """
    SELECT count(*) AS n FROM publications WHERE slot > 100000 AND
        (state = 'published' OR error_code = 'account_daily_cap')
"""
_MOST_A_DAY = """
    SELECT COALESCE(max(n), 0) AS n FROM (SELECT count(*) AS n FROM publications
        WHERE platform = 'facebook' AND first_commit_at IS NOT NULL GROUP BY account) each
"""
# The turn is taken within the transaction whose beginning first_commit_at tells.
_TOO_CLOSE = """
    SELECT count(*) AS n FROM (SELECT first_commit_at - lag(first_commit_at) OVER (
        PARTITION BY account ORDER BY first_commit_at) AS gap FROM publications
        WHERE slot > 100000) gaps WHERE gap < make_interval(secs => $1::float8 - 0.25)
"""
_CROWD_JOBS = """
    INSERT INTO jobs (id, kind, queue, priority, workspace_id, ref_id, lane, args, state, run_at,
        attempts, crashes, lease_epoch, cancel_requested, created_at, timeout_s)
    SELECT gen_random_uuid(), 'publishing.publish', 'jobs', 0, workspace, id, account, '{}',
        'queued', publish_at, 0, 0, 0, false, now(), 7200
    FROM publications WHERE slot > 100000
"""
_NOTHING = """
    INSERT INTO jobs (id, kind, queue, priority, ref_id, args, state, run_at, attempts, crashes,
        lease_epoch, cancel_requested, created_at)
    SELECT gen_random_uuid(), $1, 'light', 0, gen_random_uuid(), '{}', 'queued', now(), 0, 0, 0,
        false, now() FROM generate_series(1, $2::int)
"""


class Bench:
    """One running stack, measured by its rows."""

    def __init__(self, soak: Soak, first: list[str]) -> None:
        self.soak, self.first = soak, first

    def sql(self, statement: str, *values: Any) -> list[asyncpg.Record]:
        async def run() -> list[asyncpg.Record]:
            connection = await asyncpg.connect(self.soak.stack.env["DATABASE_URL"])
            try:
                return list(await connection.fetch(statement, *values))
            finally:
                await connection.close()

        return asyncio.run(run())

    def overhead(self) -> dict[str, Any]:
        """Seconds from acceptance to public, four targets at a time; the file is a few 100 kB."""
        made = []
        for _ in range(REPEATS):
            one = self.soak.post(self.first, 1)
            self.finished(one, 120)
            made += one
        rows = self.sql(
            "SELECT platform, percentile_cont(0.5) WITHIN GROUP (ORDER BY"
            " extract(epoch FROM published_at - accepted_at))::float8 AS s FROM publications"
            " WHERE id = ANY($1::uuid[]) GROUP BY platform",
            made,
        )
        return {row["platform"]: round(row["s"], 3) for row in rows}

    def lateness(self) -> dict[str, Any]:
        """Seconds from a post's time to its first commit call, with little else to do."""
        made = self.soak.post_at(self.first, TIMED // 4, timedelta(seconds=60), 40.0)
        self.finished(made, 300)
        late = sorted(row["late_s"] for row in self.soak.rows() if str(row["id"]) in set(made))
        return {"p50_s": rank(late, 0.5), "p99_s": rank(late, 0.99), "posts": len(late)}

    def dispatcher(self, jobs: int = 2000) -> dict[str, Any]:
        """Jobs a second through bell, claim and outcome, when there is nothing to do in them."""
        started = time.perf_counter()
        self.sql(_NOTHING, NOTHING_TO_DO, jobs)
        left = "SELECT count(*) AS n FROM jobs WHERE kind = $1 AND state <> 'succeeded'"
        while self.sql(left, NOTHING_TO_DO)[0]["n"]:
            time.sleep(0.2)
        return {"jobs_per_s": round(jobs / (time.perf_counter() - started))}

    def connect_more(self) -> None:
        """Connect further accounts of every platform."""
        consent = f"{self.soak.stack.sandbox_url}/_sandbox/consent"
        for platform, (party, like) in LIKE.items():
            for number in range(1, ACCOUNTS):
                one = {"party": party, "account": f"{platform}{number}", "like": like}
                self.soak.sandbox("POST", "accounts", one)
                self.soak.client.connect(platform, consent, one["account"])

    def crowd(self, posts: int) -> dict[str, Any]:
        """Many posts due in one minute: how long they take, and what the API does meanwhile."""
        self.connect_more()
        self.soak.kill_workers()
        self.soak.stack.start_worker(env={"ACCOUNT_SPACING_SECONDS": str(SPACING_S)})
        each = posts // (ACCOUNTS * len(LIKE))
        posts = each * ACCOUNTS * len(LIKE)
        self.sql(_CROWD, each, self.first)
        self.sql(_CROWD_JOBS)
        answers, settled = [], 0
        started = time.perf_counter()
        while settled < posts and time.perf_counter() - started < PATIENCE_S:
            asked = time.perf_counter()
            self.soak.client.call("GET", "/api/uploads?limit=20")
            answers.append((time.perf_counter() - asked) * 1000)
            settled = self.sql(_SETTLED)[0]["n"]
            time.sleep(0.3)
        seconds = time.perf_counter() - started - 20
        verdict = self.soak.verdict()
        return {
            "posts": posts,
            "settled": settled,
            "seconds": round(seconds, 1),
            "per_s": round(settled / max(1.0, seconds), 1),
            "most_on_a_facebook_page_of_100_allowed": self.sql(_MOST_A_DAY)[0]["n"],
            "closer_than_spacing": self.sql(_TOO_CLOSE, SPACING_S)[0]["n"],
            "doubles": verdict["doubles"],
            "wrong": verdict["wrong"],
            "api_p50_ms": rank(sorted(answers), 0.5),
            "api_p99_ms": rank(sorted(answers), 0.99),
        }

    def finished(self, ids: list[str], patience_s: float) -> None:
        deadline = time.monotonic() + patience_s
        while not self.soak.over(ids):
            if time.monotonic() > deadline:
                raise TimeoutError("posts did not come to an end")
            time.sleep(0.2)


def rank(ordered: Sequence[float], share: float) -> float:
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--crowd", type=int, default=10_000)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    os.environ.update(ENV | PACE)
    home = Path(tempfile.mkdtemp(prefix="um8bench"))
    home.chmod(0o755)
    with running_stack(home) as stack:
        wait_until_ready(stack.api_url)
        soak = Soak(stack, random.Random(1))
        bench = Bench(soak, soak.begin(home))
        soak.sandbox("PUT", "config", QUICK)
        results: dict[str, Any] = {}
        for name, measure in (
            ("accepted_to_public_s", bench.overhead),
            ("late", bench.lateness),
            ("dispatcher", bench.dispatcher),
            ("crowd", lambda: bench.crowd(asked.crowd)),
        ):
            results[name] = measure()
            print(name, json.dumps(results[name]), file=sys.stderr, flush=True)
    print(json.dumps(results) if asked.json else json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
