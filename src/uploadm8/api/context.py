"""What surrounds every request, 404 and 405 included: request id, address, headers, access log."""

import re
import sys
import time
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from functools import cache
from typing import Any
from urllib.parse import unquote_to_bytes

import msgspec
import structlog
from litestar import Litestar
from litestar.datastructures import State
from litestar.types import Message, Send
from prometheus_client import Counter, Histogram

from uploadm8.api.addresses import TrustedProxies
from uploadm8.api.problems import PROBLEM_JSON, problem
from uploadm8.errors import InvalidRequestError, UnfitError, UploadM8Error
from uploadm8.infra.audit import origin
from uploadm8.infra.ids import new_id_text
from uploadm8.infra.metrics.catalog import REQUEST_SECONDS, REQUESTS, REQUESTS_NOW
from uploadm8.infra.tracing import Span, SpanKind, span

log = structlog.get_logger("uploadm8.access")

_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_ALWAYS: Sequence[tuple[bytes, bytes]] = (
    (b"strict-transport-security", b"max-age=63072000; includeSubDomains"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-site"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'"),
)
_PRIVATE = (*_ALWAYS, (b"cache-control", b"no-store"))
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Edge:
    """The ASGI application: Litestar with its surroundings.

    A wrapper and not a middleware, because Litestar answers 404 and 405 before its middleware.
    """

    def __init__(self, litestar: Litestar, proxies: Sequence[str] = ()) -> None:
        self.litestar = litestar
        self._proxies = TrustedProxies.parse(proxies)

    @property
    def state(self) -> State:
        """The application's state."""
        return self.litestar.state

    def lifespan(self) -> AbstractAsyncContextManager[None]:
        """Open and close what the application needs, for callers without a server."""
        return self.litestar.lifespan()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.litestar(scope, receive, _plainly(send))
            return
        headers = dict(scope["headers"])
        request_id = _request_id(headers.get(b"x-request-id", b"").decode("latin-1"))
        peer = scope["client"][0] if scope.get("client") else ""
        forwarded = headers.get(b"x-forwarded-for", b"").decode("latin-1")
        state = scope.setdefault("state", {})
        state["request_id"] = request_id
        state["address"] = self._proxies.client(peer, forwarded)
        origin.enter(request_id, state["address"])
        answer = _Answer(send, state)
        bound = structlog.contextvars.bind_contextvars(request_id=request_id)
        REQUESTS_NOW.inc()
        try:
            with span(f"{_method(scope)} request", SpanKind.SERVER) as step:
                started = time.perf_counter()
                try:
                    if _has_bad_text(scope):
                        await _refuse(answer.send, InvalidRequestError(code="bad_text"), request_id)
                    else:
                        await self.litestar(scope, receive, answer.send)
                finally:
                    _tell(scope, state, answer.status, time.perf_counter() - started, step)
        finally:
            REQUESTS_NOW.dec()
            structlog.contextvars.reset_contextvars(**bound)
            origin.leave()


class _Answer:
    """Adds the headers that every answer has, and notes the status."""

    __slots__ = ("_send", "_state", "status")

    def __init__(self, send: Send, state: dict[str, Any]) -> None:
        self._send = send
        self._state = state
        self.status = 500

    async def send(self, message: Message) -> None:
        """What Litestar sends to."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            present = message.get("headers", ())
            message["headers"] = [
                *present,
                *_missing(present, self._state),
                (b"x-request-id", self._state["request_id"].encode()),
            ]
        await self._send(message)


def _request_id(given: str) -> str:
    return given if _ID.fullmatch(given) else new_id_text()


def _has_bad_text(scope: Any) -> bool:
    """Whether path or query hold a NUL or are not UTF-8: neither can mean anything here."""
    query: bytes = scope.get("query_string", b"")
    raw: bytes = scope.get("raw_path") or b""
    if b"%" not in query and b"%" not in raw:
        return "\0" in scope["path"]
    try:
        text = unquote_to_bytes(query).decode() + unquote_to_bytes(raw).decode()
    except UnicodeDecodeError:
        return True
    return "\0" in text


def _missing(present: Any, state: dict[str, Any]) -> list[tuple[bytes, bytes]]:
    wanted = [*(_PRIVATE if "principal" in state else _ALWAYS), *state.get("response_headers", ())]
    names = {name.lower() for name, _ in present}
    if names.isdisjoint(name for name, _ in wanted):
        return wanted
    return [(name, value) for name, value in wanted if name not in names]


def _plainly(send: Send) -> Send:
    """Tell the server why the application does not start, instead of Litestar's stack trace."""

    async def tell(message: Any) -> None:
        reason = _unfit(sys.exc_info()[1])  # Litestar sends while it handles the exception
        if message["type"] == "lifespan.startup.failed" and reason is not None:
            message = {**message, "message": str(reason)}
        await send(message)

    return tell


def _unfit(error: BaseException | None) -> BaseException | None:
    while isinstance(error, BaseExceptionGroup):  # its event emitter's task group
        error = error.exceptions[0]
    return error if isinstance(error, UnfitError) else None


async def _refuse(send: Send, error: UploadM8Error, request_id: str) -> None:
    body = msgspec.json.encode(problem(error, request_id))
    start: Any = {
        "type": "http.response.start",
        "status": error.status_code,
        "headers": [
            (b"content-type", PROBLEM_JSON.encode()),
            (b"content-length", str(len(body)).encode()),
        ],
    }
    await send(start)
    end: Any = {"type": "http.response.body", "body": body, "more_body": False}
    await send(end)


def _method(scope: Any) -> str:
    """The method, or OTHER: what callers make up must not become series without end."""
    method: str = scope["method"]
    return method if method in _METHODS else "OTHER"


@cache
def _series(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    """The two series of an answer: looking them up costs more than counting."""
    return REQUESTS.labels(method, route, status), REQUEST_SECONDS.labels(method, route)


def _tell(scope: Any, state: dict[str, Any], status: int, seconds: float, step: Span) -> None:
    principal = state.get("principal")
    method, route = _method(scope), scope.get("path_template") or "(no route)"
    count, time_taken = _series(method, route, status)
    count.inc()
    time_taken.observe(seconds)
    step.rename(f"{method} {route}")
    step.set({"http.route": route, "http.response.status_code": status})
    if status >= 500:
        step.failed(str(status))
    log.info(
        "request",
        method=method,
        path=route,
        status=status,
        ms=round(seconds * 1000, 1),
        user=None if principal is None else str(principal.user_id),
    )
