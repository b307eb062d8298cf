"""TikTok's envelopes, and its door: token, scope, rate."""

import secrets
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, cast

from uploadm8.dev.sandbox.kit.identity import TIKTOK, TikTokAccount
from uploadm8.dev.sandbox.kit.runtime import Runtime
from uploadm8.dev.sandbox.kit.tokens import Token, TokenKind
from uploadm8.dev.sandbox.kit.wire import Call, RefusedError, Reply, json_reply


def log_id() -> str:
    """A support id like TikTok's: time and random hex."""
    return f"{datetime.now(UTC):%Y%m%d%H%M%S}{secrets.token_hex(9).upper()}"


def ok(data: dict[str, Any] | None = None) -> Reply:
    """A success in the envelope of the API."""
    error = {"code": "ok", "message": "", "log_id": log_id()}
    return json_reply({"error": error} if data is None else {"data": data, "error": error})


def failure(status: int, code: str, message: str) -> Reply:
    """A failure in the envelope of the API."""
    return json_reply(
        {"data": {}, "error": {"code": code, "message": message, "log_id": log_id()}}, status
    )


def refuse(status: int, code: str, message: str) -> RefusedError:
    """The exception that answers with `failure`."""
    return RefusedError(failure(status, code, message))


CANNED = {
    "429": failure(429, "rate_limit_exceeded", "The API rate limit was exceeded."),
    "5xx": failure(500, "internal_error", "Something went wrong on our side."),
    "quota": failure(403, "spam_risk_too_many_posts", "The daily post cap was reached."),
}


def unknown_route(_call: Call) -> Reply:
    """What TikTok says about a path it does not have (a missing trailing slash, for example)."""
    return failure(404, "unsupported_path", "Unsupported path (Janus)")


class Door:
    """Checks who calls TikTok's API, what they may do, and how often."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    def account(self, name: str) -> TikTokAccount:
        return cast("TikTokAccount", self.runtime.accounts(TIKTOK)[name])

    def enter(self, call: Call, scopes: Iterable[str]) -> tuple[TikTokAccount, frozenset[str]]:
        """The account behind a bearer token, and its granted scopes.

        Raises:
            RefusedError: 401 for a dead token, or when none of `scopes` was granted.
        """
        vault = self.runtime.vault
        token = vault.token(call.bearer())
        if not self._is_usable(token):
            raise refuse(401, "access_token_invalid", "The access token is invalid or expired.")
        grant = vault.grant_of(cast("Token", token))
        call.account = grant.account
        needed = frozenset(scopes)
        if needed and not needed & grant.scopes:
            raise refuse(
                401, "scope_not_authorized", "The user did not authorize the scope required."
            )
        return self.account(grant.account), grant.scopes

    def limit(self, name: str, account: TikTokAccount, per_minute: int) -> None:
        """Count a call in a sliding minute.

        Raises:
            RefusedError: 429.
        """
        if not self.runtime.state.window_take(f"tiktok.{name}.{account.id}", per_minute, 60):
            raise RefusedError(CANNED["429"])

    def subject(self, call: Call) -> str | None:
        """The account of a call's token, dead or alive."""
        token = self.runtime.vault.token(call.bearer())
        grant = self.runtime.vault.grant_of(token) if token else None
        return grant.account if grant and grant.party == TIKTOK else None

    def _is_usable(self, token: Token | None) -> bool:
        vault = self.runtime.vault
        return (
            token is not None
            and token.kind is TokenKind.ACCESS
            and vault.is_live(token)
            and vault.grant_of(token).party == TIKTOK
        )
