"""Request bodies as fields: form, multipart and JSON, checked for content type and shape."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from uploadm8.dev.sandbox.kit.wire import Call

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"


class MalformedBodyError(Exception):
    """The body is not what its content type says, or the content type is not taken here."""


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file part of a multipart body, already on disk."""

    filename: str
    content_type: str
    path: Path
    size: int


@dataclass(slots=True)
class Fields:
    """Text fields in order of arrival, and files by field name."""

    pairs: list[tuple[str, str]] = field(default_factory=list)
    files: dict[str, SentFile] = field(default_factory=dict)

    def single(self) -> dict[str, str]:
        """The text fields, each of which may come once.

        Raises:
            MalformedBodyError: a field comes twice.
        """
        found = dict(self.pairs)
        if len(found) != len(self.pairs):
            raise MalformedBodyError("a field is given twice")
        return found


def json_object(data: bytes) -> dict[str, Any]:
    """Parse a JSON object.

    Raises:
        MalformedBodyError: it is not JSON, not an object, or names a member twice.
    """

    def no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise MalformedBodyError("a member is given twice")
        return found

    try:
        value = json.loads(data, object_pairs_hook=no_twins)
    except (ValueError, RecursionError) as error:
        raise MalformedBodyError("the body is not JSON") from error
    if not isinstance(value, dict):
        raise MalformedBodyError("the body is not a JSON object")
    return value


def has_json_type(call: Call) -> bool:
    """Whether the content type is JSON in UTF-8 (a missing charset means UTF-8)."""
    parts = [part.strip().lower() for part in call.headers.get("content-type", "").split(";")]
    return parts[0] == "application/json" and parts[1:] in ([], ["charset=utf-8"])


async def read_form(call: Call) -> dict[str, str]:
    """The fields of a URL-encoded body.

    Raises:
        MalformedBodyError: another content type, or a field given twice.
    """
    if call.content_type != FORM:
        raise MalformedBodyError(f"the content type must be {FORM}")
    text = (await call.body()).decode("utf-8", "replace")
    return Fields(parse_qsl(text, keep_blank_values=True)).single()


async def read_fields(call: Call, folder: Path) -> Fields:
    """The fields of a form, multipart or JSON body; file parts go to files in `folder`.

    JSON members that are not strings keep their JSON text, as Graph parameters do.

    Raises:
        MalformedBodyError: the body does not match its content type.
    """
    if call.content_type == MULTIPART:
        return await _read_multipart(call, folder)
    data = await call.body()
    if not data:
        return Fields()
    if call.content_type == "application/json":
        values = json_object(data)
        return Fields([(k, v if isinstance(v, str) else json.dumps(v)) for k, v in values.items()])
    if call.content_type == FORM:
        return Fields(parse_qsl(data.decode("utf-8", "replace"), keep_blank_values=True))
    raise MalformedBodyError("the content type must be a form, multipart or JSON")


async def _read_multipart(call: Call, folder: Path) -> Fields:
    _, options = parse_options_header(call.headers.get("content-type", ""))
    fields, writer = Fields(), _PartWriter(folder)
    try:
        with PushMultipartParser(options.get("boundary", "")) as parser:
            async for chunk in call.stream():
                for event in parser.parse(chunk):
                    writer.feed(event, fields)
    except (MultipartError, ValueError) as error:
        raise MalformedBodyError("the body is not well-formed multipart") from error
    finally:
        writer.close()
    return fields


class _PartWriter:
    """Turns the parser's events into text fields and files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._segment: MultipartSegment | None = None
        self._text = bytearray()
        self._path = folder
        self._close: Callable[[], None] | None = None
        self._write: Callable[[bytes], object] = self._text.extend

    def feed(self, event: MultipartSegment | bytearray | None, fields: Fields) -> None:
        if isinstance(event, MultipartSegment):
            self._open(event)
        elif event is not None:
            self._write(bytes(event))
        elif self._segment is not None:
            self._finish(self._segment, fields)

    def close(self) -> None:
        if self._close:
            self._close()
            self._close = None

    def _open(self, segment: MultipartSegment) -> None:
        self._segment = segment
        if segment.filename is None:
            self._text = bytearray()
            self._write = self._text.extend
            return
        self._path = self._folder / f"part-{uuid4().hex}"
        file = self._path.open("wb")
        self._write, self._close = file.write, file.close

    def _finish(self, segment: MultipartSegment, fields: Fields) -> None:
        self.close()
        if segment.filename is None:
            fields.pairs.append((segment.name, self._text.decode("utf-8", "replace")))
            return
        kind = segment.header("Content-Type", "application/octet-stream")
        size = self._path.stat().st_size
        fields.files[segment.name] = SentFile(segment.filename, kind, self._path, size)
