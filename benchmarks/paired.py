"""Run whole processes in pairs, A B A B, and compare their CPU: the figure that noise moves least."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process, with all its threads and children, took."""

    cpu_s: float
    wall_s: float
    peak_mib: float
    output: str


@dataclass(frozen=True, slots=True)
class Ratio:
    """Medians over pairs of A / B."""

    cpu: float
    cpu_low: float
    cpu_high: float
    wall: float
    a: Cost
    b: Cost


def run(command: Sequence[str]) -> Cost:
    """Run a process to its end; its failure ends the benchmark."""
    began = time.perf_counter()
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as told,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=told, text=True) as process,
    ):
        output = process.stdout.read() if process.stdout else ""
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            told.seek(0)
            sys.exit(f"{told.read()}{' '.join(command)} ended with {process.returncode}")
    wall = time.perf_counter() - began
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024, output)


def compare(a: Callable[[], Cost], b: Callable[[], Cost], pairs: int) -> Ratio:
    """A against B, in turns."""
    costs = [(a(), b()) for _ in range(pairs)]
    cpu = [one.cpu_s / other.cpu_s for one, other in costs]
    wall = [one.wall_s / other.wall_s for one, other in costs]
    return Ratio(
        cpu=statistics.median(cpu),
        cpu_low=min(cpu),
        cpu_high=max(cpu),
        wall=statistics.median(wall),
        a=_median([one for one, _ in costs]),
        b=_median([other for _, other in costs]),
    )


def both(commands: Sequence[Sequence[str]]) -> Cost:
    """Processes one after the other, as one cost."""
    costs = [run(command) for command in commands]
    return Cost(
        sum(c.cpu_s for c in costs),
        sum(c.wall_s for c in costs),
        max(c.peak_mib for c in costs),
        costs[-1].output,
    )


def _median(costs: Sequence[Cost]) -> Cost:
    return sorted(costs, key=lambda cost: cost.cpu_s)[len(costs) // 2]
