"""What the OAuth clients share: PKCE, expiry, the check of granted scopes."""

import base64
import hashlib
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from uploadm8.domain.platforms.clients.errors import RECONNECT, SCOPE_MISSING, PlatformError, Rule
from uploadm8.domain.platforms.clients.transport import number
from uploadm8.errors import Retry
from uploadm8.infra.clock import now

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
    return now() + timedelta(seconds=seconds) if seconds else None


def require_scopes(platform: str, granted: frozenset[str], needed: Iterable[str]) -> None:
    """Raise PlatformError naming the permissions that were not granted."""
    missing = sorted(set(needed) - granted)
    if missing:
        rule = replace(
            SCOPE_MISSING, sentence=f"Permissions were not granted: {', '.join(missing)}."
        )
        raise PlatformError(rule, platform=platform, platform_code=",".join(missing))
