"""Access tokens (JWT), refresh tokens (a counter under a MAC) and random one-time tokens."""

import base64
import binascii
import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from uploadm8.errors import UnauthenticatedError
from uploadm8.infra.clock import now
from uploadm8.infra.ids import new_id

_AUDIENCE = "uploadm8-api"
_TYPE = "at+jwt"
_CLAIMS = ["exp", "iat", "nbf", "iss", "aud", "sub", "sid", "jti"]
_LEEWAY_S = 30
_REMEMBERED = 10_000
_REFRESH_BYTES = 1 + 16 + 8 + 32


class InvalidTokenError(UnauthenticatedError):
    """The token is not valid here, or no longer."""

    code = "invalid_token"


class TokenExpiredError(UnauthenticatedError):
    """The access token has expired."""

    code = "token_expired"


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """What a verified access token says. Roles are not in it: they are read per request."""

    user_id: UUID
    session_id: UUID
    auth_epoch: int


@dataclass(frozen=True, slots=True)
class AccessTokens:
    """Signs and verifies access tokens.

    Attributes:
        keys: HMAC key by key id; the first signs, the others only verify.
    """

    issuer: str
    keys: Mapping[str, bytes]
    life: timedelta
    _known: dict[bytes, tuple[AccessClaims, float]] = field(default_factory=dict, compare=False)

    @classmethod
    def build(cls, issuer: str, secret: str, previous: str, minutes: int) -> "AccessTokens":
        """From JWT_SECRET and, for an hour after a rotation, JWT_SECRET_PREVIOUS."""
        keys = {_key_id(key): key for key in (secret.encode(), previous.encode()) if key}
        return cls(issuer, keys, timedelta(minutes=minutes))

    def issue(
        self, user_id: UUID, session_id: UUID, auth_epoch: int, authenticated_at: datetime
    ) -> str:
        """A token for a session, valid from now for `life`."""
        at = now()
        key_id, key = next(iter(self.keys.items()))
        claims = {
            "iss": self.issuer,
            "aud": _AUDIENCE,
            "sub": str(user_id),
            "sid": str(session_id),
            "jti": str(new_id()),
            "iat": at,
            "nbf": at,
            "exp": at + self.life,
            "ver": auth_epoch,
            "auth_time": int(authenticated_at.timestamp()),
        }
        return jwt.encode(claims, key, algorithm="HS256", headers={"typ": _TYPE, "kid": key_id})

    def verify(self, token: str) -> AccessClaims:
        """The claims of a token that is ours, unexpired and an access token.

        Raises:
            TokenExpiredError: it was ours, and has expired.
            InvalidTokenError: anything else.
        """
        # A client sends one token for a quarter of an hour; checking it costs more than all that
        # the framework does for a request. What is remembered is a hash, and only until it expires.
        digest = hashlib.sha256(token.encode(errors="replace")).digest()
        claims, until = self._known.get(digest, (None, 0.0))
        if claims is None or time.time() >= until:
            self._known.pop(digest, None)
            claims, until = self._check(token)
            while len(self._known) >= _REMEMBERED:
                del self._known[next(iter(self._known))]
            self._known[digest] = (claims, until)
        return claims

    def _check(self, token: str) -> tuple[AccessClaims, float]:
        try:
            key = self.keys.get(_kid_of(token.partition(".")[0]))
            if key is None:
                raise InvalidTokenError
            claims = _JWT.decode(
                token,
                key,
                algorithms=["HS256"],
                audience=_AUDIENCE,
                issuer=self.issuer,
                leeway=_LEEWAY_S,
                options={"require": _CLAIMS},
            )
            known = AccessClaims(
                UUID(claims["sub"]), UUID(claims["sid"]), int(claims.get("ver", -1))
            )
            return known, float(claims["exp"]) + _LEEWAY_S
        except jwt.ExpiredSignatureError:
            raise TokenExpiredError(action="Get a new one with POST /api/auth/refresh.") from None
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
            raise InvalidTokenError from None


# Without this option PyJWT only warns about a short key.
_JWT = jwt.PyJWT(options={"enforce_minimum_key_length": True})


@lru_cache(maxsize=64)
def _kid_of(head: str) -> str:
    """The key id in a token's first part, or "" unless it is of our type.

    All tokens of a key have one and the same first part, so this is read once and not per request.
    """
    header = jwt.get_unverified_header(f"{head}.e30.e30")
    return str(header.get("kid", "")) if header.get("typ") == _TYPE else ""


def _key_id(key: bytes) -> str:
    return hmac.new(key, b"uploadm8 kid", hashlib.sha256).hexdigest()[:8]


@dataclass(frozen=True, slots=True)
class RefreshTokens:
    """Refresh tokens are recomputed, never stored: session, counter and a MAC over both.

    Attributes:
        keys: MAC key by version; derived from TOKEN_ENC_KEYS, so they rotate together.
    """

    keys: Mapping[int, bytes]
    primary: int

    @classmethod
    def derive(cls, ring: Mapping[int, bytes], primary: int) -> "RefreshTokens":
        """Derive a MAC key from each key of the ring."""
        return cls({version: derive_key(key, "refresh") for version, key in ring.items()}, primary)

    def make(self, session_id: UUID, counter: int) -> str:
        """The token of a session at a counter."""
        return self._make(self.primary, session_id, counter)

    def read(self, token: str) -> tuple[UUID, int]:
        """The session and counter in a token of ours.

        Raises:
            InvalidTokenError: it is not ours.
        """
        try:
            raw = base64.b64decode(token, altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise InvalidTokenError(code="invalid_refresh_token") from None
        if len(raw) != _REFRESH_BYTES or raw[0] not in {v % 256 for v in self.keys}:
            raise InvalidTokenError(code="invalid_refresh_token")
        session_id, counter = UUID(bytes=raw[1:17]), int.from_bytes(raw[17:25])
        candidates = [
            self._make(version, session_id, counter)
            for version in self.keys
            if version % 256 == raw[0]
        ]
        if not any(hmac.compare_digest(candidate, token) for candidate in candidates):
            raise InvalidTokenError(code="invalid_refresh_token")
        return session_id, counter

    def _make(self, version: int, session_id: UUID, counter: int) -> str:
        body = session_id.bytes + counter.to_bytes(8)
        mac = hmac.new(self.keys[version], b"rt1" + body, hashlib.sha256).digest()
        return base64.urlsafe_b64encode(bytes([version % 256]) + body + mac).decode()


def derive_key(key: bytes, purpose: str) -> bytes:
    """A 32-byte key for one purpose."""
    info = f"uploadm8 {purpose}".encode()
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(key)


def random_token() -> str:
    """256 random bits for a link or a key; store only `token_hash` of it."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is stored of a random token (it has full entropy, so a plain hash is enough)."""
    return hashlib.sha256(token.encode()).hexdigest()
