"""Lists as files: CSV or JSON, written page by page so that their size costs no memory."""

from collections.abc import AsyncIterator, Sequence
from enum import StrEnum

import msgspec

from uploadm8.infra import spreadsheet

Pages = AsyncIterator[Sequence[msgspec.Struct]]


class Format(StrEnum):
    """How an export is written."""

    CSV = "csv"
    JSON = "json"

    @property
    def media_type(self) -> str:
        """Its Content-Type."""
        return "text/csv; charset=utf-8" if self is Format.CSV else "application/json"


def write(written: Format, shape: type[msgspec.Struct], pages: Pages) -> AsyncIterator[str]:
    """The pages in pieces of a file.

    Args:
        written: as what.
        shape: of every row; its fields are the columns.
        pages: the rows, some at a time.
    """
    return _csv(shape.__struct_fields__, pages) if written is Format.CSV else _json(pages)


def headers(name: str, written: Format) -> dict[str, str]:
    """Headers of the answer: a download under a name, kept by no cache."""
    return {
        "Content-Disposition": f'attachment; filename="uploadm8-{name}.{written.value}"',
        "Cache-Control": "no-store",
    }


async def _csv(columns: Sequence[str], pages: Pages) -> AsyncIterator[str]:
    yield spreadsheet.lines([columns])
    async for rows in pages:
        yield spreadsheet.lines([_cell(getattr(row, name)) for name in columns] for row in rows)


def _cell(value: object) -> object:
    return msgspec.json.encode(value).decode() if isinstance(value, (dict, list)) else value


async def _json(pages: Pages) -> AsyncIterator[str]:
    yield '{"items":['
    between = ""
    async for rows in pages:
        yield between + ",".join(msgspec.json.encode(row).decode() for row in rows)
        between = ","
    yield "]}"
