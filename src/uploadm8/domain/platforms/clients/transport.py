"""How the clients call: HTTP failures become PlatformErrors, bytes stream from the source."""

import re
from collections.abc import AsyncIterator, Awaitable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from uploadm8.domain.platforms.clients.base import Ambiguous, MediaSource
from uploadm8.domain.platforms.clients.errors import GARBLED, LOST, UNREACHABLE, PlatformError
from uploadm8.errors import Retry, UnavailableError
from uploadm8.infra.http import Answer, Http, NotSentError, OutcomeUnknownError

T = TypeVar("T")

PIECE = 1024 * 1024
"""Largest piece handed to the socket at once, whatever the source yields."""

_ANY_ID = 10**40  # beyond it a number is nobody's id, and too long to be written out
_WHOLE = re.compile(r"-?\d{1,18}", re.ASCII)
_SAID_TWICE = {Retry.PERMANENT_REQUEST, Retry.PERMANENT_MEDIA, Retry.TRANSIENT}


class SourceError(UnavailableError):
    """The video could not be read from storage."""

    code = "storage_unreadable"
    retry = Retry.TRANSIENT


@dataclass(frozen=True, slots=True)
class Line:
    """The connection of one platform's client."""

    http: Http
    platform: str

    async def send(self, method: str, url: str, **kwargs: Any) -> Answer:
        """Send as Http.send does; raise PlatformError when there is no answer."""
        try:
            return await self.http.send(method, url, **kwargs)
        except NotSentError as error:
            raise PlatformError(UNREACHABLE, platform=self.platform) from error
        except OutcomeUnknownError as error:
            raise PlatformError(LOST, platform=self.platform) from error

    def read(self, answer: Answer) -> dict[str, Any]:
        """Decode a JSON object; raise PlatformError when the body is something else."""
        found = json_object(answer)
        if found is None:
            raise PlatformError(GARBLED, platform=self.platform, http_status=answer.status)
        return found


def json_object(answer: Answer) -> dict[str, Any] | None:
    """Decode the body as a JSON object, or None."""
    try:
        found = msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def text(found: Mapping[str, Any], key: str) -> str | None:
    """Read a string or number as text; None when absent, null or empty.

    NUL characters are left out: no column of ours can hold one.
    """
    value = found.get(key)
    if isinstance(value, int) and (isinstance(value, bool) or abs(value) > _ANY_ID):
        return None
    if not isinstance(value, str | int):
        return None
    return str(value).replace("\0", "") or None


def number(found: Mapping[str, Any], key: str) -> int | None:
    """Read a whole number, also one written as a string or as 5.0; None when it is none."""
    value = found.get(key)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    raw = text({key: value}, key)
    return int(raw) if raw is not None and _WHOLE.fullmatch(raw) else None


def mapping(found: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Read an object; empty when absent."""
    value = found.get(key)
    return value if isinstance(value, dict) else {}


def rows(found: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """Read a list of objects; empty when absent."""
    value = found.get(key)
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


async def body(source: MediaSource, start: int, end: int) -> AsyncIterator[bytes]:
    """Yield exactly the bytes [start, end) in small pieces; never hold more than one.

    Raises:
        SourceError: the source failed, or gave more or fewer bytes than asked.
    """
    sent = 0
    try:
        async for block in source.read(start, end):
            view = memoryview(block)
            for at in range(0, len(view), PIECE):
                piece = bytes(view[at : at + PIECE])
                sent += len(piece)
                if sent > end - start:
                    break
                yield piece
    except (OSError, UnavailableError) as error:
        raise SourceError from error
    if sent != end - start:
        raise SourceError(f"Storage gave {sent} bytes where {end - start} were asked.")


async def once(call: Awaitable[T], *, again: bool = False) -> T | Ambiguous:
    """Await an irreversible call.

    Args:
        call: the call.
        again: it was made before without a verdict, so a refusal may mean "done already".

    Returns:
        Its result, or Ambiguous when the platform may have acted, now or the time before.

    Raises:
        PlatformError: the platform certainly did nothing.
    """
    try:
        return await call
    except PlatformError as error:
        if error.may_have_acted or (again and error.retry in _SAID_TWICE):
            return Ambiguous(error.detail)
        raise
    except SourceError as error:
        return Ambiguous(error.detail)


async def said_already(listing: Awaitable[Iterable[str | None]], comment: str) -> bool:
    """Tell whether a comment of ours is there already, so that a repeat does not double it.

    Where comments cannot be listed the answer is no: a first comment is worth the small risk.
    """
    try:
        return comment in await listing
    except PlatformError as error:
        if error.retry in {Retry.PERMANENT_REQUEST, Retry.PERMANENT_MEDIA}:
            return False
        raise
