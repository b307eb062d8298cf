"""CPU that the HUD adds to one 1080p frame, per theme, beside a plain copy of the same frame.

    python benchmarks/hud_frame.py [--themes glass,sport] [--rounds 20] [--cold] [--json]

`six` is the automatic layout of a car's phone recording: six widgets. `all` is every widget that
moves with the frame, at once. Times are thread CPU, the median of rounds of ten goes over noise,
each of as many frames as a render draws on in one; the copy is measured between the same rounds, so
that a busy machine slows both. `--cold` empties the processor's caches before each go, as the
encoder and the decoder do in a render.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Collection
from statistics import median

import numpy as np

from uploadm8.core.hud.frame import FrameFormat, Planes
from uploadm8.core.hud.hud import Hud
from uploadm8.core.hud.spec import HudSpec, ThemeName, WidgetEntry, WidgetKind
from uploadm8.core.telemetry.resample import Samples, resample
from uploadm8.core.telemetry.track import Channel
from uploadm8.core.video.lane import TOGETHER
from uploadm8.core.video.threads import settle
from uploadm8.dev.sample_ride import PHONE, circuit, only

FRAME = FrameFormat(1920, 1080, 30.0)
ROUND = 10 * TOGETHER  # frames
SECONDS = 60.0
LARGER_THAN_CACHES = 40_000_000  # bytes
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


class Round:
    """Thread CPU of some frames, a go of them at a time."""

    def __init__(self, *, cold: bool) -> None:
        self._swept = np.zeros((2, LARGER_THAN_CACHES if cold else 1), np.uint8)

    def ms(self, work: Callable[[range], None], first: int) -> float:
        """Milliseconds per frame."""
        spent = 0.0
        for start in range(first, first + ROUND, TOGETHER):
            np.copyto(self._swept[0], self._swept[1])
            before = time.thread_time()
            work(range(start, start + TOGETHER))
            spent += time.thread_time() - before
        return spent / ROUND * 1e3


def measure(spec: HudSpec, samples: Samples, rounds: int, *, cold: bool) -> dict[str, float]:
    hud = Hud(spec, samples, FRAME)
    frames = [noise() for _ in range(TOGETHER)]
    spare = noise()

    def draw(indices: range) -> None:
        hud.draw_all(list(zip(frames, indices, strict=True)))

    def copy(indices: range) -> None:
        for frame, _ in zip(frames, indices, strict=True):
            for name in ("y", "u", "v"):
                np.copyto(getattr(spare, name), getattr(frame, name))

    clock = Round(cold=cold)
    clock.ms(draw, 0)
    drawn, copied = [], []
    for number in range(rounds):
        first = ROUND + number * ROUND % (len(samples.times) - 2 * ROUND)
        drawn.append(clock.ms(draw, first))
        copied.append(clock.ms(copy, first))
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
    parser.add_argument("--cold", action="store_true", help="with empty caches")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    args = parser.parse_args()
    settle()
    phone, full = ride(PHONE), ride(list(Channel))
    everything = tuple(WidgetEntry(kind=kind) for kind in EVERY)
    results: dict[str, dict[str, dict[str, float]]] = {}
    print(f"{'theme':9} {'':4} widgets   pixels     ms  best   copy  ratio")
    for name in args.themes.split(","):
        theme = ThemeName(name)
        results[name] = {
            "six": measure(HudSpec(theme=theme), phone, args.rounds, cold=args.cold),
            "all": measure(
                HudSpec(theme=theme, widgets=everything), full, args.rounds, cold=args.cold
            ),
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
