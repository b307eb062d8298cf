"""What the OAuth clients share: PKCE, expiry, the check of granted scopes."""

import base64
import hashlib
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from uploadm8.domain.platforms.clients.base import Tokens
from uploadm8.domain.platforms.clients.errors import (
    GARBLED,
    RECONNECT,
    SCOPE_MISSING,
    UNAVAILABLE,
    PlatformError,
    Rule,
    by_status,
    retry_after,
)
from uploadm8.domain.platforms.clients.transport import Line, json_object, number, text
from uploadm8.errors import Retry
from uploadm8.infra.clock import now
from uploadm8.infra.http import Answer

_LONGEST_S = 100 * 365 * 86_400
_LAST = 32_503_680_000  # the year 3000, in Unix seconds

CODE_REJECTED = Rule(
    "oauth_code_rejected",
    Retry.PERMANENT_REQUEST,
    "The platform no longer accepts this sign-in.",
    "Start connecting the account again.",
)
NO_ACCOUNT = Rule(
    "oauth_no_account",
    Retry.PERMANENT_REQUEST,
    "No account that we can post to was shared with us.",
    RECONNECT,
)


def new_verifier() -> str:
    """Make a PKCE code verifier: 64 unreserved characters."""
    return secrets.token_urlsafe(48)


def challenge_base64(verifier: str) -> str:
    """Return the S256 challenge of RFC 7636."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def challenge_hex(verifier: str) -> str:
    """Return TikTok's deviating S256 challenge, in lowercase hex."""
    return hashlib.sha256(verifier.encode()).hexdigest()


def with_query(url: str, params: Mapping[str, str]) -> str:
    """Append a query to an address."""
    return f"{url}?{urlencode(params)}"


def expires(found: Mapping[str, Any], key: str) -> datetime | None:
    """Turn a life in seconds into an instant; None when the platform states none."""
    seconds = number(found, key)
    return now() + timedelta(seconds=max(-1, min(seconds, _LONGEST_S))) if seconds else None


def moment(found: Mapping[str, Any], key: str) -> datetime | None:
    """Read Unix seconds; None when absent, or 0, which means never."""
    seconds = number(found, key)
    return datetime.fromtimestamp(min(seconds, _LAST), UTC) if seconds and seconds > 0 else None


async def read_token(
    line: Line,
    url: str,
    form: Mapping[str, str],
    rules: Mapping[str, Rule],
    *,
    exchange: bool = False,
) -> dict[str, Any]:
    """Call a token endpoint of OAuth 2.0.

    Args:
        line: the platform's connection.
        url: the endpoint.
        form: everything it takes, secrets included.
        rules: what each `error` of the platform means.
        exchange: a code is traded: a refused grant then means the code, not the account.

    Raises:
        PlatformError: refused, even with status 200; or the answer has no token.
    """
    answer = await line.send("POST", url, form=form)
    found = json_object(answer) or {}
    if text(found, "error") or not answer.ok:
        error = oauth_error(line.platform, answer, found, rules)
        if exchange and error.platform_code == "invalid_grant":
            raise PlatformError(
                CODE_REJECTED, platform=line.platform, platform_code=error.platform_code
            ) from error
        raise error
    if text(found, "access_token") is None:
        raise PlatformError(GARBLED, platform=line.platform, http_status=answer.status)
    return found


def oauth_error(
    platform: str, answer: Answer, found: Mapping[str, Any], rules: Mapping[str, Rule]
) -> PlatformError:
    """Make the error of a token or revocation endpoint; what it cannot name is transient."""
    code = text(found, "error")
    unknown = UNAVAILABLE if answer.status >= 500 or answer.ok else by_status(answer.status)
    return PlatformError(
        rules.get(code or "", unknown),
        platform=platform,
        platform_code=code,
        message=text(found, "error_description"),
        http_status=answer.status,
        trace=text(found, "log_id"),
        retry_after=retry_after(answer.headers),
    )


def granted_tokens(found: Mapping[str, Any], life: timedelta, *, refresh_life_key: str) -> Tokens:
    """Read the answer of a token endpoint; scopes come with commas or spaces between.

    Args:
        found: the answer.
        life: how long an access token lives when the answer does not say.
        refresh_life_key: under which name the refresh token's life stands.
    """
    scopes = (text(found, "scope") or "").replace(",", " ").split()
    return Tokens(
        access=text(found, "access_token") or "",
        access_expires_at=expires(found, "expires_in") or now() + life,
        refresh=text(found, "refresh_token"),
        refresh_expires_at=expires(found, refresh_life_key),
        scopes=frozenset(scopes),
    )


def require_scopes(platform: str, granted: frozenset[str], needed: Iterable[str]) -> None:
    """Raise PlatformError naming the permissions that were not granted."""
    missing = sorted(set(needed) - granted)
    if missing:
        rule = replace(
            SCOPE_MISSING, sentence=f"Permissions were not granted: {', '.join(missing)}."
        )
        raise PlatformError(rule, platform=platform, platform_code=",".join(missing))
