"""How soon a running render obeys, on a live stack: cancel, SIGTERM, deadline, full disk; and what it tells.

    python benchmarks/render_job.py [--runs 5] [--small-disk DIR] [--json]

- cancel: from the request to the child gone and its folder gone (goal 2 s).
- SIGTERM: from the signal to the worker gone (goal 25 s), and what the next worker makes again of
  the segments that were whole (goal none).
- deadline: how long after its limit a render's child still lives.
- disk: with `--small-disk`, a folder on a disk of less than 2 GiB, that no child is started there.
- progress: how old what is told is (goal 1 s), and how far the time left is off, at each tenth.
`--json` ends with one JSON line.
"""

import argparse
import asyncio
import json
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg

from footage import clip
from live import live, send, stop_workers
from told import Told
from uploadm8.dev.processes import Process
from uploadm8.dev.rest_client import RestClient
from uploadm8.dev.stack import Stack

SECONDS = 30
LIMIT_S = 15.0  # enough to look into the film, and too little to render it
LONG = {"RENDER_SPLIT_SECONDS": "5"}  # so that it is rendered in segments that outlive a worker
_NO_ALLOWANCE = """CREATE FUNCTION no_allowance() RETURNS trigger AS
    'BEGIN NEW.allowance_s := 0; RETURN NEW; END' LANGUAGE plpgsql"""  # for a render's length
Figures = dict[str, list[float]]


@dataclass
class Bench:
    """A live stack with one user and one film."""

    stack: Stack
    client: RestClient
    film: Path
    log: Path
    figures: Figures = field(default_factory=dict)

    def note(self, name: str, value: float) -> None:
        """Keep one measured value."""
        self.figures.setdefault(name, []).append(round(value, 3))
        print(f"{name:42} {value:8.2f}", flush=True)

    def worker(self, **env: str) -> Process:
        """Another worker in the place of all there are."""
        stop_workers(self.stack)
        return self.stack.start_worker(env=env)

    def folder(self, upload: str) -> Path:
        """Where a worker works on an upload."""
        return Path(self.stack.env["SCRATCH_DIR"]) / upload

    def rendering(self, upload: str) -> None:
        """Wait until its pictures move."""
        wait(lambda: self.detail(upload)["progress"] > 0, 120, 0.2)

    def detail(self, upload: str) -> dict[str, Any]:
        found: dict[str, Any] = self.client.call("GET", f"/api/uploads/{upload}")
        return found

    def sql(self, query: str, *values: object) -> list[dict[str, Any]]:
        """Ask the database."""

        async def ask() -> list[dict[str, Any]]:
            connection = await asyncpg.connect(self.stack.env["DATABASE_URL"])
            try:
                return [dict(row) for row in await connection.fetch(query, *values)]
            finally:
                await connection.close()

        return asyncio.run(ask())

    def job(self, upload: str) -> dict[str, Any]:
        kind = "renditions.render"
        return self.sql("SELECT * FROM jobs WHERE ref_id=$1::uuid AND kind=$2", upload, kind)[0]


def main() -> None:
    """Measure all of it on one stack."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", nargs="*", choices=["canceled", "terminated", "overdue"])
    parser.add_argument("--small-disk", type=Path)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with live(SECONDS) as (stack, client, log):
        bench = Bench(stack, client, clip(SECONDS), log)
        for proof in (canceled, terminated, overdue):
            if not args.only or proof.__name__ in args.only:
                proof(bench, args.runs)
        if args.small_disk:
            without_room(bench, args.small_disk)
    medians = {name: statistics.median(values) for name, values in bench.figures.items()}
    for name, value in medians.items():
        worst = max(bench.figures[name])
        print(f"{name:42} median {value:8.2f}   worst {worst:8.2f}")
    if args.json:
        print(json.dumps({"medians": medians, "all": bench.figures}))


def canceled(bench: Bench, runs: int) -> None:
    """Cancel renders under way."""
    bench.worker(**LONG)
    for _ in range(runs):
        cancel(bench)


def cancel(bench: Bench) -> None:
    upload = send(bench.client, bench.film, bench.log)
    bench.rendering(upload)
    folder, began = bench.folder(upload), time.monotonic()
    bench.client.call("POST", f"/api/uploads/{upload}/cancel")
    bench.note("cancel answered after, s", time.monotonic() - began)
    wait(lambda: not children(folder), 30)
    bench.note("canceled child gone after, s", time.monotonic() - began)
    wait(lambda: not folder.exists(), 30)
    bench.note("canceled render's folder gone after, s", time.monotonic() - began)


def terminated(bench: Bench, runs: int) -> None:
    """End the worker again and again within one render, then see it finished."""
    worker = bench.worker(**LONG)
    upload = send(bench.client, bench.film, bench.log)
    segments = bench.folder(upload) / "segments"
    wait(lambda: bool(made(segments)), 120)
    for _ in range(runs):
        time.sleep(1)  # somewhere within a segment
        whole = made(segments)
        began = time.monotonic()
        worker.stop(60)
        bench.note("worker gone after SIGTERM, s", time.monotonic() - began)
        if children(bench.folder(upload)):
            sys.exit("a child outlived its worker")
        worker = bench.worker(**LONG)
        began = time.monotonic()
        wait(lambda: bool(children(bench.folder(upload))), 60)
        bench.note("render goes on after a start, s", time.monotonic() - began)
        again = sum(made(segments).get(name) != stamp for name, stamp in whole.items())
        bench.note("whole segments made again", again)
    told = Told(bench.client, upload)
    told.until_ready()
    job = bench.job(upload)
    if (bench.detail(upload)["state"], job["attempts"], job["crashes"]) != ("ready", 1, 0):
        sys.exit(f"the interrupted render ended otherwise than it should: {job}")
    bench.note("longest silence of progress, s", told.longest_silence_s())
    for share, off in told.errors_s():
        bench.note(f"time left is off at {share:.1f}, s", off)


def overdue(bench: Bench, runs: int) -> None:
    """Let renders run into their limit."""
    bench.worker(JOB_TIMEOUT_SECONDS=str(int(LIMIT_S)))
    bench.sql(_NO_ALLOWANCE)
    bench.sql(
        "CREATE TRIGGER no_allowance BEFORE INSERT ON jobs"
        " FOR EACH ROW EXECUTE FUNCTION no_allowance()"
    )
    for _ in range(runs):
        run_over(bench)
    bench.sql("DROP TRIGGER no_allowance ON jobs")


def run_over(bench: Bench) -> None:
    upload = send(bench.client, bench.film, bench.log)
    folder = bench.folder(upload)
    wait(lambda: renders(bench, upload), 60)
    began = time.monotonic()
    wait(lambda: bool(children(folder)), 60)
    wait(lambda: not children(folder), 60)
    bench.note("child gone after its limit, s", time.monotonic() - began - LIMIT_S)
    wait(lambda: bench.job(upload)["state"] == "queued", 10)
    job = bench.job(upload)
    if (job["error_code"], job["attempts"]) != ("job_timeout", 1):
        sys.exit(f"a deadline that does not hold: {job}")
    bench.client.call("POST", f"/api/uploads/{upload}/cancel")


def renders(bench: Bench, upload: str) -> bool:
    kind = "renditions.render"
    query = "SELECT state FROM jobs WHERE ref_id=$1::uuid AND kind=$2"
    return any(row["state"] == "running" for row in bench.sql(query, upload, kind))


def without_room(bench: Bench, small: Path) -> None:
    """Render where there is no room."""
    bench.worker(SCRATCH_DIR=str(small))
    began = time.monotonic()
    upload = send(bench.client, bench.film, bench.log)
    job: list[dict[str, Any]] = []

    def refused() -> bool:
        job[:] = bench.sql("SELECT * FROM jobs WHERE ref_id=$1::uuid", upload)
        return any(row["error_code"] == "disk_full" for row in job)

    wait(refused, 30)
    bench.note("full disk noticed after, s", time.monotonic() - began)
    bench.note("attempts that a full disk cost", sum(row["attempts"] for row in job))
    bench.note("bytes left on the full disk", sum(f.stat().st_size for f in small.rglob("*")))


def ready(bench: Bench, upload: str) -> bool:
    return bool(bench.detail(upload)["state"] == "ready")


def made(segments: Path) -> dict[str, int]:
    """Whole segments, by name, and when they were made."""
    found = {}
    for path in segments.glob("*.mp4"):
        with suppress(FileNotFoundError):
            found[path.name] = path.stat().st_mtime_ns
    return found


def children(folder: Path) -> list[int]:
    """Processes that work in a folder."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdigit() and (entry / "cwd").readlink().is_relative_to(folder):
                found.append(int(entry.name))
    return found


def wait(fine: Callable[[], bool], most_s: float, every_s: float = 0.02) -> None:
    """Until it is so."""
    until = time.monotonic() + most_s
    while not fine():
        if time.monotonic() > until:
            sys.exit(f"nothing happened for {most_s:g} s")
        time.sleep(every_s)


if __name__ == "__main__":
    main()
