"""The pages of a person: those ticked in the dialog, and those of their businesses."""

from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.domain.platforms.clients.errors import PlatformError
from uploadm8.domain.platforms.clients.meta_graph import Graph
from uploadm8.domain.platforms.clients.transport import mapping, rows, text
from uploadm8.errors import Retry

BUSINESS_SCOPE = "business_management"
_OF_EVERY_PAGE = "id,name,access_token,tasks"
_FIELDS: Mapping[Platform, str] = {
    Platform.FACEBOOK: f"{_OF_EVERY_PAGE},username,picture",
    # Reading the linked account takes a permission that is asked for Instagram only.
    Platform.INSTAGRAM: (
        f"{_OF_EVERY_PAGE},instagram_business_account{{id,username,profile_picture_url}}"
    ),
}
_MAX_ANSWERS = 50


async def pages_of(
    graph: Graph, user_token: str, scopes: frozenset[str]
) -> AsyncIterator[Mapping[str, Any]]:
    """Yield every page once, with a token of its own.

    Pages that belong to a business are missing from me/accounts unless they were ticked in the
    dialog; where that permission was granted, the businesses are asked as well.
    """
    fields, seen = _FIELDS[graph.platform], set[str | None]()
    async for page in _listed(graph, user_token, "me/accounts", fields):
        seen.add(text(page, "id"))
        yield page
    if BUSINESS_SCOPE not in scopes:
        return
    try:
        businesses = [one async for one in _listed(graph, user_token, "me/businesses", "id")]
        for business in businesses:
            for edge in ("owned_pages", "client_pages"):
                path = f"{text(business, 'id')}/{edge}"
                async for page in _listed(graph, user_token, path, fields):
                    if text(page, "id") not in seen:
                        seen.add(text(page, "id"))
                        yield page
    except PlatformError as error:
        if error.retry in {Retry.TRANSIENT, Retry.RATE_LIMITED}:
            raise  # an incomplete list must not look like a complete one


async def _listed(
    graph: Graph, token: str, path: str, fields: str
) -> AsyncIterator[Mapping[str, Any]]:
    """Yield the rows of an edge as long as Meta names another page of them.

    Only the cursor is taken from `paging.next`: that address carries the token in its query, and
    names a host that we need not trust.
    """
    params = {"fields": fields, "limit": "100"}
    after: str | None = None
    for _ in range(_MAX_ANSWERS):
        found = await graph.get(path, token, params | ({"after": after} if after else {}))
        for row in rows(found, "data"):
            yield row
        paging = mapping(found, "paging")
        following = text(paging, "next")
        before, after = after, text(mapping(paging, "cursors"), "after")
        if following is None:
            return
        after = after or next(iter(parse_qs(urlsplit(following).query).get("after", [])), None)
        if after is None or after == before:
            return
