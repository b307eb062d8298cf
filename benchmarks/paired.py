"""Run whole processes in pairs, A B A B, and compare their CPU: the figure that noise moves least."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

# As the product's own child: numpy's threads for linear algebra only spin.
_ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1"}


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
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=told, text=True, env=_ENVIRONMENT
        ) as process,
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


def amid(
    a: Callable[[], Cost], before: Callable[[], Cost], after: Callable[[], Cost], pairs: int
) -> Ratio:
    """A against `before` and `after` together, which run on either side of it.

    Long runs need it: what a machine's speed loses or gains from one end to the other then touches
    both sides alike.
    """
    ends: list[Cost] = []

    def middle() -> Cost:
        ends.append(before())
        return a()

    return compare(middle, lambda: _sum([ends[-1], after()]), pairs)


def _sum(costs: Sequence[Cost]) -> Cost:
    return Cost(
        sum(c.cpu_s for c in costs),
        sum(c.wall_s for c in costs),
        max(c.peak_mib for c in costs),
        costs[-1].output,
    )


def _median(costs: Sequence[Cost]) -> Cost:
    return sorted(costs, key=lambda cost: cost.cpu_s)[len(costs) // 2]
