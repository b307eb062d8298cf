"""TikTok Login Kit v2: comma-separated scopes, hex PKCE on desktop only, rotating refresh."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import urlsplit

from uploadm8.domain.platforms.clients import errors as e
from uploadm8.domain.platforms.clients.base import Platform, Profile, Tokens
from uploadm8.domain.platforms.clients.endpoints import AppCredentials
from uploadm8.domain.platforms.clients.errors import PlatformError, Rule
from uploadm8.domain.platforms.clients.oauth import (
    challenge_hex,
    granted_tokens,
    oauth_error,
    read_token,
    require_scopes,
    with_query,
)
from uploadm8.domain.platforms.clients.tiktok_api import TikTokApi
from uploadm8.domain.platforms.clients.transport import json_object, mapping, text

SCOPES = (
    "user.info.basic",
    "user.info.profile",
    "user.info.stats",
    "video.list",
    "video.upload",
    "video.publish",
)
NEEDED = ("user.info.basic", "video.publish")
_PROFILE_FIELDS = {
    "user.info.basic": "open_id,union_id,avatar_url,display_name",
    "user.info.profile": "username",
}
ACCESS_LIFE = timedelta(hours=24)
ALREADY_GONE = frozenset({"invalid_grant", "invalid_request", "access_token_invalid"})

ERRORS: Mapping[str, Rule] = {
    "invalid_grant": e.REVOKED,
    "access_denied": e.REVOKED,
    "invalid_client": e.MISCONFIGURED,
    "unauthorized_client": e.MISCONFIGURED,
    "invalid_scope": e.MISCONFIGURED,
    "invalid_request": e.MISCONFIGURED,
    "unsupported_grant_type": e.MISCONFIGURED,
    "unsupported_response_type": e.MISCONFIGURED,
    "server_error": e.UNAVAILABLE,
    "temporarily_unavailable": e.UNAVAILABLE,
}


@dataclass(frozen=True, slots=True)
class TikTokOAuth:
    """Connects TikTok accounts; see clients.protocol.OAuth."""

    api: TikTokApi
    web: str
    app: AppCredentials
    extra_scopes: tuple[str, ...] = ()

    platform = Platform.TIKTOK

    def uses_pkce(self, redirect_uri: str) -> bool:
        """Only desktop clients, which TikTok knows by a loopback redirect address."""
        return urlsplit(redirect_uri).hostname in {"localhost", "127.0.0.1"}

    def authorize_url(
        self, *, redirect_uri: str, state: str, verifier: str | None, prolong: bool = False
    ) -> str:
        """Build the consent address; the consent screen is forced so that accounts can differ."""
        del prolong
        params = {
            "client_key": self.app.client_id,
            "response_type": "code",
            "scope": ",".join((*SCOPES, *self.extra_scopes)),
            "redirect_uri": redirect_uri,
            "state": state,
            "disable_auto_auth": "1",
        }
        if verifier:
            params |= {
                "code_challenge": challenge_hex(verifier),
                "code_challenge_method": "S256",
            }
        return with_query(f"{self.web}/v2/auth/authorize/", params)

    async def exchange(self, code: str, *, redirect_uri: str, verifier: str | None) -> Tokens:
        """Trade a code for tokens."""
        form = {"code": code, "grant_type": "authorization_code", "redirect_uri": redirect_uri}
        if verifier:
            form["code_verifier"] = verifier
        tokens = await self._token(form, exchange=True)
        require_scopes(self.platform, tokens.scopes, NEEDED)
        return tokens

    async def profiles(self, tokens: Tokens) -> list[Profile]:
        """Return the one account; asks only the fields whose scope was granted."""
        fields = [names for scope, names in _PROFILE_FIELDS.items() if scope in tokens.scopes]
        data = await self.api.call(
            "/v2/user/info/", tokens.access, method="GET", params={"fields": ",".join(fields)}
        )
        user = mapping(data, "user")
        open_id = text(user, "open_id")
        if open_id is None:
            raise PlatformError(e.GARBLED, platform=self.platform)
        name = text(user, "display_name") or text(user, "username") or "TikTok"
        return [
            Profile(
                external_id=open_id,
                name=name,
                username=text(user, "username"),
                avatar_url=text(user, "avatar_url"),
                owner_id=open_id,
                tokens=tokens,
            )
        ]

    async def refresh(self, tokens: Tokens, account_id: str) -> Tokens:
        """Get fresh tokens; the refresh token may be a new one and must replace the old."""
        if tokens.refresh is None:
            raise PlatformError(e.REVOKED, platform=self.platform)
        fresh = await self._token({"grant_type": "refresh_token", "refresh_token": tokens.refresh})
        return replace(
            fresh,
            refresh=fresh.refresh or tokens.refresh,
            refresh_expires_at=fresh.refresh_expires_at or tokens.refresh_expires_at,
            scopes=fresh.scopes or tokens.scopes,
        )

    async def revoke(self, tokens: Tokens) -> None:
        """Give the access back."""
        answer = await self.api.line.send(
            "POST",
            f"{self.api.base}/v2/oauth/revoke/",
            form={**self._app, "token": tokens.access},
        )
        found = json_object(answer) or {}
        if text(found, "error") in ALREADY_GONE:
            return
        if text(found, "error") or answer.status >= 500:
            raise oauth_error(self.platform, answer, found, ERRORS)

    @property
    def _app(self) -> dict[str, str]:
        return {"client_key": self.app.client_id, "client_secret": self.app.client_secret}

    async def _token(self, form: Mapping[str, str], *, exchange: bool = False) -> Tokens:
        url = f"{self.api.base}/v2/oauth/token/"
        found = await read_token(
            self.api.line, url, {**self._app, **form}, ERRORS, exchange=exchange
        )
        return granted_tokens(found, ACCESS_LIFE, refresh_life_key="refresh_expires_in")
