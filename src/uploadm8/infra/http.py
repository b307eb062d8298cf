"""One outgoing HTTP client for the whole process: bounded, allow-listed, quiet about secrets."""

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import httpx
import structlog

from uploadm8.errors import Retry, UnavailableError, UploadM8Error
from uploadm8.infra.metrics.catalog import CALL_SECONDS, CALLS
from uploadm8.infra.tracing import SpanKind, span

log = structlog.get_logger(__name__)

STATUS_TIMEOUT = httpx.Timeout(30.0, connect=5.0, pool=10.0)
TRANSFER_TIMEOUT = httpx.Timeout(120.0, connect=5.0, pool=10.0)
ANSWER_S = 60.0
"""An answer has come whole by then; the timeouts above only bound the pauses within it."""
MAX_ANSWER_BYTES = 8 * 1024 * 1024
RETRIES = 2
_GATEWAY_STATUS = frozenset({502, 503, 504})
_LIMITS = httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=3.0)


class NotSentError(UnavailableError):
    """The other side could not be reached; the request was certainly not received."""

    code = "remote_unreachable"
    retry = Retry.TRANSIENT


class OutcomeUnknownError(UnavailableError):
    """The connection was lost after the request may have been received."""

    code = "remote_outcome_unknown"
    retry = Retry.AMBIGUOUS


class ForbiddenUrlError(UploadM8Error):
    """The address is neither https nor inside a configured base URL."""

    status_code = 502
    code = "remote_url_refused"
    retry = Retry.PERMANENT_REQUEST


_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer: status, headers, body of at most MAX_ANSWER_BYTES."""

    status: int
    headers: httpx.Headers
    body: bytes
    url: str

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300


def origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port of a URL, for comparing where two URLs point to."""
    parts = urlsplit(url)
    default = {"https": 443, "http": 80}.get(parts.scheme)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or default


@dataclass(frozen=True)
class Http:
    """Sends requests; every failure is either NotSentError or OutcomeUnknownError.

    Redirects are answers, never followed: 308 means "send more" to YouTube, and a redirect
    elsewhere would carry credentials along.
    """

    client: httpx.AsyncClient
    trusted: frozenset[tuple[str, str, int | None]] = field(default_factory=frozenset)
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        json: Any = None,
        content: bytes | AsyncIterator[bytes] | None = None,
        patience: httpx.Timeout = STATUS_TIMEOUT,
        idempotent: bool | None = None,
    ) -> Answer:
        """Send one request and read the whole answer.

        Args:
            method: HTTP method.
            url: absolute URL: https, or on the origin of a configured base URL.
            headers: extra headers; give Content-Length with an iterator as content.
            params: added to the query.
            form: sent urlencoded.
            json: sent as JSON.
            content: raw body; an iterator is streamed and never retried.
            patience: STATUS_TIMEOUT or TRANSFER_TIMEOUT.
            idempotent: whether a repeat is harmless; by default only for GET and HEAD.

        Raises:
            ForbiddenUrlError: the URL is not allowed.
            NotSentError: the request was certainly not received.
            OutcomeUnknownError: it may have been received and acted on.
        """
        target = self.check(url)
        if params:
            # httpx replaces the whole query by `params`; a run-time URL's own is a credential.
            target = target.copy_merge_params(params)
        streamed = content is not None and not isinstance(content, bytes)
        repeat = (method in {"GET", "HEAD"} if idempotent is None else idempotent) and not streamed
        for attempt in range(RETRIES + 1):
            last = not repeat or attempt == RETRIES
            try:
                answer = await self._once(
                    method,
                    target,
                    headers=headers,
                    data=form,
                    json=json,
                    content=content,
                    timeout=patience,
                )
            except (NotSentError, OutcomeUnknownError):
                if last:
                    raise
            else:
                if last or answer.status not in _GATEWAY_STATUS:
                    return answer
            await self.sleep(random.uniform(0.1, 0.4 * 2**attempt))  # noqa: S311 -- jitter
        raise AssertionError

    def check(self, url: str) -> httpx.URL:
        """Read a URL that is https or on a configured origin.

        Raises:
            ForbiddenUrlError: it is neither, or no URL.
        """
        try:
            parts, target = urlsplit(url), httpx.URL(url)
            trusted = parts.scheme == "https" or origin(url) in self.trusted
        except (ValueError, httpx.InvalidURL) as error:
            raise ForbiddenUrlError("The address to call is no URL.") from error
        if parts.hostname and trusted:
            return target
        raise ForbiddenUrlError(
            f"Refused to call {parts.scheme or 'an address without scheme'}://{parts.hostname}.",
            action="Use https, or configure the base URL of that service.",
        )

    async def _once(self, method: str, url: httpx.URL, **kwargs: Any) -> Answer:
        started = time.monotonic()
        outcome: str | int = "error"
        # Addresses learned at run time are endless: only the configured hosts get series.
        host = url.host if origin(str(url)) in self.trusted else "other"
        with span(f"{method} {host}", SpanKind.CLIENT, {"server.address": url.host}) as step:
            try:
                answer = await self._exchange(method, url, **kwargs)
            except (NotSentError, OutcomeUnknownError) as error:
                outcome = type(error.__cause__ or error).__name__
                step.failed(outcome)
                raise
            else:
                outcome = answer.status
                return answer
            finally:
                seconds = time.monotonic() - started
                CALLS.labels(host, method, _class_of(outcome)).inc()
                CALL_SECONDS.labels(host).observe(seconds)
                step.set({"http.outcome": str(outcome)})
                # Paths of run-time URLs and all queries are credentials: only method and host are told.
                log.info(
                    "http_request",
                    method=method,
                    host=url.host,
                    outcome=outcome,
                    ms=round(seconds * 1000),
                )

    async def _exchange(self, method: str, url: httpx.URL, **kwargs: Any) -> Answer:
        whole_s = ANSWER_S if kwargs["timeout"] is STATUS_TIMEOUT else None
        try:
            async with asyncio.timeout(whole_s):
                request = self.client.build_request(method, url, **kwargs)
                response = await self.client.send(request, stream=True)
                try:
                    async with asyncio.timeout(ANSWER_S):
                        body = await _read(response)
                finally:
                    await response.aclose()
            return Answer(response.status_code, response.headers, body, str(url))
        except _NOT_SENT as error:
            raise NotSentError(f"{url.host} could not be reached.") from error
        except (httpx.HTTPError, TimeoutError) as error:
            raise OutcomeUnknownError(f"The connection to {url.host} was lost.") from error


def _class_of(outcome: str | int) -> str:
    """``2xx`` and the like for a status; the kind of failure for no answer."""
    return f"{outcome // 100}xx" if isinstance(outcome, int) else outcome


async def _read(response: httpx.Response) -> bytes:
    body = bytearray()
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) > MAX_ANSWER_BYTES:
            raise OutcomeUnknownError(f"{response.url.host} answered with too many bytes.")
    return bytes(body)


def no_cookies() -> CookieJar:
    """A jar that stays empty: one customer's cookie has no place in another one's call."""
    return CookieJar(DefaultCookiePolicy(allowed_domains=[]))


@asynccontextmanager
async def open_http(
    base_urls: Iterable[str], *, user_agent: str = "UploadM8"
) -> AsyncIterator[Http]:
    """Open the shared client; plain http is allowed only to the origins of base_urls."""
    for name in ("httpx", "httpcore"):  # they log whole URLs, and headers
        logging.getLogger(name).setLevel(logging.WARNING)
    async with httpx.AsyncClient(
        timeout=STATUS_TIMEOUT,
        limits=_LIMITS,
        follow_redirects=False,
        trust_env=False,
        cookies=no_cookies(),
        headers={"User-Agent": user_agent, "Accept-Encoding": "identity"},
    ) as client:
        yield Http(client, frozenset(origin(url) for url in base_urls))
