"""Signatures of what TikTok and Meta send us; nothing in a body is believed before they hold."""

import base64
import binascii
import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import msgspec

from uploadm8.errors import InvalidRequestError

T = TypeVar("T")
TOLERANCE = timedelta(minutes=5)
REQUEST_LIFE = timedelta(hours=24)
_SECONDS = re.compile(r"\d{1,12}", re.ASCII)


class SignatureError(InvalidRequestError):
    """The signature of this webhook is missing, wrong or too old."""

    code = "invalid_signature"


class TikTokEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook of TikTok; `content` is JSON in a string."""

    client_key: str
    event: str
    create_time: int
    user_openid: str | None = None
    content: str | None = None

    @property
    def at(self) -> datetime:
        """When it happened.

        Raises:
            InvalidRequestError: there is no such time.
        """
        return _instant(self.create_time)


class TikTokContent(msgspec.Struct, frozen=True, kw_only=True):
    """What `content` of a TikTok event about a post says."""

    publish_id: str | None = None
    post_id: str | int | None = None


class MetaChange(msgspec.Struct, frozen=True, kw_only=True):
    """One change of a webhook of Meta; its value differs by field and decides nothing here."""

    field: str = ""


class MetaEntry(msgspec.Struct, frozen=True, kw_only=True):
    """The changes of one page, Instagram account or person."""

    id: str | int
    time: int = 0
    changes: tuple[MetaChange, ...] | None = None


class MetaEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook of Meta; `object` is page, instagram, user or permissions."""

    object: str
    entry: tuple[MetaEntry, ...] = ()


class DataRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The signed part of Meta's deauthorize and deletion callbacks."""

    algorithm: str
    issued_at: int
    user_id: str | int

    @property
    def at(self) -> datetime:
        """When it was asked for.

        Raises:
            InvalidRequestError: there is no such time.
        """
        return _instant(self.issued_at)


def read_tiktok(header: str, body: bytes, secret: str, at: datetime) -> TikTokEvent:
    """Verify `TikTok-Signature: t=<unix>,s=<hex>` over "<t>." and the raw body.

    Raises:
        SignatureError: it does not hold.
        InvalidRequestError: the body is not an event.
    """
    parts = dict(part.strip().split("=", 1) for part in header.split(",") if "=" in part)
    moment, signature = parts.get("t", ""), parts.get("s", "")
    proof = hmac.new(secret.encode(), moment.encode() + b"." + body, hashlib.sha256).hexdigest()
    if not secret or not hmac.compare_digest(proof.encode(), signature.encode()):
        raise SignatureError
    if not _SECONDS.fullmatch(moment) or abs(at - _instant(int(moment))) > TOLERANCE:
        raise SignatureError
    return _decode(body, TikTokEvent)


def read_signed_request(value: str, secret: str, at: datetime) -> DataRequest:
    """Verify Meta's `signed_request`: base64url(signature).base64url(JSON).

    Raises:
        SignatureError: it does not hold, or is older than a day.
        InvalidRequestError: the signed part is not what Meta sends.
    """
    given, _, payload = value.partition(".")
    proof = hmac.new(secret.encode(), payload.encode(), hashlib.sha256).digest()
    if not secret or not hmac.compare_digest(proof, _unbase64(given)):
        raise SignatureError
    request = _decode(_unbase64(payload), DataRequest)
    age = at - request.at
    if request.algorithm.upper() != "HMAC-SHA256" or not -TOLERANCE < age < REQUEST_LIFE:
        raise SignatureError
    return request


def read_meta(header: str, body: bytes, secret: str) -> MetaEvent:
    """Verify `X-Hub-Signature-256: sha256=<hex>` over the raw body. It carries no time.

    Raises:
        SignatureError: it does not hold.
        InvalidRequestError: the body is not an event.
    """
    proof = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    if not secret or not hmac.compare_digest(f"sha256={proof}".encode(), header.encode()):
        raise SignatureError
    return _decode(body, MetaEvent)


def is_subscription(mode: str, token: str, wanted: str) -> bool:
    """Tell whether a subscription request of Meta knows the token that we told Meta."""
    known = hmac.compare_digest(token.encode(), wanted.encode())
    return bool(wanted) and mode == "subscribe" and known


def confirmation_code(user_id: str, secret: str) -> str:
    """Make a code that we recognise as ours without storing whom it is about."""
    subject = hashlib.sha256(f"deleted|{user_id}|{secret}".encode()).hexdigest()[:24]
    return f"{subject}{_mark(subject, secret)}"


def is_confirmation(code: str, secret: str) -> bool:
    """Tell whether confirmation_code made this code."""
    return bool(secret) and hmac.compare_digest(_mark(code[:24], secret), code[24:])


def _mark(subject: str, secret: str) -> str:
    return hmac.new(secret.encode(), subject.encode(), hashlib.sha256).hexdigest()[:24]


def _instant(seconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise InvalidRequestError("The time of this webhook is none.") from error


def _unbase64(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise SignatureError from None


def _decode(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise InvalidRequestError("The body is not what was expected.") from error
