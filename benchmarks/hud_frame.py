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
from collections.abc import Callable
from statistics import median

import cv2
import numpy as np

from uploadm8.core.hud.frame import FrameFormat, Planes
from uploadm8.core.hud.hud import Hud
from uploadm8.core.hud.spec import HudSpec, ThemeName, WidgetEntry, WidgetKind
from uploadm8.core.telemetry.resample import Samples, resample
from uploadm8.core.telemetry.track import Channel, Clock, Column, Track

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


def ride(channels: set[Channel] | None) -> Samples:
    """A minute on a circuit, with these channels or all."""
    t = np.arange(0, SECONDS + 0.05, 0.1)
    a = t / 8.75
    speed = 30 + 18 * np.sin(2 * a) + 9 * np.sin(5 * a + 1)
    x, y = 420 * np.cos(a) + 130 * np.cos(2 * a), 260 * np.sin(a) + 110 * np.sin(2 * a)
    values = {
        Channel.LAT: 46.05 + y / 111_320,
        Channel.LON: 7.1 + x / 77_330,
        Channel.ALTITUDE: 820 + 60 * np.sin(1.5 * a) + 18 * np.sin(6 * a),
        Channel.SPEED: speed,
        Channel.COURSE: np.degrees(np.arctan2(np.gradient(x), np.gradient(y))) % 360,
        Channel.DISTANCE: np.cumsum(speed) * 0.1,
        Channel.G_LONG: 0.5 * np.cos(7 * a),
        Channel.G_LAT: 0.7 * np.sin(4 * a),
        Channel.GRADE: 6 * np.cos(2 * a),
        Channel.LEAN: 38 * np.sin(4 * a),
        Channel.RPM: 4500 + 3000 * np.sin(9 * a),
        Channel.THROTTLE: 50 + 50 * np.sin(9 * a),
        Channel.BRAKE: np.clip(-90 * np.sin(9 * a), 0, 100),
        Channel.GEAR: np.clip(np.round(speed / 11), 1, 6),
        Channel.LAP: 1 + np.floor(t / 20),
    }
    kept = {c: v for c, v in values.items() if channels is None or c in channels}
    columns = {c: Column(v, np.ones(len(t), np.bool_)) for c, v in kept.items()}
    track = Track("made-up", t, columns, clock=Clock.UTC, start_utc=1_718_000_000.0)
    return resample(track, np.arange(0, SECONDS, 1 / FRAME.fps))


PHONE = {
    Channel.LAT,
    Channel.LON,
    Channel.ALTITUDE,
    Channel.SPEED,
    Channel.COURSE,
    Channel.DISTANCE,
    Channel.G_LONG,
    Channel.G_LAT,
    Channel.GRADE,
}


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
    phone, full = ride(PHONE), ride(None)
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
