"""Calls to addresses that customers chose: public ones only, resolved once, never redirected."""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

import httpx

from uploadm8.errors import Retry, UploadM8Error
from uploadm8.infra.http import no_cookies

TIMEOUT_S = 10.0
MAX_ANSWER_BYTES = 64 * 1024


class ForbiddenAddressError(UploadM8Error):
    """The address is not a public https address."""

    status_code = 400
    code = "address_refused"
    retry = Retry.PERMANENT_REQUEST


class OutboundFailedError(UploadM8Error):
    """The other side did not answer."""

    status_code = 502
    code = "remote_failed"
    retry = Retry.TRANSIENT


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: its status, and the beginning of its body as text."""

    status: int
    text: str

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx; a redirect is not followed and is not one."""
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Outbound:
    """Posts to foreign addresses.

    The name is resolved here and the connection made to that very address, so that a name that
    answers differently the second time (DNS rebinding) gains nothing.

    Attributes:
        allow_private: for development: plain http and private addresses are called too.
    """

    client: httpx.AsyncClient
    allow_private: bool = False

    async def check(self, url: str) -> str:
        """Return the IP address to call for a URL.

        Raises:
            ForbiddenAddressError: the URL, its port or one of its addresses is not allowed.
            OutboundFailedError: the name cannot be resolved now.
        """
        parts = self._parts(url)
        host, port = parts.hostname or "", parts.port or _DEFAULT_PORT[parts.scheme]
        addresses = await _resolve(host, port)
        if not self.allow_private:
            # One private address among public ones is enough to refuse: the resolver chooses.
            for address in addresses:
                if not _is_public(address):
                    raise ForbiddenAddressError(f"{host} is not on the public internet.")
        return addresses[0]

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Post a body; 10 seconds for everything, 64 KiB of the answer are read.

        Raises:
            ForbiddenAddressError: the address is not allowed (any more).
            OutboundFailedError: there was no answer.
        """
        try:
            async with asyncio.timeout(TIMEOUT_S):
                return await self._post(url, body, headers, await self.check(url))
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, TimeoutError) as error:
            told = str(error) or type(error).__name__
            raise OutboundFailedError(f"There was no answer: {told}"[:200]) from error

    def _parts(self, url: str) -> SplitResult:
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise ForbiddenAddressError("This is not a URL.") from error
        if parts.scheme != "https" and not (self.allow_private and parts.scheme == "http"):
            raise ForbiddenAddressError("The URL does not begin with https://.")
        if not parts.hostname or parts.username is not None or parts.password is not None:
            raise ForbiddenAddressError("The URL has no host, or a user name in it.")
        if not self.allow_private and port not in (None, 443, 8443):
            raise ForbiddenAddressError("The URL names another port than 443 or 8443.")
        return parts

    async def _post(self, url: str, body: bytes, headers: Mapping[str, str], address: str) -> Reply:
        target = httpx.URL(url)
        request = self.client.build_request(
            "POST",
            target.copy_with(host=address),
            content=body,
            headers={**headers, "Host": target.netloc.decode()},
            # The certificate is checked against the name, not against the address we connect to.
            extensions={"sni_hostname": target.host, "timeout": _TIMEOUT},
        )
        response = await self.client.send(request, stream=True)
        try:
            kept = bytearray()
            async for piece in response.aiter_bytes():
                kept += piece
                if len(kept) >= MAX_ANSWER_BYTES:
                    break
        finally:
            await response.aclose()
        return Reply(response.status_code, bytes(kept[:2_000]).decode("utf-8", "replace"))


_DEFAULT_PORT = {"https": 443, "http": 80}
_TIMEOUT = dict.fromkeys(("connect", "read", "write", "pool"), TIMEOUT_S)


async def _resolve(host: str, port: int) -> list[str]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise OutboundFailedError(f"{host} cannot be resolved.") from error
    return [str(entry[4][0]) for entry in found]


def _is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    inner = _embedded(ip)
    return ip.is_global and not ip.is_multicast and (inner is None or _is_public(str(inner)))


def _embedded(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 one stands for: mapped, 6to4, Teredo or NAT64."""
    if isinstance(ip, ipaddress.IPv4Address):
        return None
    if ip in _NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


@asynccontextmanager
async def open_outbound(*, allow_private: bool = False) -> AsyncIterator[Outbound]:
    """Open a client of its own, without proxies and without cookies."""
    async with httpx.AsyncClient(
        follow_redirects=False,
        trust_env=False,
        cookies=no_cookies(),
        limits=httpx.Limits(max_connections=20, max_keepalive_connections=0),
        headers={"User-Agent": "UploadM8-Webhooks", "Accept-Encoding": "identity"},
    ) as client:
        yield Outbound(client, allow_private)
