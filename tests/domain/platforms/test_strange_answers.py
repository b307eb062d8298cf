"""Answers that no documentation shows: each has a meaning, and none breaks a client."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from platform_clients import access_of, apps, connect, draft_of, endpoints, filled, prepared
from sandbox_flows import Sandbox
from uploadm8.domain.platforms.clients.base import Access, Ambiguous, Pending, Platform
from uploadm8.domain.platforms.clients.errors import PlatformError, by_status
from uploadm8.domain.platforms.clients.facebook_metrics import read_metrics
from uploadm8.domain.platforms.clients.meta_graph import Graph
from uploadm8.domain.platforms.clients.oauth import expires
from uploadm8.domain.platforms.clients.options import read_options
from uploadm8.domain.platforms.clients.registry import Clients
from uploadm8.domain.platforms.clients.text_units import cut_to_units, utf16_units
from uploadm8.domain.platforms.clients.transport import json_object, number, text
from uploadm8.domain.platforms.clients.youtube_metadata import title_of
from uploadm8.infra.clock import now
from uploadm8.infra.http import Answer, open_http

pytestmark = pytest.mark.anyio
COMMENTS = "likes.summary(true).limit(0)"


def answer(status: int, body: bytes = b"", **headers: str) -> Answer:
    return Answer(status, httpx.Headers(headers), body, "https://x.test/")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (5, 5),
        ("5", 5),
        (5.0, 5),
        (5.5, None),
        (2**63, None),
        ("9" * 5_000, None),
        ("\u00b2", None),
        ("--5", None),
        ("-5", -5),
        (True, None),
        (None, None),
        (float("inf"), None),
        ([5], None),
    ],
)
def test_a_number_is_read_in_every_form_that_is_one(written: Any, read: int | None) -> None:
    assert number({"n": written}, "n") == read


@pytest.mark.parametrize(
    "body", [b"[" * 100_000, b'{"a":' * 100_000, b"<html>", b"", b"\xff", b"[]"]
)
def test_a_body_that_is_no_object_is_none(body: bytes) -> None:
    assert json_object(answer(200, body)) is None


def test_a_text_has_no_nul_and_is_no_endless_number() -> None:
    assert text({"t": "A\0pex"}, "t") == "Apex"
    assert text({"t": 7_560_000_000_000_000_000_123}, "t") == "7560000000000000000123"
    assert text({"t": 10**5_000}, "t") is None
    assert text({"t": "\0"}, "t") is None


def test_a_life_beyond_the_calendar_is_long() -> None:
    ends = expires({"expires_in": 10**17}, "expires_in")
    assert ends is not None
    assert ends > now() + timedelta(days=36_000)
    ended = expires({"expires_in": -(10**17)}, "expires_in")
    assert ended is not None
    assert ended <= now()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308, 408, 500, 502, 599])
def test_whoever_redirects_or_gives_up_may_have_passed_the_call_on(status: int) -> None:
    rule = by_status(status)
    assert (rule.retry, rule.acted) == ("transient", True)


@pytest.mark.parametrize("status", [400, 403, 404, 418])
def test_a_refusal_without_words_is_a_refusal(status: int) -> None:
    assert (by_status(status).retry, by_status(status).acted) == ("permanent_request", False)


async def test_success_false_of_meta_may_have_been_acted_on(sandbox: Sandbox) -> None:
    places = endpoints(sandbox.base)
    async with open_http(places.base_urls()) as http:
        graph = Graph(http, places, apps(sandbox).meta, Platform.FACEBOOK)
        with pytest.raises(PlatformError) as refused:
            graph.decode(answer(200, b'{"success": false}'))
        assert graph.decode(answer(200, b'{"success": true}')) == {"success": True}
    assert (refused.value.retry, refused.value.may_have_acted) == ("transient", True)


class OldGraph(Graph):
    """Facebook as a version that does not know the field `views` of a video."""

    __slots__ = ()

    async def get(self, path: str, token: str, params: Any) -> dict[str, Any]:
        fields = params.get("fields", "").split(",")
        if "views" in fields:
            error = {"message": "nonexisting field (views)", "type": "OAuthException", "code": 100}
            return self.decode(answer(400, json.dumps({"error": error}).encode()))
        if COMMENTS in fields:
            return {"id": path, "likes": {"summary": {"total_count": 4}}}
        return {"id": path}


async def test_a_version_without_views_still_tells_likes(sandbox: Sandbox) -> None:
    places = endpoints(sandbox.base)
    async with open_http(places.base_urls()) as http:
        graph = OldGraph(http, places, apps(sandbox).meta, Platform.FACEBOOK)
        found = await read_metrics(graph, Access("t", "1"), "77")
    assert found is not None
    assert (found.views, found.likes, found.gone) == (None, 4, None)


async def test_a_youtube_session_that_is_gone_before_its_last_byte_is_begun_anew(
    sandbox: Sandbox, clients: Clients, film: Path
) -> None:
    publisher = clients.publishers[Platform.YOUTUBE]
    access = access_of((await connect(sandbox, clients, Platform.YOUTUBE))[0])
    draft = draft_of(Platform.YOUTUBE, access, film)
    handle = await prepared(publisher, draft)
    await asyncio.to_thread(sandbox.fault, "google", "upload_bytes", "expire")
    with pytest.raises(PlatformError) as gone:
        await publisher.commit(draft, handle)
    assert (gone.value.fresh_handle, gone.value.may_have_acted) == (True, False)
    assert await asyncio.to_thread(sandbox.posts, "youtube") == []


async def test_a_youtube_session_that_is_gone_after_its_last_byte_leaves_it_open(
    sandbox: Sandbox, clients: Clients, film: Path
) -> None:
    publisher = clients.publishers[Platform.YOUTUBE]
    access = access_of((await connect(sandbox, clients, Platform.YOUTUBE))[0])
    draft = draft_of(Platform.YOUTUBE, access, film)
    handle = await filled(publisher, draft)
    await asyncio.to_thread(sandbox.fault, "google", "upload_bytes", "expire")
    assert isinstance(await publisher.commit(draft, handle, again=True), Ambiguous)
    # Nothing is found at first, which is believed only once YouTube's list has settled.
    assert isinstance(await publisher.check(draft, handle), Pending)
    assert await asyncio.to_thread(sandbox.posts, "youtube") == []


def test_a_youtube_title_fits_also_when_emoji_count_twice() -> None:
    options = read_options(Platform.YOUTUBE, {})
    title = title_of(options, "\U0001f3ce" * 80, "")  # type: ignore[arg-type]
    assert utf16_units(title) == 100
    assert cut_to_units("a\U0001f3ce", 2) == "a"
    assert cut_to_units("lap", 3) == "lap"


async def test_facebook_is_asked_for_nothing_of_instagram(
    sandbox: Sandbox, clients: Clients
) -> None:
    profiles = await connect(sandbox, clients, Platform.FACEBOOK)
    assert profiles
    assert all("instagram_basic" not in one.tokens.scopes for one in profiles)
