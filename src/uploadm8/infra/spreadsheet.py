"""CSV that is safe to open in a spreadsheet."""

import csv
import io
from collections.abc import Iterable
from datetime import datetime

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\0")


def cell(value: object) -> str:
    """A cell that no spreadsheet takes for a formula: text that could be one gets a leading '.

    Numbers stay as they are; times are RFC 3339.
    """
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    text = str(value)
    suspect = not isinstance(value, (int, float)) and text.lstrip(" ").startswith(_FORMULA)
    return f"'{text}" if suspect else text


def lines(rows: Iterable[Iterable[object]]) -> str:
    """CSV lines (RFC 4180) of rows of cells."""
    text = io.StringIO()
    csv.writer(text).writerows([cell(value) for value in row] for row in rows)
    return text.getvalue()
