"""Cleaning: what is dropped, what is kept, and that each loss is counted."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from uploadm8.core.telemetry.clean import clean
from uploadm8.core.telemetry.raw import RawTrack
from uploadm8.core.telemetry.track import Channel, Clock, Track
from uploadm8.errors import TelemetryError

_UTC = 1_700_000_000.0
_STEP = 1e-4  # degrees of latitude: 11 m


def _raw(t: list[float], lat: list[float] | None = None, **options: object) -> RawTrack:
    lat = [45.0 + _STEP * i for i in range(len(t))] if lat is None else lat
    columns = {
        Channel.LAT: np.array(lat, dtype=np.float64),
        Channel.LON: np.full(len(t), 7.0),
    }
    raw = RawTrack("test", np.array(t, dtype=np.float64), columns, Clock.UTC)
    for name, value in options.items():
        setattr(raw, name, value)
    return raw


def _seconds(count: int) -> list[float]:
    return [_UTC + i for i in range(count)]


def _valid(track: Track) -> int:
    return int(track.columns[Channel.LAT].valid.sum())


def test_equal_times_keep_the_last_value_of_each_channel() -> None:
    raw = _raw([_UTC, _UTC + 1, _UTC + 1, _UTC + 2])
    raw.columns[Channel.HEART_RATE] = np.array([100.0, 110.0, np.nan, 120.0])
    track = clean(raw)
    assert track.t.tolist() == [0.0, 1.0, 2.0]
    assert track.quality.dropped == {"duplicate_time": 1}
    assert track.columns[Channel.LAT].values[1] == pytest.approx(45.0 + 2 * _STEP)
    assert track.columns[Channel.HEART_RATE].values.tolist() == [100.0, 110.0, 120.0]


def test_a_few_displaced_rows_are_sorted_into_place() -> None:
    t = _seconds(200)
    lat = [45.0 + _STEP * i for i in range(200)]
    t[50], t[51], lat[50], lat[51] = t[51], t[50], lat[51], lat[50]
    track = clean(_raw(t, lat))
    assert len(track) == 200
    assert (np.diff(track.columns[Channel.LAT].values) > 0).all()


def test_a_clock_set_back_keeps_the_longer_part_and_says_so() -> None:
    t = [*_seconds(100), *[_UTC - 500 + i for i in range(30)]]
    track = clean(_raw(t))
    assert len(track) == 100
    assert track.quality.dropped == {"out_of_order": 30}
    assert any("backwards" in warning for warning in track.quality.warnings)


def test_rows_newest_first_are_turned_around() -> None:
    track = clean(_raw(_seconds(50)[::-1]))
    assert len(track) == 50
    assert track.columns[Channel.LAT].values[0] > track.columns[Channel.LAT].values[-1]


def test_a_lone_row_days_away_is_dropped() -> None:
    track = clean(_raw([_UTC - 10 * 86_400, *_seconds(60)]))
    assert track.duration_s == 59.0
    assert track.quality.dropped == {"time_outlier": 1}


def test_impossible_dates_leave_a_relative_clock() -> None:
    track = clean(_raw([float(i) for i in range(20)]))
    assert track.clock is Clock.RELATIVE
    assert track.start_utc is None
    assert track.duration_s == 19.0


def test_rows_of_a_fast_logger_with_whole_seconds_are_spread_over_the_second() -> None:
    track = clean(_raw([_UTC + i // 5 for i in range(100)], [45 + 1e-5 * i for i in range(100)]))
    assert np.allclose(np.diff(track.t), 0.2)
    assert not track.quality.dropped


@pytest.mark.parametrize("away", [0.5, 5.0, -40.0])
@pytest.mark.parametrize("length", [1, 4])
def test_an_excursion_is_dropped_and_the_track_goes_on(away: float, length: int) -> None:
    lat = [45.0 + _STEP * i for i in range(60)]
    for i in range(30, 30 + length):
        lat[i] += away
    track = clean(_raw(_seconds(60), lat))
    assert track.quality.dropped == {"teleport": length}
    assert track.segments == (0,)


def test_a_jump_to_where_the_track_stays_interrupts_it() -> None:
    lat = [45.0 + _STEP * i + (0.1 if i >= 30 else 0.0) for i in range(60)]
    track = clean(_raw(_seconds(60), lat))
    assert _valid(track) == 60
    assert track.segments == (0, 30)


def test_a_wild_start_is_dropped() -> None:
    lat = [10.0, 12.0, *[45.0 + _STEP * i for i in range(58)]]
    track = clean(_raw(_seconds(60), lat))
    assert track.quality.dropped == {"teleport": 2}
    assert not track.columns[Channel.LAT].valid[:2].any() or len(track) == 58


def test_a_teleport_with_poor_dop_is_counted_as_such() -> None:
    lat = [45.0 + _STEP * i for i in range(20)]
    lat[10] += 3.0
    raw = _raw(_seconds(20), lat)
    raw.columns[Channel.HDOP] = np.where(np.arange(20) == 10, 99.0, 1.0)
    assert clean(raw).quality.dropped == {"poor_dop": 1}


def test_poor_dop_alone_drops_nothing() -> None:
    raw = _raw(_seconds(20))
    raw.columns[Channel.HDOP] = np.full(20, 99.0)
    assert _valid(clean(raw)) == 20


def test_positions_at_zero_zero_are_no_positions() -> None:
    raw = _raw(_seconds(5), [0.0, 45.0, 45.0001, 45.0002, 45.0003])
    raw.columns[Channel.LON][0] = 0.0
    assert clean(raw).quality.dropped == {"zero_position": 1}


def test_without_a_fix_position_and_speed_go_but_sensors_stay() -> None:
    raw = _raw(_seconds(4), no_fix=np.array([True, True, False, False]))
    raw.columns[Channel.SPEED] = np.full(4, 10.0)
    raw.columns[Channel.HEART_RATE] = np.full(4, 120.0)
    track = clean(raw)
    assert track.columns[Channel.SPEED].valid.tolist() == [False, False, True, True]
    assert track.columns[Channel.HEART_RATE].valid.all()
    assert track.quality.dropped == {"no_fix": 2}


def test_a_receiver_that_never_had_a_fix_gives_no_valid_point() -> None:
    track = clean(_raw(_seconds(4), no_fix=np.ones(4, dtype=np.bool_)))
    assert len(track) == 0
    assert track.quality.points_read == 4


def test_rows_without_anything_usable_are_an_error() -> None:
    with pytest.raises(TelemetryError) as caught:
        clean(_raw(_seconds(4), [100.0] * 4))
    assert caught.value.code == "telemetry_no_position"


def test_a_long_gap_begins_a_segment() -> None:
    track = clean(_raw([_UTC + i + (60 if i >= 10 else 0) for i in range(20)]))
    assert track.segments == (0, 10)
    assert track.quality.gaps == 1


def test_a_single_absurd_speed_is_blanked() -> None:
    raw = _raw(_seconds(10))
    raw.columns[Channel.SPEED] = np.where(np.arange(10) == 5, 140.0, 11.0)
    track = clean(raw)
    assert track.quality.dropped == {"speed_spike": 1}
    assert track.columns[Channel.SPEED].values[track.columns[Channel.SPEED].valid].max() == 11.0


_VALUES = st.floats(allow_nan=True, allow_infinity=True, width=64)


@given(
    st.lists(
        st.tuples(
            st.one_of(st.floats(_UTC, _UTC + 100), _VALUES),
            st.one_of(st.floats(44.9, 45.1), _VALUES),
            st.floats(-2, 2) | _VALUES,
        ),
        min_size=1,
        max_size=40,
    )
)
def test_times_always_increase_and_values_are_always_finite(
    rows: list[tuple[float, float, float]],
) -> None:
    t, lat, g = (list(column) for column in zip(*rows, strict=True))
    raw = _raw(t, lat)
    raw.columns[Channel.G_LAT] = np.array(g, dtype=np.float64)
    try:
        track = clean(raw)
    except TelemetryError:
        return
    assert (np.diff(track.t) > 0).all()
    assert np.isfinite(track.t).all()
    for column in track.columns.values():
        assert np.isfinite(column.values[column.valid]).all()
