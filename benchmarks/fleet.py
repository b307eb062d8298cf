"""How much sooner one video is ready when two workers share it: wall time, whole system.

    python benchmarks/fleet.py [--seconds 60] [--pairs 3] [--json]

Each worker is pinned to a core of its own, and so is the one that works alone, so that x264 takes one
thread in either case: on a machine of two cores a single worker would otherwise fill both, and
sharing could win nothing. What is compared is one core against two, from the start of the render to
the finished upload, with everything that sharing costs: planning, a second download, the segments'
way through storage, joining. Servers and API run beside them and want little.
`--json` ends with one JSON line.
"""

import argparse
import asyncio
import json
import os
import shutil
import statistics
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg

from footage import clip
from told import Told
from uploadm8.dev.rest_client import RestClient
from uploadm8.dev.sample import START_UTC
from uploadm8.dev.sample_drive import Drive
from uploadm8.dev.sample_gpx import write_gpx
from uploadm8.dev.stack import Stack, running_stack, wait_until_ready

GOAL = 0.6
SPLIT = {"RENDER_SPLIT_SECONDS": "20", "RENDER_SEGMENT_SECONDS": "10"}
WIDE = {"aspects": ["16:9"]}


def main() -> None:
    """Render the same film alone and shared, in turns."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        sys.exit("two cores are needed")
    folder = Path(tempfile.mkdtemp(prefix="um8fleet"))
    folder.chmod(0o755)
    film = clip(args.seconds)
    log = folder / "drive.gpx"
    write_gpx(log, Drive(args.seconds, seed=3), START_UTC, args.seconds, margin_s=0, offset_s=0)
    try:
        with running_stack(folder) as stack:
            wait_until_ready(stack.api_url)
            client = RestClient(stack.api_url)
            client.register("bench@example.com", "a film for two workers")
            pairs = [
                (
                    seconds(stack, client, film, log, cores[:1]),
                    seconds(stack, client, film, log, cores[:2]),
                )
                for _ in range(args.pairs)
            ]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    ratio = statistics.median(two / one for one, two in pairs)
    for one, two in pairs:
        print(f"one worker {one:6.1f} s   two workers {two:6.1f} s   ratio {two / one:.2f}")
    print(f"two workers / one: {ratio:.2f} (goal {GOAL})")
    if args.json:
        print(json.dumps({"two_workers_over_one": round(ratio, 3), "goal": GOAL, "pairs": pairs}))


def seconds(stack: Stack, client: RestClient, film: Path, log: Path, cores: list[int]) -> float:
    """From the start of the first render job to the upload being ready."""
    for process in [p for p in stack.processes if p.name == "worker"]:
        process.stop()
        stack.processes.remove(process)
    everywhere = os.sched_getaffinity(0)
    for core in cores:
        os.sched_setaffinity(0, {core})
        stack.start_worker(env=SPLIT)
    os.sched_setaffinity(0, everywhere)
    asyncio.run(introduced(stack.env["DATABASE_URL"], len(cores)))
    upload = send(client, film, log)
    detail = client.follow(upload, lambda _: None, lambda d: d["state"] == "rendering")
    began = datetime.now().astimezone()
    told = Told(client, upload)
    detail = client.follow(upload, lambda _: None, lambda d: d["state"] != "rendering")
    told.until_ready()
    off = ", ".join(f"{share:.1f}: {error:+.1f}" for share, error in told.errors_s())
    print(
        f"{len(cores)} at work: silent for {told.longest_silence_s():.1f} s, time left off by {off}"
    )
    if detail["state"] != "ready":
        sys.exit(f"the render failed: {detail['problem']}")
    return (datetime.fromisoformat(detail["ready_at"]) - began).total_seconds()


async def introduced(database_url: str, count: int) -> None:
    """Wait until that many workers are known to each other."""
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute("DELETE FROM processes WHERE role = 'worker'")
        known = "SELECT count(*) FROM processes WHERE role = 'worker'"
        while await connection.fetchval(known) < count:  # noqa: ASYNC110  another process fills it
            await asyncio.sleep(0.2)
    finally:
        await connection.close()


def send(client: RestClient, film: Path, log: Path) -> str:
    """Upload the film and its telemetry; returns the upload's id."""
    body: dict[str, Any] = {
        "filename": film.name,
        "content_type": "video/mp4",
        "size_bytes": film.stat().st_size,
        "renditions": WIDE,
        "hud": {"theme": "glass", "offset_s": 0},
    }
    presigned = client.call("POST", "/api/uploads/presign", json=body)
    client.put_file(presigned, film, lambda _: None)
    upload = str(presigned["id"])
    size = {"filename": log.name, "size_bytes": log.stat().st_size}
    told = client.call("POST", f"/api/uploads/{upload}/telemetry", json=size)
    client.put_file(told, log, lambda _: None)
    client.call("POST", f"/api/uploads/{upload}/telemetry/complete")
    client.call("POST", f"/api/uploads/{upload}/complete")
    return upload


if __name__ == "__main__":
    main()
