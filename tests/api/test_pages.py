"""Cursors."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uploadm8.api.pages import by_id, by_time, decode_cursor, encode_cursor, page
from uploadm8.errors import InvalidRequestError

_TIMES = st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2100, 1, 1))  # noqa: DTZ001


@given(_TIMES, st.uuids())
def test_a_cursor_gives_its_key_back(at: datetime, row: UUID) -> None:
    at = at.replace(tzinfo=UTC)
    assert by_time(encode_cursor(at, row)) == (at, row)


@given(st.text(max_size=200))
def test_any_text_is_a_key_or_a_named_error(text: str) -> None:
    try:
        key = by_id(text)
    except InvalidRequestError:
        return
    assert isinstance(key, UUID)


def test_a_cursor_of_another_list_is_refused() -> None:
    with pytest.raises(InvalidRequestError):
        decode_cursor(encode_cursor("a", 1), UUID)


def test_the_last_page_has_no_cursor() -> None:
    assert page([1, 2], 2, lambda row: (row,)).next_cursor is None


def test_a_full_page_points_after_its_last_row() -> None:
    found = page([1, 2, 3], 2, lambda row: (row,))
    assert found.items == [1, 2]
    assert decode_cursor(found.next_cursor, int) == (2,)
