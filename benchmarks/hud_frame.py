"""CPU that the HUD adds to one 1080p frame, per theme, beside a plain copy of the same frame.

    python benchmarks/hud_frame.py [--themes glass,sport] [--rounds 20] [--json]

`six` is the automatic layout of a car's phone recording: six widgets. `all` is every widget that
moves with the frame, at once. Times are thread CPU, the median of rounds of 30 frames drawn over
noise; the copy is measured between the same rounds, so that a busy machine slows both.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Collection
from statistics import median

import cv2
import numpy as np

from uploadm8.core.hud.frame import FrameFormat, Planes
from uploadm8.core.hud.hud import Hud
from uploadm8.core.hud.spec import HudSpec, ThemeName, WidgetEntry, WidgetKind
from uploadm8.core.telemetry.resample import Samples, resample
from uploadm8.core.telemetry.track import Channel
from uploadm8.dev.sample_ride import PHONE, circuit, only

FRAME = FrameFormat(1920, 1080, 30.0)
ROUND = 30
SECONDS = 60.0
EVERY = (
    WidgetKind.SPEED,
    WidgetKind.MAP,
    WidgetKind.ALTITUDE,
    WidgetKind.COMPASS,
    WidgetKind.G_FORCE,
    WidgetKind.LEAN,
    WidgetKind.ENGINE,
    WidgetKind.LAP,
    WidgetKind.MAX_SPEED,
    WidgetKind.CLOCK,
)


def ride(channels: Collection[Channel]) -> Samples:
    """A minute on a circuit, with these channels."""
    return resample(only(circuit(SECONDS), channels), np.arange(0, SECONDS, 1 / FRAME.fps))


def noise() -> Planes:
    rng = np.random.default_rng(1)
    h, w = FRAME.height, FRAME.width
    return Planes(
        rng.integers(16, 236, (h, w), np.uint8),
        rng.integers(90, 160, (h // 2, w // 2), np.uint8),
        rng.integers(90, 160, (h // 2, w // 2), np.uint8),
    )


def cpu_ms(work: Callable[[int], None], first: int) -> float:
    """Thread CPU milliseconds per frame of one round."""
    start = time.thread_time()
    for index in range(first, first + ROUND):
        work(index)
    return (time.thread_time() - start) / ROUND * 1e3


def measure(spec: HudSpec, samples: Samples, rounds: int) -> dict[str, float]:
    hud = Hud(spec, samples, FRAME)
    frames = [noise(), noise()]
    spare = noise()

    def draw(index: int) -> None:
        hud.draw(frames[index % 2], index)

    def copy(index: int) -> None:
        frame = frames[index % 2]
        for name in ("y", "u", "v"):
            np.copyto(getattr(spare, name), getattr(frame, name))

    cpu_ms(draw, 0)
    drawn, copied = [], []
    for number in range(rounds):
        first = ROUND + number * ROUND % (len(samples.times) - 2 * ROUND)
        drawn.append(cpu_ms(draw, first))
        copied.append(cpu_ms(copy, first))
    area = sum(r.w * r.h for r in hud.panels)
    return {
        "widgets": len(hud.widgets),
        "panel_px": area,
        "ms": round(median(drawn), 3),
        "best_ms": round(min(drawn), 3),
        "copy_ms": round(median(copied), 3),
        "ratio_to_copy": round(median(drawn) / median(copied), 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--themes", default=",".join(ThemeName))
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    phone, full = ride(PHONE), ride(list(Channel))
    everything = tuple(WidgetEntry(kind=kind) for kind in EVERY)
    results: dict[str, dict[str, dict[str, float]]] = {}
    print(f"{'theme':9} {'':4} widgets   pixels     ms  best   copy  ratio")
    for name in args.themes.split(","):
        theme = ThemeName(name)
        results[name] = {
            "six": measure(HudSpec(theme=theme), phone, args.rounds),
            "all": measure(HudSpec(theme=theme, widgets=everything), full, args.rounds),
        }
        for kind, r in results[name].items():
            print(
                f"{name:9} {kind:4} {r['widgets']:7} {r['panel_px']:8} {r['ms']:6.2f}"
                f" {r['best_ms']:5.2f} {r['copy_ms']:6.3f} {r['ratio_to_copy']:6.1f}"
            )
    if args.json:
        print(json.dumps({"benchmark": "hud_frame", "frame": "1920x1080", "themes": results}))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
