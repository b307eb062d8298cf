"""How soon a HUD preview of any moment is there, and whether it shows that moment's very picture.

    python benchmarks/preview.py [--film FILE] [--count 20] [--json]

The film is uploaded and inspected; then the workers are stopped and stills are asked for over HTTP, one
after the other, at times drawn by lot. Without `--film` it is a minute of 1080p30 at 28 Mb/s: of a longer one
no more bytes are fetched, but its larger index. `--json` ends with one JSON line.
"""

import argparse
import json
import random
import statistics
import sys
import time
from pathlib import Path

from footage import clip
from live import live, send, stop_workers
from uploadm8.core.video.probe import probe
from uploadm8.dev.rest_client import RestClient

GOAL_S = 2.0
SECONDS = 60


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--film", type=Path)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    film = args.film or clip(SECONDS)
    source = probe(film)
    with live(int(source.duration_s)) as (stack, client, log):
        upload = send(client, film, log)
        detail = client.follow(
            upload, lambda _: None, lambda d: d["state"] in ("rendering", "rejected")
        )
        if detail["state"] == "rejected":
            sys.exit(f"the film was rejected: {detail['problem']}")
        stop_workers(stack)
        chance = random.Random(4)
        moments = [chance.uniform(0, source.duration_s) for _ in range(args.count)]
        taken = [one(client, upload, moment) for moment in moments]
    step = 1 / float(source.nominal_fps)
    exact = sum(-step / 2 <= late <= step for _, late in taken)
    median, longest = statistics.median(s for s, _ in taken), max(s for s, _ in taken)
    furthest = max(abs(late) for _, late in taken)
    print(f"median {median:.2f} s, longest {longest:.2f} s (goal {GOAL_S:g})")
    print(f"{exact} of {args.count} the very picture, the others at most {furthest:.2f} s from it")
    if args.json:
        told = {"median_s": median, "longest_s": longest, "exact": exact, "of": args.count}
        print(json.dumps(told | {"furthest_s": furthest, "goal_s": GOAL_S}))


def one(client: RestClient, upload: str, moment: float) -> tuple[float, float]:
    """Seconds that a still took, and by how much its picture comes before the moment."""
    began = time.perf_counter()
    path = f"{client.api_url}/api/uploads/{upload}/hud/preview"
    answer = client.http.get(path, params={"t": moment})
    answer.raise_for_status()
    return time.perf_counter() - began, moment - float(answer.headers["X-Picture-Time"])


if __name__ == "__main__":
    main()
