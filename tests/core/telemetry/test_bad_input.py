"""Any bytes give a Track that keeps its promises, or a TelemetryError with a known code."""

import json
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from telemetry_files import FILES
from uploadm8.core.telemetry.preview import geojson, preview, summary
from uploadm8.core.telemetry.problems import Problem
from uploadm8.core.telemetry.reader import read_track
from uploadm8.core.telemetry.track import Channel, Clock, Track
from uploadm8.errors import TelemetryError

_CODES = {problem.value for problem in Problem}
_TEXTS = {name: make().encode() for name, (_, make) in FILES.items()}


def _promises(track: Track) -> None:
    assert np.isfinite(track.t).all()
    assert (np.diff(track.t) > 0).all()
    assert track.segments[0] == 0
    assert list(track.segments) == sorted(set(track.segments))
    for channel, column in track.columns.items():
        assert len(column.values) == len(column.valid) == len(track), channel
        assert np.isfinite(column.values[column.valid]).all(), channel
    if Channel.LAT in track:
        lat, lon = track.columns[Channel.LAT], track.columns[Channel.LON]
        assert (lat.valid == lon.valid).all()
        assert (np.abs(lat.values[lat.valid]) <= 90).all()
        assert (np.abs(lon.values[lon.valid]) <= 180).all()
    if Channel.DISTANCE in track and track.clock is not Clock.NONE:
        column = track.columns[Channel.DISTANCE]
        assert (np.diff(column.values[column.valid]) >= 0).all()
    for told in (summary(track), preview(track, 50), geojson(track)):
        json.dumps(told, allow_nan=False)


def _read(path: Path) -> Track | TelemetryError:
    try:
        return read_track(path)
    except TelemetryError as error:
        return error


def _try(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    found = _read(path)
    if isinstance(found, Track):
        _promises(found)
    else:
        assert found.code in _CODES
        assert found.detail.endswith(".")


@pytest.mark.parametrize("name", FILES)
def test_damaged_bytes_give_a_track_or_a_telemetry_error(tmp_path: Path, name: str) -> None:
    chance = random.Random(name)
    whole = _TEXTS[name]
    for _ in range(25):
        data = bytearray(whole)
        for _ in range(chance.choice((1, 3, 30))):
            at = chance.randrange(len(data))
            size = chance.choice((0, 1, 1, 1, 20))
            data[at : at + size] = chance.choice(
                (
                    bytes([chance.randrange(256)]),
                    b"",
                    b"-",
                    b"9" * 30,
                    b"\n",
                    b",",
                    b'"',
                    b"1e400",
                    b"nan",
                    b"<",
                )
            )
        _try(
            tmp_path / "damaged",
            bytes(data[: chance.choice((len(data), chance.randrange(1, len(data))))]),
        )


@pytest.mark.parametrize("name", FILES)
@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 2**32))
def test_lines_in_any_order_give_a_track_or_a_telemetry_error(
    tmp_path: Path, name: str, seed: int
) -> None:
    order = random.Random(seed)
    lines = _TEXTS[name].splitlines(keepends=True)
    head, rest = lines[:14], lines[14:]
    order.shuffle(rest)
    _try(tmp_path / "shuffled", b"".join(head + rest[: order.randrange(len(rest))]))


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.binary(max_size=400) | st.text(max_size=400).map(lambda text: text.encode("utf-8")))
def test_arbitrary_bytes_give_a_track_or_a_telemetry_error(tmp_path: Path, data: bytes) -> None:
    _try(tmp_path / "anything", data)


_CELLS = st.one_of(
    st.floats().map(str),
    st.integers(-(10**20), 10**20).map(str),
    st.sampled_from(["", "NaN", "1e400", "٤٥", "2024-05-01T10:00:00Z", "10:00:00", '"', "A", "-0"]),
)


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    header=st.sampled_from(
        [
            "time,lat,lon,speed,altitude",
            "date;time;latitude;longitude;hdop",
            "ts\tlat\tlon\tspeed_mph",
        ]
    ),
    rows=st.lists(st.lists(_CELLS, max_size=6), max_size=30),
)
@example(header="time,lat,lon,speed,altitude", rows=[["1.7e308"], ["-1.7e308"]])
@example(header="time,lat,lon,speed,altitude", rows=[["1.7e308"], ["1.7e308"]])
def test_tables_of_odd_cells_give_a_track_or_a_telemetry_error(
    tmp_path: Path, header: str, rows: list[list[str]]
) -> None:
    delimiter = next(sign for sign in ",;\t" if sign in header)
    text = "\n".join([header, *(delimiter.join(row) for row in rows)])
    _try(tmp_path / "table", text.encode())
