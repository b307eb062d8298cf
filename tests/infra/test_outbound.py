"""Calls of addresses that customers chose."""

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest

from sandbox_inbox import webhook_inbox
from uploadm8.infra.outbound import (
    ForbiddenAddressError,
    Outbound,
    OutboundFailedError,
    open_outbound,
)

pytestmark = pytest.mark.anyio


@pytest.fixture
async def outbound() -> AsyncIterator[Outbound]:
    async with open_outbound() as opened:
        yield opened


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "https://127.0.0.1/",
        "https://localhost/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::a9fe:a9fe]/",
        "https://[2002:a00:1::]/",
        "https://169.254.169.254/latest/meta-data",
        "https://0x7f.1/",
        "https://2130706433/",
        "https://0/",
        "https://10.1.2.3/",
        "https://100.64.0.1/",
        "https://224.0.0.1/",
        "https://1.1.1.1:6379/",
        "https://user:secret@1.1.1.1/",
        "https://1.1.1.1:99999/",
        "ftp://1.1.1.1/",
        "https:///nothing",
        "gopher",
    ],
)
async def test_an_address_inside_or_a_strange_url_is_refused(outbound: Outbound, url: str) -> None:
    with pytest.raises(ForbiddenAddressError):
        await outbound.check(url)


async def test_a_public_address_is_allowed(outbound: Outbound) -> None:
    assert await outbound.check("https://1.1.1.1/hook") == "1.1.1.1"


async def test_one_private_address_among_public_ones_refuses_the_name(
    outbound: Outbound, monkeypatch: pytest.MonkeyPatch
) -> None:
    _resolve_to(monkeypatch, "1.1.1.1", "10.0.0.1")
    with pytest.raises(ForbiddenAddressError):
        await outbound.check("https://rebind.example/")


async def test_a_name_that_turns_private_later_is_refused_when_it_is_called(
    outbound: Outbound, monkeypatch: pytest.MonkeyPatch
) -> None:
    _resolve_to(monkeypatch, "1.1.1.1")
    await outbound.check("https://rebind.example/")
    _resolve_to(monkeypatch, "127.0.0.1")
    with pytest.raises(ForbiddenAddressError):
        await outbound.post("https://rebind.example/", b"{}", {})


async def test_the_connection_goes_to_the_address_that_was_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with webhook_inbox() as inbox:
        port = inbox.url.rsplit(":", 1)[1].split("/")[0]
        _resolve_to(monkeypatch, "127.0.0.1")
        async with open_outbound(allow_private=True) as outbound:
            reply = await outbound.post(f"http://hooks.example:{port}/hook", b"{}", {})
        headers, _ = inbox.wait()
    assert (reply.status, headers["host"]) == (200, f"hooks.example:{port}")


async def test_a_redirect_is_not_followed() -> None:
    with webhook_inbox(status=302, location="http://127.0.0.1:1/") as inbox:
        async with open_outbound(allow_private=True) as outbound:
            reply = await outbound.post(inbox.url, b"{}", {})
    assert (reply.status, reply.ok) == (302, False)


async def test_a_dead_end_is_a_failure_with_a_sentence() -> None:
    async with open_outbound(allow_private=True) as outbound:
        with pytest.raises(OutboundFailedError):
            await outbound.post("http://127.0.0.1:9/", b"{}", {})


def _resolve_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    async def resolve(_host: str, port: int, **_more: Any) -> list[Any]:
        kind = socket.SOCK_STREAM
        return [(socket.AF_INET, kind, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
