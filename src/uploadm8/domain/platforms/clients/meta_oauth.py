"""Facebook Login for pages and for the Instagram accounts linked to them."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from uploadm8.domain.platforms.clients import errors as e
from uploadm8.domain.platforms.clients.base import Platform, Profile, Tokens
from uploadm8.domain.platforms.clients.errors import PlatformError
from uploadm8.domain.platforms.clients.meta_graph import Graph
from uploadm8.domain.platforms.clients.oauth import (
    NO_ACCOUNT,
    expires,
    require_scopes,
    with_query,
)
from uploadm8.domain.platforms.clients.transport import mapping, rows, text
from uploadm8.errors import Retry
from uploadm8.infra.http import ForbiddenUrlError, origin

SCOPES: Mapping[Platform, tuple[str, ...]] = {
    Platform.FACEBOOK: (
        "pages_show_list",
        "pages_read_engagement",
        "pages_manage_posts",
        "read_insights",
    ),
    Platform.INSTAGRAM: (
        "instagram_basic",
        "instagram_content_publish",
        "instagram_manage_insights",
        "pages_read_engagement",
        "pages_show_list",
    ),
}
NEEDED: Mapping[Platform, tuple[str, ...]] = {
    Platform.FACEBOOK: ("pages_show_list", "pages_read_engagement", "pages_manage_posts"),
    Platform.INSTAGRAM: (
        "instagram_basic",
        "instagram_content_publish",
        "pages_read_engagement",
        "pages_show_list",
    ),
}
_PAGE_FIELDS = (
    "id,name,username,access_token,tasks,picture,"
    "instagram_business_account{id,username,profile_picture_url}"
)
_MAX_PAGES = 50


@dataclass(frozen=True, slots=True)
class MetaOAuth:
    """Connects Facebook pages or Instagram accounts; see clients.protocol.OAuth.

    The user token is made long-lived at once: page tokens derived from it have no expiry date.
    """

    graph: Graph
    extra_scopes: tuple[str, ...] = ()

    @property
    def platform(self) -> Platform:
        """Facebook or Instagram."""
        return self.graph.platform

    def uses_pkce(self, redirect_uri: str) -> bool:
        """Return False: the exchange is authenticated by the app's secret."""
        del redirect_uri
        return False

    def authorize_url(self, *, redirect_uri: str, state: str, verifier: str | None) -> str:
        """Build the consent address, asking again for what was declined before."""
        del verifier
        params = {
            "client_id": self.graph.app.client_id,
            "redirect_uri": redirect_uri,
            "state": state,
            "response_type": "code",
            "scope": ",".join((*SCOPES[self.platform], *self.extra_scopes)),
            "auth_type": "rerequest",
        }
        endpoints = self.graph.endpoints
        return with_query(f"{endpoints.meta_web}/{endpoints.meta_version}/dialog/oauth", params)

    async def exchange(self, code: str, *, redirect_uri: str, verifier: str | None) -> Tokens:
        """Trade a code for a long-lived user token, and check what was granted."""
        del verifier
        clean = code.removesuffix("#_=_").removesuffix("#_")
        short = await self.graph.token_call({"redirect_uri": redirect_uri, "code": clean})
        tokens = await self._lengthen(self._token(short))
        listed = await self.graph.get("me/permissions", tokens.access, {})
        granted = frozenset(
            text(row, "permission") or ""
            for row in rows(listed, "data")
            if text(row, "status") == "granted"
        )
        require_scopes(self.platform, granted, NEEDED[self.platform])
        return replace(tokens, scopes=granted)

    async def profiles(self, tokens: Tokens) -> list[Profile]:
        """List the pages we may post to, or the Instagram accounts linked to them."""
        user = tokens.refresh or tokens.access
        owner = await self._owner(user)
        found = [
            profile
            async for page in self._pages(user)
            if (profile := self._profile(page, tokens, owner)) is not None
        ]
        if not found:
            raise PlatformError(NO_ACCOUNT, platform=self.platform)
        return found

    async def refresh(self, tokens: Tokens, account_id: str) -> Tokens:
        """Extend the user token and derive the page token anew.

        Meta has no refresh token, and a page token outlives the user token it came from: when
        that one is refused, the page token itself decides.
        """
        if tokens.refresh is None:
            raise PlatformError(e.REVOKED, platform=self.platform)
        try:
            user = await self._lengthen(tokens.refresh)
        except PlatformError as error:
            if error.code != e.REVOKED.code:
                raise
            await self.graph.get(account_id, tokens.access, {"fields": "id"})
            return tokens
        async for page in self._pages(user.access):
            profile = self._profile(page, replace(user, scopes=tokens.scopes), None)
            if profile is not None and profile.external_id == account_id:
                return profile.tokens
        raise PlatformError(
            replace(e.REVOKED, sentence="The page is no longer shared with us."),
            platform=self.platform,
        )

    async def revoke(self, tokens: Tokens) -> None:
        """Withdraw every permission of the person; a dead token means it is done already."""
        try:
            await self.graph.delete("me/permissions", tokens.refresh or tokens.access)
        except PlatformError as error:
            if error.code != e.REVOKED.code:
                raise

    async def _owner(self, user: str) -> str | None:
        """Read the person's id, by which Meta's deletion requests name them."""
        try:
            return text(await self.graph.get("me", user, {"fields": "id"}), "id")
        except PlatformError as error:
            if error.retry is not Retry.PERMANENT_REQUEST:
                raise
            return None

    async def _lengthen(self, token: str) -> Tokens:
        found = await self.graph.token_call(
            {"grant_type": "fb_exchange_token", "fb_exchange_token": token}
        )
        user = self._token(found)
        until = expires(found, "expires_in")
        return Tokens(access=user, refresh=user, refresh_expires_at=until)

    def _token(self, found: Mapping[str, Any]) -> str:
        token = text(found, "access_token")
        if token is None:
            raise PlatformError(e.GARBLED, platform=self.platform)
        return token

    async def _pages(self, token: str) -> AsyncIterator[Mapping[str, Any]]:
        """Yield the pages of a person, following `paging.next` on Meta's own host only."""
        params = {"fields": _PAGE_FIELDS, "limit": "100"}
        found = await self.graph.get("me/accounts", token, params)
        for _ in range(_MAX_PAGES):
            for page in rows(found, "data"):
                yield page
            paging = mapping(found, "paging")
            after = text(mapping(paging, "cursors"), "after")
            following = text(paging, "next")
            if following is None or after is None:
                return
            if origin(following) != origin(self.graph.endpoints.meta_graph):
                raise ForbiddenUrlError
            found = await self.graph.get("me/accounts", token, {**params, "after": after})

    def _profile(
        self, page: Mapping[str, Any], tokens: Tokens, owner: str | None
    ) -> Profile | None:
        """Make a profile of a page; None when it cannot be posted to."""
        page_id, token, tasks = text(page, "id"), text(page, "access_token"), page.get("tasks")
        if page_id is None or token is None:
            return None
        if isinstance(tasks, list) and "CREATE_CONTENT" not in tasks:
            return None
        linked = mapping(page, "instagram_business_account")
        of_page = replace(tokens, access=token, access_expires_at=None)
        if self.platform is Platform.FACEBOOK:
            picture = text(mapping(mapping(page, "picture"), "data"), "url")
            name = text(page, "name") or "Facebook page"
            return Profile(page_id, name, text(page, "username"), picture, owner, of_page)
        instagram_id = text(linked, "id")
        if instagram_id is None:
            return None
        handle = text(linked, "username")
        return Profile(
            external_id=instagram_id,
            name=handle or text(page, "name") or "Instagram",
            username=handle,
            avatar_url=text(linked, "profile_picture_url"),
            owner_id=owner,
            tokens=of_page,
            page_id=page_id,
        )
