"""Google's OAuth for YouTube: offline access, PKCE S256, refresh tokens that do not rotate."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from uploadm8.domain.platforms.clients import errors as e
from uploadm8.domain.platforms.clients.base import Platform, Profile, Tokens
from uploadm8.domain.platforms.clients.endpoints import AppCredentials, Endpoints
from uploadm8.domain.platforms.clients.errors import PlatformError, Rule
from uploadm8.domain.platforms.clients.oauth import (
    challenge_base64,
    granted_tokens,
    oauth_error,
    read_token,
    require_scopes,
    with_query,
)
from uploadm8.domain.platforms.clients.transport import json_object, mapping, rows, text
from uploadm8.domain.platforms.clients.youtube_api import NO_CHANNEL, YouTubeApi

_AUTH = "https://www.googleapis.com/auth/"
UPLOAD = f"{_AUTH}youtube.upload"
READ = f"{_AUTH}youtube.readonly"
MANAGE = f"{_AUTH}youtube.force-ssl"
ANALYTICS = f"{_AUTH}yt-analytics.readonly"
FULL = f"{_AUTH}youtube"
SCOPES = (UPLOAD, READ, MANAGE, ANALYTICS)
ACCESS_LIFE = timedelta(hours=1)

ERRORS: Mapping[str, Rule] = {
    "invalid_grant": e.REVOKED,
    "invalid_client": e.MISCONFIGURED,
    "unauthorized_client": e.MISCONFIGURED,
    "redirect_uri_mismatch": e.MISCONFIGURED,
    "invalid_request": e.MISCONFIGURED,
    "invalid_scope": e.MISCONFIGURED,
}


@dataclass(frozen=True, slots=True)
class YouTubeOAuth:
    """Connects YouTube channels; see clients.protocol.OAuth."""

    api: YouTubeApi
    endpoints: Endpoints
    app: AppCredentials
    extra_scopes: tuple[str, ...] = ()

    platform = Platform.YOUTUBE

    def uses_pkce(self, redirect_uri: str) -> bool:
        """Return True: Google checks PKCE for every client that uses it."""
        return True

    def authorize_url(
        self, *, redirect_uri: str, state: str, verifier: str | None, prolong: bool = False
    ) -> str:
        """Build the consent address; consent is forced, as only then a refresh token is given."""
        del prolong
        params = {
            "client_id": self.app.client_id,
            "redirect_uri": redirect_uri,
            "response_type": "code",
            "scope": " ".join((*SCOPES, *self.extra_scopes)),
            "state": state,
            "access_type": "offline",
            "prompt": "consent",
            "include_granted_scopes": "true",
        }
        if verifier:
            params |= {
                "code_challenge": challenge_base64(verifier),
                "code_challenge_method": "S256",
            }
        return with_query(f"{self.endpoints.google_accounts}/o/oauth2/v2/auth", params)

    async def exchange(self, code: str, *, redirect_uri: str, verifier: str | None) -> Tokens:
        """Trade a code for tokens."""
        form = {"code": code, "redirect_uri": redirect_uri, "grant_type": "authorization_code"}
        if verifier:
            form["code_verifier"] = verifier
        tokens = await self._token(form, exchange=True)
        require_scopes(self.platform, tokens.scopes, (UPLOAD,))
        if not tokens.scopes & {READ, MANAGE, FULL}:
            require_scopes(self.platform, tokens.scopes, (READ,))
        return tokens

    async def profiles(self, tokens: Tokens) -> list[Profile]:
        """Return the channel that was chosen at consent."""
        params = {"part": "snippet,statistics,contentDetails,status", "mine": "true"}
        channels = rows(await self.api.get("channels", tokens.access, params), "items")
        if not channels:
            raise PlatformError(NO_CHANNEL, platform=self.platform)
        return [_profile(channel, tokens) for channel in channels]

    async def refresh(self, tokens: Tokens, account_id: str) -> Tokens:
        """Get a fresh access token; the answer normally has no refresh token and the old stays."""
        if tokens.refresh is None:
            raise PlatformError(e.REVOKED, platform=self.platform)
        fresh = await self._token({"refresh_token": tokens.refresh, "grant_type": "refresh_token"})
        return replace(
            fresh, refresh=fresh.refresh or tokens.refresh, scopes=fresh.scopes or tokens.scopes
        )

    async def revoke(self, tokens: Tokens) -> None:
        """Give the access back; revoking either token kills the pair."""
        answer = await self.api.line.send(
            "POST",
            f"{self.endpoints.google_oauth}/revoke",
            form={"token": tokens.refresh or tokens.access},
        )
        found = json_object(answer) or {}
        if not answer.ok and text(found, "error") != "invalid_token":
            raise oauth_error(self.platform, answer, found, ERRORS)

    async def _token(self, form: Mapping[str, str], *, exchange: bool = False) -> Tokens:
        app = {"client_id": self.app.client_id, "client_secret": self.app.client_secret}
        url = f"{self.endpoints.google_oauth}/token"
        found = await read_token(self.api.line, url, {**app, **form}, ERRORS, exchange=exchange)
        return granted_tokens(found, ACCESS_LIFE, refresh_life_key="refresh_token_expires_in")


def _profile(channel: Mapping[str, Any], tokens: Tokens) -> Profile:
    snippet = mapping(channel, "snippet")
    picture = mapping(mapping(snippet, "thumbnails"), "default")
    handle = text(snippet, "customUrl")
    channel_id = text(channel, "id") or ""
    return Profile(
        external_id=channel_id,
        name=text(snippet, "title") or "YouTube",
        username=handle.removeprefix("@") if handle else None,
        avatar_url=text(picture, "url"),
        owner_id=channel_id,
        tokens=tokens,
    )
