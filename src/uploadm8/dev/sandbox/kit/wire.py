"""The strict HTTP seam: exact paths, streamed bodies, replies, and real connection resets.

Litestar normalises trailing slashes and TikTok's contract depends on them, so the parties'
routes are matched here, on the path exactly as sent.
"""

import asyncio
import json
import os
import re
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from litestar.types import Receive, Scope, Send

from uploadm8.dev.sandbox.kit.values import whole_number

SMALL_BODY = 1 << 20
_PLACEHOLDER = re.compile(r"\\\{(\w+)\\\}")


@dataclass(frozen=True, slots=True)
class FileSlice:
    """Bytes [start, start + length) of a file, sent as a body."""

    path: Path
    start: int
    length: int


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: status, headers, and a body in memory or on disk."""

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    file: FileSlice | None = None

    def with_headers(self, headers: Mapping[str, str]) -> "Reply":
        return Reply(self.status, self.body, self.headers + tuple(headers.items()), self.file)


class RefusedError(Exception):
    """A request that breaks the party's rules, with the answer the party gives to it."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


class BodyBrokenError(Exception):
    """The body ended early; `written` says how many of its bytes reached the file."""

    def __init__(self, written: int = 0) -> None:
        super().__init__(written)
        self.written = written


class ClientGoneError(BodyBrokenError):
    """The client closed the connection before its body had arrived."""


class CutError(BodyBrokenError):
    """A scripted fault cut the connection in the middle of the body."""


def json_reply(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """A reply whose body is `value` as JSON."""
    kind = ("content-type", "application/json; charset=utf-8")
    return Reply(status, json.dumps(value).encode(), (kind, *(headers or {}).items()))


def html_reply(page: str, status: int = 200) -> Reply:
    """A reply whose body is an HTML page."""
    return Reply(status, page.encode(), (("content-type", "text/html; charset=utf-8"),))


def redirect_reply(url: str) -> Reply:
    """A 302 to `url`."""
    return Reply(302, headers=(("location", url),))


@dataclass(slots=True)
class Call:
    """One request as a party's handler sees it.

    `fault` names a scripted fault that the handler itself acts out (stale_status, partial, expire);
    `account` is filled in by whoever authenticates the request, for the call log.
    """

    method: str
    path: str
    base: str
    headers: Mapping[str, str]
    raw_query: str
    receive: Receive
    params: dict[str, str] = field(default_factory=dict)
    route: str = ""
    fault: str | None = None
    account: str | None = None
    body_done: bool = False
    memo: dict[str, Any] = field(default_factory=dict)

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(self.raw_query, keep_blank_values=True))

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").split(";")[0].strip().lower()

    @property
    def content_length(self) -> int | None:
        return whole_number(self.headers.get("content-length"))

    def bearer(self, scheme: str = "Bearer") -> str | None:
        """The credential of the Authorization header, if it uses `scheme`."""
        kind, _, value = self.headers.get("authorization", "").partition(" ")
        return value.strip() if kind == scheme and value else None

    async def stream(self) -> AsyncIterator[bytes]:
        """The body as it arrives.

        Raises:
            ClientGoneError: the client left before the end.
            CutError: the fault `reset_mid` ends this connection half way.
        """
        half = (self.content_length or 0) // 2 if self.fault == "reset_mid" else None
        seen = 0
        while not self.body_done:
            message = await self.receive()
            if message["type"] != "http.request":
                raise ClientGoneError
            chunk = message.get("body", b"")
            self.body_done = not message.get("more_body", False)
            seen += len(chunk)
            if half is not None and seen > half:
                yield chunk[: max(0, len(chunk) - (seen - half))]
                raise CutError
            if chunk:
                yield chunk

    async def body(self, limit: int = SMALL_BODY) -> bytes:
        """The whole body.

        Raises:
            RefusedError: it is longer than `limit` bytes (413).
        """
        parts = bytearray()
        async for chunk in self.stream():
            parts += chunk
            if len(parts) > limit:
                raise RefusedError(Reply(413))
        return bytes(parts)

    async def drain(self, limit: int = 8 * SMALL_BODY) -> None:
        """Read and forget the rest of the body, so that the connection can be used again."""
        seen = 0
        async for chunk in self.stream():
            seen += len(chunk)
            if seen > limit:
                return


Handler = Callable[[Call], Awaitable[Reply]]


class Route:
    """A method, an exact path with {placeholders}, a name for faults and call log, a handler.

    Where one path serves several steps, `refine` reads the request and tells which of `names` it
    is; `before` is a regular expression for an optional start of the path (a version).
    """

    def __init__(
        self,
        method: str,
        template: str,
        name: str,
        handler: Handler,
        *,
        refine: Callable[[Call], Awaitable[str]] | None = None,
        names: tuple[str, ...] = (),
        before: str = "",
    ) -> None:
        self.method, self.template, self.name, self.handler = method, template, name, handler
        self.refine, self.names = refine, names or (name,)
        escaped = _PLACEHOLDER.sub(r"(?P<\1>[^/]+)", re.escape(template))
        self.pattern = re.compile(before + escaped)


@dataclass(slots=True)
class Party:
    """One host of an outside party, mounted at a path prefix.

    Attributes:
        name: the party that faults and the call log speak of (tiktok, google, meta, ...).
        prefix: where its base URL points, for example /tiktok-api.
        routes: tried in order, the first match wins.
        unknown: the answer for a path or method that no route has.
        canned: answers of the faults 429, 5xx and quota, in the party's own shape.
        subject: the account a request acts for, without judging it (for the fault `revoke`).
    """

    name: str
    prefix: str
    routes: Iterable[Route]
    unknown: Callable[[Call], Reply]
    canned: Mapping[str, Reply] = field(default_factory=dict)
    subject: Callable[[Call], str | None] = lambda _call: None

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        for route in self.routes:
            match = route.pattern.fullmatch(path) if route.method == method else None
            if match:
                return route, {k: v for k, v in match.groupdict().items() if v is not None}
        return None


def make_call(scope: Scope, receive: Receive, prefix: str, base: str | None) -> Call:
    """Read an ASGI scope; `base` overrides scheme and host of the URLs handed back."""
    headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}
    host = headers.get("host", "localhost")
    return Call(
        method=str(scope.get("method")),
        path=str(scope["path"])[len(prefix) :],
        base=base or f"{scope.get('scheme', 'http')}://{host}",
        headers=headers,
        raw_query=bytes(scope.get("query_string", b"")).decode("latin-1"),
        receive=receive,
    )


async def send_reply(reply: Reply, send: Send, *, head: bool = False) -> None:
    """Send a reply; a file slice is streamed in pieces of 256 KiB."""
    length = reply.file.length if reply.file else len(reply.body)
    headers = [(k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in reply.headers]
    if reply.status != 204 and not any(key == b"content-length" for key, _ in headers):
        headers.append((b"content-length", str(length).encode()))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    if reply.file and not head:
        left = reply.file.length
        with reply.file.path.open("rb") as file:
            file.seek(reply.file.start)
            while left and (piece := file.read(min(left, 1 << 18))):
                left -= len(piece)
                await send({"type": "http.response.body", "body": piece, "more_body": True})
    body = b"" if head or reply.file else reply.body
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def reset_connection(receive: Receive, send: Send) -> None:
    """End the TCP connection with a RST, as a crashed gateway does.

    Raises:
        ConnectionResetError: there is no socket underneath (an in-process client).
    """
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        raise ConnectionResetError("the sandbox was scripted to reset this connection")
    # A second descriptor reaches the same socket, whichever event loop wraps the first one.
    with socket.socket(fileno=os.dup(transport.get_extra_info("socket").fileno())) as twin:
        twin.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
    await wait_for_disconnect(receive)


async def wait_for_disconnect(receive: Receive, limit_s: float = 600.0) -> None:
    """Say nothing until the client gives up (or `limit_s` seconds pass)."""
    try:
        async with asyncio.timeout(limit_s):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return
