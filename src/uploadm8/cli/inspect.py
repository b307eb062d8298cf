"""uploadm8 inspect: what is in a telemetry file or video, what was dropped, and why."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from uploadm8.errors import UploadM8Error


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "--plot",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Draw map, speed and altitude into this PNG.",
)
def inspect(file: Path, as_json: bool, plot: Path | None) -> None:
    """Read FILE and tell what was found, what was dropped, and why."""
    from uploadm8.core.telemetry.preview import summary
    from uploadm8.core.telemetry.reader import read_track

    try:
        track = read_track(file)
        facts = summary(track)
        if plot is not None:
            from uploadm8.core.telemetry.plot import write_plot

            write_plot(track, plot)
    except UploadM8Error as error:
        _fail(error, as_json)
    else:
        click.echo(json.dumps(facts, allow_nan=False) if as_json else _text(file, facts))


def _fail(error: UploadM8Error, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"error": {"code": error.code, "message": error.detail}}))
    else:
        click.echo(f"{error.detail} {error.action or ''}".rstrip(), err=True)
        click.echo(f"({error.code})", err=True)
    sys.exit(1)


def _text(file: Path, facts: dict[str, Any]) -> str:
    lines = [
        f"{file.name}: {facts['format']}",
        _row("points", f"{facts['points']:,} read, {facts['valid_points']:,} with a position"),
        _row("segments", f"{facts['segments']}, gaps {facts['gaps']}"),
        _row("clock", _clock(facts)),
        _row("rate", _unit(facts["rate_hz"], "Hz")),
        _row("max speed", _speed(facts["max_speed_mps"])),
        _row("distance", _unit(facts["distance_m"], "m")),
        _row("altitude", _altitude(facts)),
        _row("first", _place(facts["first"])),
        _row("last", _place(facts["last"])),
        _row("channels", _channels(facts["provenance"])),
    ]
    lines += [
        _row("dropped", f"{count:,} {reason.replace('_', ' ')}")
        for reason, count in facts["dropped"].items()
    ]
    lines += [_row("note", sentence) for sentence in facts["warnings"]]
    return "\n".join(lines)


def _row(label: str, value: str) -> str:
    return f"  {label:<10} {value}"


def _unit(value: float | None, unit: str) -> str:
    return "none" if value is None else f"{value:,g} {unit}"


def _speed(mps: float | None) -> str:
    return "none" if mps is None else f"{mps:.2f} m/s ({mps * 3.6:.1f} km/h)"


def _clock(facts: dict[str, Any]) -> str:
    start = facts["start_utc"] or "no date"
    return f"{facts['clock']}, {start}, {_unit(facts['duration_s'], 's')}"


def _altitude(facts: dict[str, Any]) -> str:
    if facts["altitude_min_m"] is None:
        return "none"
    datum = facts["altitude_datum"] or "datum unknown"
    gain = facts["altitude_gain_m"]
    low, high = facts["altitude_min_m"], facts["altitude_max_m"]
    return f"{low:g} to {high:g} m ({datum}), {gain:g} m climbed"


def _place(place: dict[str, float] | None) -> str:
    return "none" if place is None else f"{place['lat']:.7f}, {place['lon']:.7f}"


def _channels(provenance: dict[str, str]) -> str:
    names = [name if told == "measured" else f"({name})" for name, told in provenance.items()]
    return " ".join(names) + ("   (derived)" if any(n[0] == "(" for n in names) else "")
