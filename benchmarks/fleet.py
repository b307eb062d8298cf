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
import statistics
import sys
from datetime import datetime
from pathlib import Path

import asyncpg

from footage import clip
from live import Live, live, send, stop_workers
from told import Told

GOAL = 0.6
SPLIT = {"RENDER_SPLIT_SECONDS": "20", "RENDER_SEGMENT_SECONDS": "10"}


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
    film = clip(args.seconds)
    with live(args.seconds) as world:
        pairs = [
            (seconds(world, film, cores[:1]), seconds(world, film, cores[:2]))
            for _ in range(args.pairs)
        ]
    ratio = statistics.median(two / one for one, two in pairs)
    for one, two in pairs:
        print(f"one worker {one:6.1f} s   two workers {two:6.1f} s   ratio {two / one:.2f}")
    print(f"two workers / one: {ratio:.2f} (goal {GOAL})")
    if args.json:
        print(json.dumps({"two_workers_over_one": round(ratio, 3), "goal": GOAL, "pairs": pairs}))


def seconds(world: Live, film: Path, cores: list[int]) -> float:
    """From the start of the first render job to the upload being ready."""
    stack, client, log = world
    stop_workers(stack)
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


if __name__ == "__main__":
    main()
