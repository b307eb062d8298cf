"""What the HUD costs, measured as whole processes against baselines of the same minute.

    python benchmarks/render.py [--seconds 10] [--pairs 5] [--only six,memory] [--json]

CPU is user + system of the process with all its threads. Ratios are medians over pairs A B A B, so
that a busy machine disturbs both alike. `--json` ends with one JSON line.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from pathlib import Path

from footage import UHD, clip, drive, gpx, kind, looped
from paired import Cost, Ratio, amid, compare, run
from uploadm8.core.video.encoders import Encoder, settings_for
from uploadm8.core.video.rendition import Quality
from uploadm8.core.video.specs import Aspect, rendition_spec

WIDE = rendition_spec(Aspect.WIDE)
RUNS = Path(__file__).with_name("render_runs.py")


@dataclass(frozen=True, slots=True)
class Line:
    """One figure and what it should be."""

    name: str
    value: float
    goal: float
    note: str

    @property
    def met(self) -> bool:
        """Whether the goal is reached."""
        return self.value <= self.goal


@dataclass(frozen=True, slots=True)
class Setup:
    """Where to work and how long."""

    source: Path
    folder: Path
    pairs: int
    seconds: int
    memory_s: int

    def command(self, mode: str, *options: str, source: Path | None = None) -> list[str]:
        """The command of one run."""
        return [
            sys.executable,
            str(RUNS),
            mode,
            str(source or self.source),
            str(self.folder),
            *options,
        ]

    def one(self, mode: str, *options: str) -> Callable[[], Cost]:
        """A run to be measured."""
        return partial(run, self.command(mode, *options))


def pipeline(setup: Setup) -> Iterator[Line]:
    ratio = compare(setup.one("wide", "--hud", "none"), setup.one("plain"), setup.pairs)
    yield _line("pipeline without HUD / plain", ratio, 1.02)


def six(setup: Setup) -> Iterator[Line]:
    yield from _hud(setup, "six", "HUD, frosted, six widgets", 1.02)


def moving(setup: Setup) -> Iterator[Line]:
    yield from _hud(setup, "all", "HUD, every widget moving", 1.05)


def _hud(setup: Setup, hud: str, name: str, goal: float) -> Iterator[Line]:
    ratio = compare(setup.one("wide", "--hud", hud), setup.one("plain"), setup.pairs)
    yield _line(f"{name} / plain", ratio, goal)
    told = json.loads(ratio.a.output)
    yield Line(f"{name}: ms per frame", told["hud_ms"], 3.5, "thread CPU")
    yield Line(f"{name}: first frame, s", told["first_frame_s"], 1.0, "from the call of render")


def renditions(setup: Setup) -> Iterator[Line]:
    yield from _two(setup, "two renditions, one decode / two runs")
    ratio = compare(
        setup.one("both", "--hud", "six"), setup.one("both", "--hud", "none"), setup.pairs
    )
    yield _line("HUD on both / on none", ratio, 1.03)


def quick_two(setup: Setup) -> Iterator[Line]:
    yield from _two(setup, "two quick renditions, one decode / two runs", "--quick")


def uhd_two(setup: Setup) -> Iterator[Line]:
    large = replace(setup, source=clip(setup.seconds, size=UHD))
    yield from _two(large, "two renditions of 2160 lines, one decode / two runs")


def _two(setup: Setup, name: str, *options: str) -> Iterator[Line]:
    wide, tall, together = (
        setup.one(mode, "--hud", "six", *options) for mode in ("wide", "tall", "both")
    )
    ratio = amid(together, wide, tall, setup.pairs)
    yield _line(name, ratio, 0.82)
    saved = run(setup.command("decode")).cpu_s
    least = 1 - saved / ratio.b.cpu_s
    yield Line("the same, if only the second decode were saved", least, 1.0, f"{saved:.1f} s CPU")


def quick(setup: Setup) -> Iterator[Line]:
    standard = setup.one("wide", "--hud", "six")
    ratio = compare(setup.one("wide", "--hud", "six", "--quick"), standard, setup.pairs)
    yield _line("quick / standard", ratio, 0.70)


def memory(setup: Setup) -> Iterator[Line]:
    long = looped(setup.folder / "long.mp4", setup.source, max(2, setup.memory_s // 10))
    one = run(setup.command("wide", "--hud", "six")).peak_mib
    two = run(setup.command("both", "--hud", "six")).peak_mib
    later = run(setup.command("wide", "--hud", "six", source=long)).peak_mib
    yield Line("peak MiB, one rendition", one, 330, "")
    yield Line("peak MiB, two renditions", two, 500, "")
    yield Line("peak, long clip / short clip", later / one, 1.05, f"{setup.memory_s} s clip")


def segments(setup: Setup) -> Iterator[Line]:
    numbers = [("--number", str(n), "--count", "2", "--hud", "six") for n in (0, 1)]
    whole = ("--number", "0", "--count", "1", "--hud", "six")
    walls = []
    for _ in range(setup.pairs):
        began = time.perf_counter()
        workers = [subprocess.Popen(setup.command("segment", *o)) for o in numbers]
        if any(worker.wait() for worker in workers):
            sys.exit("a segment failed")
        two = time.perf_counter() - began
        _forget(setup.folder)
        one = run(setup.command("segment", *whole)).wall_s
        _forget(setup.folder)
        walls.append(two / one)
    yield Line("two segments on two workers / one: wall", sorted(walls)[len(walls) // 2], 0.6, "")


def peers(setup: Setup) -> Iterator[Line]:
    ffmpeg, overlay = shutil.which("ffmpeg"), shutil.which("gopro-dashboard.py")
    out = str(setup.folder / "peer.mp4")
    settings = settings_for(WIDE, Quality.STANDARD, Encoder.X264, Fraction(30), 60.0)
    encode = ["-c:v", "libx264"]
    for option, value in (settings.options | {"g": str(settings.gop)}).items():
        encode += [f"-{option}", value]
    if ffmpeg is None:
        print("ffmpeg is not installed here: not compared")
    else:
        command = [ffmpeg, "-v", "error", "-y", "-i", str(setup.source), *encode]
        command += ["-c:a", "copy", out]
        ratio = compare(setup.one("plain"), partial(run, command), setup.pairs)
        yield _line("PyAV plain / ffmpeg plain", ratio, 1.02)
    if ffmpeg is None or overlay is None:
        print("gopro-overlay is not installed here: not compared")
        return
    track = setup.folder / "drive.gpx"
    made = drive(120)
    track.write_text(gpx(made), encoding="ascii")
    filmed = shutil.copy(setup.source, setup.folder / "filmed.mp4")
    os.utime(filmed, (made.start_utc or 0.0, made.start_utc or 0.0))
    command = [overlay, str(filmed), out, "--use-gpx-only", "--gpx", str(track)]
    command += ["--video-time-start", "file-modified", "--overlay-size", "1920x1080"]
    command += ["--exclude", "moving_map", "journey_map"]  # they need map tiles from the internet
    profiles = {"ours": {"input": [], "output": [*encode, "-c:a", "copy"]}}
    (setup.folder / "ffmpeg-profiles.json").write_text(json.dumps(profiles), encoding="utf-8")
    command += ["--config-dir", str(setup.folder), "--profile", "ours"]
    ratio = compare(setup.one("wide", "--hud", "six"), partial(run, command), setup.pairs)
    yield _line("ours / gopro-overlay without its maps", ratio, 0.80)


GROUPS = {
    "pipeline": pipeline,
    "six": six,
    "moving": moving,
    "renditions": renditions,
    "quick_two": quick_two,
    "uhd_two": uhd_two,
    "quick": quick,
    "memory": memory,
    "segments": segments,
    "peers": peers,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clip", type=Path, help="a 1920x1080 clip of 30 pictures a second")
    parser.add_argument("--seconds", type=int, default=10, help="of the clip that is made")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--memory-seconds", type=int, default=60)
    parser.add_argument("--only", default=",".join(GROUPS), help="some of: %(default)s")
    parser.add_argument("--json", action="store_true", help="end with one JSON line")
    args = parser.parse_args()
    groups = args.only.split(",")
    if unknown := set(groups) - GROUPS.keys():
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    source = args.clip or clip(args.seconds)
    footage = str(args.clip) if args.clip else kind()
    print(f"footage: {footage}, {args.seconds} s; {args.pairs} pairs")
    lines: list[Line] = []
    with tempfile.TemporaryDirectory() as folder:
        setup = Setup(source, Path(folder), args.pairs, args.seconds, args.memory_seconds)
        for name in groups:
            for line in GROUPS[name](setup):
                lines.append(line)
                mark = "ok  " if line.met else "MISS"
                print(f"{mark} {line.name:48} {line.value:8.3f} (<= {line.goal:g}) {line.note}")
                sys.stdout.flush()
    if args.json:
        figures = {line.name: round(line.value, 4) for line in lines}
        missed = [line.name for line in lines if not line.met]
        told = {"benchmark": "render", "footage": footage, "figures": figures, "missed": missed}
        print(json.dumps(told))


def _line(name: str, ratio: Ratio, goal: float) -> Line:
    note = f"{ratio.cpu_low:.3f}..{ratio.cpu_high:.3f}, wall {ratio.wall:.2f}"
    return Line(name, ratio.cpu, goal, f"{note}, {ratio.a.cpu_s:.1f} / {ratio.b.cpu_s:.1f} s CPU")


def _forget(folder: Path) -> None:
    for path in folder.glob("*.mp4"):
        if path.name != "long.mp4":
            path.unlink()


if __name__ == "__main__":
    main()
