"""The client's address: taken from X-Forwarded-For only as far as trusted proxies wrote it."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class TrustedProxies:
    """Networks whose X-Forwarded-For entries are believed."""

    networks: tuple[IPNetwork, ...]

    @classmethod
    def parse(cls, words: Sequence[str]) -> "TrustedProxies":
        """Read addresses and CIDR blocks.

        Raises:
            ValueError: one of them is neither.
        """
        return cls(tuple(ipaddress.ip_network(word, strict=False) for word in words))

    def client(self, peer: str, forwarded: str) -> str:
        """The nearest address that is not a trusted proxy's, walking from the peer outwards.

        Args:
            peer: address of the TCP connection.
            forwarded: the X-Forwarded-For header, client first.
        """
        nearest = _address(peer)
        if nearest is None:
            return peer or "unknown"
        if not forwarded:
            return str(nearest)
        for hop in reversed([word.strip() for word in forwarded.split(",")]):
            if not self._trusts(nearest):
                break
            written = _address(hop)
            if written is None:
                break
            nearest = written
        return str(nearest)

    def _trusts(self, address: IPAddress) -> bool:
        return any(address in network for network in self.networks)


@lru_cache(maxsize=4096)
def _address(text: str) -> IPAddress | None:
    try:
        address = ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def limit_key(address: str) -> str:
    """What an address is limited by: an IPv6 caller commands its whole /64."""
    parsed = _address(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return address
