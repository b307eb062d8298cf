"""Columns of numbers read at once are the very numbers that float() reads."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uploadm8.core.telemetry.decimals import read_decimals

_PLAIN = st.from_regex(r"[-+]?([0-9]{1,9}(\.[0-9]{0,9})?|\.[0-9]{1,9})", fullmatch=True)


@given(st.lists(_PLAIN, min_size=1, max_size=30))
def test_plain_decimals_are_read_as_float_reads_them(cells: list[str]) -> None:
    assert read_decimals(cells).tolist() == [float(cell) for cell in cells]


@given(st.lists(st.text("+-.0123456789", min_size=1, max_size=20), min_size=1, max_size=5))
def test_what_float_refuses_is_refused(cells: list[str]) -> None:
    try:
        expected = [float(cell) for cell in cells]
    except ValueError:
        with pytest.raises(ValueError, match=r"float|decimal|convert|could not"):
            read_decimals(cells)
    else:
        assert read_decimals(cells).tolist() == expected
