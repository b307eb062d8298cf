"""Signed values that are recomputed instead of stored: links in mails, short tickets."""

import base64
import binascii
import hashlib
import hmac
import struct
import time
from dataclasses import dataclass
from uuid import UUID

from uploadm8.errors import InvalidRequestError
from uploadm8.infra.security.tokens import derive_key

_MAC = 32


class BadTicketError(InvalidRequestError):
    """The link or code is not valid, or no longer."""

    code = "invalid_token"


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs an id for a purpose.

    Whether the thing may still be used is for the row with that id to say; nothing secret is
    stored, so a stolen database holds no usable link.
    """

    key: bytes

    @classmethod
    def derive(cls, secret: bytes) -> "Signer":
        """With a key of its own, derived from a secret of the process."""
        return cls(derive_key(secret, "signer"))

    def sign(self, purpose: str, row: UUID) -> str:
        """The token of a row for a purpose: the id and a 256-bit MAC, 64 characters."""
        return _text(row.bytes + self._mac(purpose, row.bytes))

    def read(self, purpose: str, token: str) -> UUID:
        """The row a token was signed for.

        Raises:
            BadTicketError: it was not signed here, or for something else.
        """
        raw = _raw(token, 16 + _MAC)
        if not hmac.compare_digest(self._mac(purpose, raw[:16]), raw[16:]):
            raise BadTicketError
        return UUID(bytes=raw[:16])

    def ticket(self, purpose: str, row: UUID, life_s: int) -> str:
        """A token that also expires by itself."""
        body = row.bytes + struct.pack(">Q", int(time.time()) + life_s)
        return _text(body + self._mac(purpose, body))

    def read_ticket(self, purpose: str, token: str) -> UUID:
        """The row a ticket was made for.

        Raises:
            BadTicketError: not ours, for something else, or expired.
        """
        raw = _raw(token, 16 + 8 + _MAC)
        if not hmac.compare_digest(self._mac(purpose, raw[:24]), raw[24:]):
            raise BadTicketError
        if struct.unpack(">Q", raw[16:24])[0] < time.time():
            raise BadTicketError("It has expired.")
        return UUID(bytes=raw[:16])

    def pseudonym(self, purpose: str, value: str) -> str:
        """A stable name for a value that must not be stored itself (an address in a counter)."""
        return self._mac(purpose, value.encode()).hex()

    def _mac(self, purpose: str, body: bytes) -> bytes:
        return hmac.new(self.key, purpose.encode() + b"\0" + body, hashlib.sha256).digest()


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _raw(token: str, size: int) -> bytes:
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise BadTicketError from None
    if len(raw) != size or _text(raw) != token:
        raise BadTicketError
    return raw
