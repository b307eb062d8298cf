"""The outgoing client: what was not sent is told apart from what may have arrived."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from uploadm8.infra.http import (
    MAX_ANSWER_BYTES,
    STATUS_TIMEOUT,
    TRANSFER_TIMEOUT,
    ForbiddenUrlError,
    NotSentError,
    OutcomeUnknownError,
    open_http,
)

pytestmark = pytest.mark.anyio
Server = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@asynccontextmanager
async def serving(answer: Server) -> AsyncIterator[str]:
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def saying(*answers: bytes) -> Server:
    """Answer connection by connection; an empty answer hangs up."""
    left = list(answers)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(left.pop(0))
        await writer.drain()
        writer.close()

    return answer


async def test_a_closed_port_is_certainly_not_sent() -> None:
    async with serving(saying()) as base:
        pass
    async with open_http([base]) as http:
        with pytest.raises(NotSentError):
            await http.send("POST", f"{base}/x", form={"a": "b"})


async def test_a_connection_lost_after_sending_is_unknown() -> None:
    async with serving(saying(b"")) as base, open_http([base]) as http:
        with pytest.raises(OutcomeUnknownError) as lost:
            await http.send("POST", f"{base}/x", form={"a": "b"})
    assert lost.value.retry == "ambiguous"


async def test_an_answer_cut_short_is_unknown() -> None:
    cut = b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nhalf"
    async with serving(saying(cut)) as base, open_http([base]) as http:
        with pytest.raises(OutcomeUnknownError):
            await http.send("POST", f"{base}/x")


async def test_only_repeatable_requests_are_repeated() -> None:
    bad = b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"
    async with serving(saying(b"", bad, OK)) as base, open_http([base]) as http:
        assert (await http.send("GET", f"{base}/x")).body == b"ok"
    async with serving(saying(bad, OK)) as base, open_http([base]) as http:
        assert (await http.send("POST", f"{base}/x")).status == 503


async def test_a_redirect_is_an_answer() -> None:
    moved = b"HTTP/1.1 308 Resume\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    async with serving(saying(moved)) as base, open_http([base]) as http:
        assert (await http.send("PUT", f"{base}/x")).status == 308


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "/relative",
        "http://",
        "https://[half",
        "https://example.com:port/",
        "https://example.com/\0",
        "https://example.com/" + "a" * 70_000,
    ],
)
async def test_plain_http_elsewhere_is_refused(url: str) -> None:
    async with open_http(["http://127.0.0.1:1234/base"]) as http:
        with pytest.raises(ForbiddenUrlError):
            await http.send("GET", url)
        http.check("https://upload.example.com/run/time?token=1")
        http.check("http://127.0.0.1:1234/elsewhere")


async def test_the_query_of_a_run_time_address_is_kept_as_it_is() -> None:
    seen: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(OK)
        writer.close()

    async with serving(answer) as base, open_http([base]) as http:
        await http.send("GET", f"{base}/v?upload_id=1&token=a%2Bb", params={"more": "2"})
    assert b"GET /v?upload_id=1&token=a%2Bb&more=2 " in seen[0]


async def test_an_endless_answer_is_cut_off() -> None:
    huge = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (MAX_ANSWER_BYTES + 9)
    body = huge + bytes(MAX_ANSWER_BYTES + 9)
    async with serving(saying(body)) as base, open_http([base]) as http:
        with pytest.raises(OutcomeUnknownError, match="too many bytes"):
            await http.send("POST", f"{base}/x")


async def test_an_answer_that_trickles_for_ever_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("uploadm8.infra.http.ANSWER_S", 0.3)

    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while not reader.at_eof():
            writer.write(b"x")
            await asyncio.sleep(0.02)
        writer.close()

    for patience in (STATUS_TIMEOUT, TRANSFER_TIMEOUT):
        async with serving(trickle) as base, open_http([base]) as http:
            with pytest.raises(OutcomeUnknownError):
                await http.send("POST", f"{base}/x", patience=patience)


async def test_cookies_are_not_taken_from_one_call_to_the_next() -> None:
    seen: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nSet-Cookie: who=apex\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async with serving(answer) as base, open_http([base]) as http:
        for _ in range(2):
            await http.send("GET", f"{base}/x")
    assert len(seen) == 2
    assert b"cookie" not in seen[1].lower()


async def test_addresses_are_not_logged(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.INFO)
    async with serving(saying(OK)) as base, open_http([base]) as http:
        await http.send("GET", f"{base}/secret-path?upload_token=s3cret")
    told = caplog.text + "".join(capsys.readouterr())
    assert "s3cret" not in told
    assert "secret-path" not in told
