"""Keyset pages: ``?limit=&cursor=`` in, ``{"items": [...], "next_cursor": null}`` out."""

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

import msgspec
from litestar.params import Parameter

from uploadm8.errors import InvalidRequestError

T = TypeVar("T")

Limit = Annotated[int, Parameter(ge=1, le=100, description="Items per page")]
Cursor = Annotated[
    str | None,
    Parameter(max_length=400, description="next_cursor of the page before", required=False),
]


class Page(msgspec.Struct, Generic[T]):
    """One page of a list, newest first unless said otherwise."""

    items: list[T]
    next_cursor: str | None = None


def encode_cursor(*key: object) -> str:
    """An opaque cursor of the sort key of a page's last row."""
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).rstrip(b"=").decode()


def decode_cursor(cursor: str | None, *types: Any) -> tuple[Any, ...] | None:
    """The sort key in a cursor, of exactly these types; None for the first page.

    A cursor grants nothing: the query it goes into is scoped to the caller anyway.

    Raises:
        InvalidRequestError: code ``invalid_cursor``.
    """
    if cursor is None:
        return None
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        key: tuple[Any, ...] = msgspec.json.decode(raw, type=tuple[types])  # type: ignore[valid-type]
    except (binascii.Error, ValueError, RecursionError, UnicodeError):
        raise InvalidRequestError(
            "The cursor is not one of ours.",
            code="invalid_cursor",
            action="Start again without a cursor.",
        ) from None
    if any(isinstance(part, str) and "\0" in part for part in key):
        raise InvalidRequestError("The cursor is not one of ours.", code="invalid_cursor")
    return key


def by_id(cursor: str | None) -> UUID | None:
    """The id in a cursor of a list sorted by id alone (UUIDv7 sorts by age)."""
    key = decode_cursor(cursor, UUID)
    return None if key is None else key[0]


def by_time(cursor: str | None) -> tuple[datetime, UUID] | None:
    """The (time, id) in a cursor of a list sorted by a time."""
    key = decode_cursor(cursor, datetime, UUID)
    return None if key is None else (key[0], key[1])


def page(rows: Sequence[T], limit: int, key: Callable[[T], tuple[object, ...]]) -> Page[T]:
    """A page of rows fetched with ``LIMIT limit + 1``; `key` gives a row's sort key."""
    kept = list(rows[:limit])
    more = len(rows) > limit
    return Page(items=kept, next_cursor=encode_cursor(*key(kept[-1])) if more else None)
