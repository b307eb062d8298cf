"""Reading telemetry against gpxpy and fitdecode: the same file, the same run, in turns.

    .venv/bin/python benchmarks/telemetry.py [--points 1000000] [--fit ride.fit] [--json]

CPU seconds are those of reading alone; memory is the peak above what the process had after its
imports. Ours reads, cleans and derives; theirs only parse.
"""

import argparse
import json
import math
import resource
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import fitdecode
import gpxpy

from uploadm8.core.telemetry.fit.crc import crc16
from uploadm8.core.telemetry.reader import read_raw, read_track

_FIT_FIELDS = ((253, 4, 0x86), (0, 4, 0x85), (1, 4, 0x85), (6, 2, 0x84), (3, 1, 0x02))


def ours(path: Path) -> int:
    return read_track(path).quality.points_read


def ours_parse(path: Path) -> int:
    return len(read_raw(path).t)


def by_gpxpy(path: Path) -> int:
    with path.open(encoding="utf-8") as file:
        gpx = gpxpy.parse(file)
    return sum(len(segment.points) for track in gpx.tracks for segment in track.segments)


def by_fitdecode(path: Path) -> int:
    with fitdecode.FitReader(path) as reader:
        return sum(
            isinstance(frame, fitdecode.FitDataMessage) and frame.name == "record"
            for frame in reader
        )


READERS: dict[str, Callable[[Path], int]] = {
    "ours": ours,
    "ours-parse": ours_parse,
    "gpxpy": by_gpxpy,
    "fitdecode": by_fitdecode,
}


def write_gpx(path: Path, points: int) -> None:
    start = datetime(2024, 5, 1, tzinfo=UTC)
    with path.open("w", encoding="utf-8") as file:
        file.write('<?xml version="1.0"?>\n<gpx version="1.1"><trk><trkseg>\n')
        for i in range(points):
            turn = i / 900
            moment = (start + timedelta(seconds=i)).strftime("%Y-%m-%dT%H:%M:%SZ")
            file.write(
                f'<trkpt lat="{45 + 0.02 * math.sin(turn):.7f}" '
                f'lon="{7 + 0.03 * math.cos(turn):.7f}"><ele>{200 + 50 * math.sin(turn / 3):.1f}'
                f"</ele><time>{moment}</time></trkpt>\n"
            )
        file.write("</trkseg></trk></gpx>\n")


def write_fit(path: Path, records: int) -> None:
    definition = struct.pack("<BBBHB", 0x40, 0, 0, 20, len(_FIT_FIELDS))
    definition += b"".join(bytes(one) for one in _FIT_FIELDS)
    body = definition + b"".join(
        struct.pack("<BIiiHB", 0, 1_000_000_000 + i, 540_000_000 + i * 90, 83_000_000, 7_500, 140)
        for i in range(records)
    )
    header = struct.pack("<BBHI4s", 14, 0x20, 2132, len(body), b".FIT")
    header += struct.pack("<H", crc16(header))
    path.write_bytes(header + body + struct.pack("<H", crc16(header + body)))


def measure(reader: str, path: Path) -> dict[str, float]:
    command = [sys.executable, __file__, "--run", reader, str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    result: dict[str, float] = json.loads(done.stdout)
    return result


def run(reader: str, path: Path, tiny: Path) -> None:
    """One reading in this process, printed as JSON; a tiny file first, to import everything."""
    READERS[reader](tiny)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    points = READERS[reader](path)
    cpu = time.process_time() - began
    above = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(json.dumps({"points": points, "cpu_s": cpu, "mib": above}))


def compare(path: Path, theirs: str, pairs: int) -> dict[str, float]:
    """How many times as fast as the other reader we are, parsing alone and in all."""
    ratios: dict[str, list[float]] = {"ours": [], "ours-parse": []}
    for _ in range(pairs):
        other = measure(theirs, path)
        for name, values in ratios.items():
            mine = measure(name, path)
            values.append(other["cpu_s"] / mine["cpu_s"])
            if mine["points"] != other["points"]:
                sys.exit(f"{name} found {mine['points']} points, {theirs} {other['points']}")
    return {name: round(statistics.median(values), 2) for name, values in ratios.items()}


def told(results: dict[str, Any]) -> str:
    big = results["gpx_big"]
    cost = f"{big['cpu_s']} s CPU (goal 12), {big['mb']} MB above baseline (goal 150)"
    lines = [f"GPX, {big['points']:,} points: {cost}"]
    for title, key, theirs in (
        ("GPX, 50,000 points", "gpx_against_gpxpy", "gpxpy"),
        (f"FIT, {results['fit']}", "fit_against_fitdecode", "fitdecode"),
    ):
        lines += [
            f"{title}: {name} {ratio} times as fast as {theirs} (goal 10)"
            for name, ratio in results[key].items()
        ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--fit", type=Path, help="a real FIT file instead of a built one")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--run", nargs=2, metavar=("READER", "FILE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if options.run:
            reader, path = options.run[0], Path(options.run[1])
            tiny = Path(folder) / "tiny"
            with path.open("rb") as file:
                is_fit = file.read(12)[8:] == b".FIT"
            (write_fit if is_fit else write_gpx)(tiny, 20)
            run(reader, path, tiny)
            return
        big, small = Path(folder) / "big.gpx", Path(folder) / "small.gpx"
        write_gpx(big, options.points)
        cost = measure("ours", big)
        write_gpx(small, 50_000)
        ride = options.fit
        if ride is None:
            ride = Path(folder) / "ride.fit"
            write_fit(ride, 20_000)
        results = {
            "gpx_big": {
                "points": int(cost["points"]),
                "cpu_s": round(cost["cpu_s"], 2),
                "mb": round(cost["mib"] * 1.048576, 1),
            },
            "gpx_against_gpxpy": compare(small, "gpxpy", options.pairs),
            "fit": ride.name,
            "fit_against_fitdecode": compare(ride, "fitdecode", options.pairs),
        }
        print(json.dumps(results) if options.json else told(results))


if __name__ == "__main__":
    main()
