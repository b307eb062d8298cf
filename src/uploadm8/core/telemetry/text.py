"""Lines of a text file: any encoding, any line end, bounded in length."""

import codecs
from collections.abc import Iterator
from pathlib import Path

from uploadm8.core.telemetry.problems import Problem, telemetry_error

MAX_LINE = 65_536

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def _encoding(head: bytes) -> tuple[str, int]:
    """The encoding told by a byte order mark, and the length of the mark; UTF-8 without one."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name, len(mark)
    return "utf-8", 0


def decode_head(head: bytes) -> str:
    """The beginning of a file as text, for sniffing."""
    name, skip = _encoding(head)
    return head[skip:].decode(name, errors="replace").lstrip()


def head_lines(head: bytes, count: int) -> list[str]:
    """The first `count` lines that hold anything, stripped."""
    lines: list[str] = []
    for line in decode_head(head).splitlines():
        if stripped := line.strip():
            lines.append(stripped)
            if len(lines) == count:
                break
    return lines


def read_lines(path: Path) -> Iterator[str]:
    """Every line without its end, empty ones too; undecodable bytes become U+FFFD.

    Raises:
        TelemetryError: telemetry_line_too_long.
    """
    with path.open("rb") as file:
        name, skip = _encoding(file.read(4))
    # Old Mac line ends would make one endless line; universal newlines take all three kinds.
    with path.open(encoding=name, errors="replace", newline=None) as text:
        if skip:
            text.read(1)
        while line := text.readline(MAX_LINE + 1):
            if len(line) > MAX_LINE:
                raise telemetry_error(Problem.LINE_TOO_LONG)
            yield line.rstrip("\n").replace("\0", "")
