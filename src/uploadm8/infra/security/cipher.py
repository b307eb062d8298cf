"""AES-256-GCM with a key ring: ciphertext is bound to its row and names its key."""

import base64
import binascii
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from uploadm8.errors import UploadM8Error

_ENTRY = re.compile(r"v([1-9]\d{0,5}):([A-Za-z0-9+/=_-]+)")


class KeyRingError(ValueError):
    """TOKEN_ENC_KEYS is not usable."""


class DecryptError(UploadM8Error):
    """A stored secret cannot be decrypted: wrong key ring, or the row was tampered with."""

    code = "decrypt_failed"


@dataclass(frozen=True, slots=True)
class Cipher:
    """Encrypts with the newest key, decrypts with any.

    Attributes:
        keys: 32-byte key per version.
        primary: the version that encrypts.
    """

    keys: Mapping[int, bytes]
    primary: int

    def __repr__(self) -> str:
        return f"Cipher(versions={sorted(self.keys)}, primary={self.primary})"

    @classmethod
    def parse(cls, ring: str) -> "Cipher":
        """Read ``v1:BASE64_32_BYTES[,v2:...]``.

        Raises:
            KeyRingError: with the reason, never with a key in it.
        """
        keys: dict[int, bytes] = {}
        for position, entry in enumerate(ring.split(","), start=1):
            match = _ENTRY.fullmatch(entry.strip())
            if match is None:
                raise KeyRingError(f"TOKEN_ENC_KEYS: entry {position} does not read vN:BASE64")
            version = int(match[1])
            try:
                key = base64.b64decode(match[2].replace("-", "+").replace("_", "/"), validate=True)
            except binascii.Error:
                raise KeyRingError(f"TOKEN_ENC_KEYS: v{version} is not base64") from None
            if len(key) != 32:
                raise KeyRingError(f"TOKEN_ENC_KEYS: v{version} has {len(key)} bytes, not 32")
            if version in keys:
                raise KeyRingError(f"TOKEN_ENC_KEYS: v{version} is there twice")
            if key in keys.values() or not any(key):
                raise KeyRingError(f"TOKEN_ENC_KEYS: v{version} repeats another key or is all zero")
            keys[version] = key
        return cls(keys=keys, primary=max(keys))

    def encrypt(self, text: str, *, table: str, row: UUID, field: str) -> str:
        """Encrypt for one field of one row: ``v2.<nonce>.<ciphertext and tag>``."""
        nonce = secrets.token_bytes(12)
        sealed = AESGCM(self.keys[self.primary]).encrypt(
            nonce, text.encode(), _aad(table, row, field)
        )
        return f"v{self.primary}.{_b64(nonce)}.{_b64(sealed)}"

    def decrypt(self, blob: str, *, table: str, row: UUID, field: str) -> str:
        """Decrypt what was encrypted for this field of this row.

        Raises:
            DecryptError: the key is missing, or the blob belongs elsewhere.
        """
        try:
            version, nonce, sealed = blob.split(".")
            key = self.keys[int(version.removeprefix("v"))]
            return (
                AESGCM(key).decrypt(_unb64(nonce), _unb64(sealed), _aad(table, row, field)).decode()
            )
        except (ValueError, KeyError, InvalidTag) as error:
            raise DecryptError from error


def _aad(table: str, row: UUID, field: str) -> bytes:
    return f"um8|{table}|{row}|{field}".encode()


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
