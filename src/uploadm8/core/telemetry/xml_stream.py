"""A streaming XML parser that refuses document types, and with them every entity attack."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from xml.parsers import expat

from uploadm8.core.telemetry.problems import Problem, telemetry_error

_CHUNK = 1 << 18
MAX_TEXT = 128  # characters kept of one element; a number or time is shorter


def file_chunks(path: Path) -> Iterator[bytes]:
    """The bytes of a file, piece by piece."""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def parse_xml(
    chunks: Iterable[bytes],
    on_start: Callable[[str, dict[str, str]], None],
    on_end: Callable[[str], None],
    on_text: Callable[[str], None],
) -> str | None:
    """Feed a document through the handlers.

    A document type is the only way to entities, external references and expansion bombs, and no
    telemetry format has one; refusing it is what defusedxml's forbid_dtd does, here without the
    cost of its Python tree builder.

    Returns:
        None, or a sentence about where the file breaks off; what came before has been handled.

    Raises:
        TelemetryError: telemetry_xml_forbidden.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = on_start
    parser.EndElementHandler = on_end
    parser.CharacterDataHandler = on_text
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    try:
        for chunk in chunks:
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except (expat.ExpatError, LookupError, ValueError):
        line = parser.ErrorLineNumber
        return f"The file is damaged or cut off at line {line}; what stands before it was read."
    return None


def _refuse(*_: object) -> None:
    raise telemetry_error(Problem.XML_FORBIDDEN)


def local_name(name: str) -> str:
    """The element name without its namespace prefix, which every writer chooses differently."""
    return name.rpartition(":")[2]
