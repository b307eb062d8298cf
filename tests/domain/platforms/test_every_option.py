"""Every option of every platform reaches the platform as its documents want it."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from platform_clients import access_of, connect, draft_of, live, publish
from sandbox_flows import Sandbox
from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.domain.platforms.clients.options import OPTIONS, choices, read_options
from uploadm8.domain.platforms.clients.registry import Clients
from uploadm8.errors import InvalidRequestError

pytestmark = pytest.mark.anyio

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "options.md").read_text()
SOON = (datetime.now(UTC) + timedelta(days=2)).replace(microsecond=0)

Rows = list[tuple[Platform, dict[str, Any], dict[str, Any]]]
SENT: Rows = [
    (
        Platform.TIKTOK,
        {
            "mode": "direct",
            "privacy": "MUTUAL_FOLLOW_FRIENDS",
            "allow_comments": True,
            "allow_duets": True,
            "allow_stitches": True,
            "cover_at_ms": 900,
            "branded_content": True,
            "own_brand": True,
            "ai_generated": True,
        },
        {
            "privacy_level": "MUTUAL_FOLLOW_FRIENDS",
            "disable_comment": False,
            "disable_duet": False,
            "disable_stitch": False,
            "video_cover_timestamp_ms": 900,
            "brand_content_toggle": True,
            "brand_organic_toggle": True,
            "is_aigc": True,
        },
    ),
    (
        Platform.YOUTUBE,
        {
            "title": "A hot lap",
            "privacy": "unlisted",
            "made_for_kids": True,
            "category_id": "2",
            "tags": ["lap", "hot lap"],
            "language": "en-GB",
            "synthetic_media": True,
            "embeddable": False,
            "license": "creativeCommon",
            "public_stats": False,
            "notify_subscribers": False,
        },
        {
            "privacyStatus": "unlisted",
            "selfDeclaredMadeForKids": True,
            "categoryId": "2",
            "defaultLanguage": "en-GB",
            "containsSyntheticMedia": True,
            "embeddable": False,
            "license": "creativeCommon",
            "publicStatsViewable": False,
            "notifySubscribers": False,
        },
    ),
    (
        Platform.YOUTUBE,
        {"publish_at": SOON.isoformat()},
        {"privacyStatus": "private", "publishAt": SOON.strftime("%Y-%m-%dT%H:%M:%S.000Z")},
    ),
    (
        Platform.INSTAGRAM,
        {
            "share_to_feed": False,
            "collaborators": ["@hill.climbs"],
            "tagged_users": ["alpine.roads"],
            "cover_at_ms": 1500,
            "audio_name": "Engine at dawn",
            "location_id": "104000000000001",
            "trial": "SS_PERFORMANCE",
            "ai_generated": True,
            "paid_partnership": True,
            "sponsor_ids": ["17841400000000003"],
        },
        {
            "media_type": "REELS",
            "share_to_feed": "false",
            "collaborators": '["hill.climbs"]',
            "user_tags": '[{"username": "alpine.roads"}]',
            "thumb_offset": "1500",
            "audio_name": "Engine at dawn",
            "location_id": "104000000000001",
            "trial_params": '{"graduation_strategy": "SS_PERFORMANCE"}',
            "is_ai_generated": "true",
            "is_paid_partnership": "true",
            "branded_content_sponsor_ids": '["17841400000000003"]',
        },
    ),
    (
        Platform.INSTAGRAM,
        {"audio_id": "18000000000000001", "audio_volume": 80, "video_volume": 20},
        {
            "audio_configuration": '{"audio_id": "18000000000000001", "audio_volume": 80,'
            ' "video_volume": 20}'
        },
    ),
    (
        Platform.FACEBOOK,
        {"kind": "reel", "title": "Lap", "place_id": "104000000000002"},
        {"reel": True, "place": "104000000000002", "video_state": "PUBLISHED"},
    ),
    (
        Platform.FACEBOOK,
        {"kind": "reel", "publish_at": SOON.isoformat()},
        {"reel": True, "video_state": "SCHEDULED"},
    ),
    (Platform.FACEBOOK, {"kind": "reel", "draft": True}, {"video_state": "DRAFT"}),
    (Platform.FACEBOOK, {"kind": "video", "publish_at": SOON.isoformat()}, {"reel": False}),
]
AFTERWARDS: Mapping[Platform, set[str]] = {
    Platform.TIKTOK: set(),
    Platform.YOUTUBE: {"playlist_ids", "thumbnail", "first_comment"},
    Platform.INSTAGRAM: {"cover", "first_comment"},
    Platform.FACEBOOK: {"collaborators", "thumbnail", "first_comment"},
}
"""What is not part of the post itself; tests/domain/publishing/test_steps.py has them."""


@pytest.mark.parametrize(("platform", "options", "told"), SENT)
async def test_options_arrive_in_the_platforms_words(
    sandbox: Sandbox,
    clients: Clients,
    film: Path,
    platform: Platform,
    options: dict[str, Any],
    told: dict[str, Any],
) -> None:
    access = access_of((await connect(sandbox, clients, platform))[0])
    draft = draft_of(platform, access, film, **options)
    live(await publish(clients.publishers[platform], draft))
    post = (await asyncio.to_thread(sandbox.posts, platform))[0]
    assert {name: post["options"].get(name) for name in told} == told
    if "publish_at" in options:
        assert post["publish_at"] == SOON.timestamp()
        assert (post["visibility"], post["published_at"]) == ("scheduled", None)
    if "title" in options:
        assert post["title"] == options["title"]
    if "tags" in options:
        assert post["options"]["tags"][:2] == options["tags"]
    if options.get("draft"):
        assert post["visibility"] == "draft"


@pytest.mark.parametrize("platform", list(Platform))
def test_no_option_is_without_a_test(platform: Platform) -> None:
    sent = {name for one, options, _ in SENT if one is platform for name in options}
    assert sent | AFTERWARDS[platform] == set(OPTIONS[platform].__struct_fields__)


EVERY_OPTION = [(one, name) for one in Platform for name in OPTIONS[one].__struct_fields__]


@pytest.mark.parametrize(("platform", "name"), EVERY_OPTION)
def test_a_value_of_a_wrong_kind_names_its_option(platform: Platform, name: str) -> None:
    with pytest.raises(InvalidRequestError) as wrong:
        read_options(platform, {name: {"not": "this"}})
    assert (wrong.value.code, wrong.value.status_code) == ("invalid_options", 400)
    assert [fault.field for fault in wrong.value.fields] == [f"options.{name}"]


@pytest.mark.parametrize(
    ("platform", "name"), [row for row in EVERY_OPTION if choices(row[0], row[1])]
)
def test_a_wrong_word_is_answered_with_the_right_ones(platform: Platform, name: str) -> None:
    words = choices(platform, name)
    for word in words:
        assert getattr(read_options(platform, {name: word}), name) == word
    with pytest.raises(InvalidRequestError, match=", ".join(words)) as wrong:
        read_options(platform, {name: words[0].swapcase()})
    assert [fault.field for fault in wrong.value.fields] == [f"options.{name}"]


@pytest.mark.parametrize("platform", list(Platform))
def test_the_page_of_options_names_each_with_its_words(platform: Platform) -> None:
    section = PAGE.partition(f"## {platform.label}")[2].partition("\n## ")[0]
    for name in OPTIONS[platform].__struct_fields__:
        assert f"| `{name}` |" in section
        assert all(f"`{word}`" in section for word in choices(platform, name))


async def test_an_inbox_draft_carries_no_post_and_waits_in_the_app(
    sandbox: Sandbox, clients: Clients, film: Path
) -> None:
    access = access_of((await connect(sandbox, clients, Platform.TIKTOK))[0])
    draft = draft_of(Platform.TIKTOK, access, film, mode="inbox", privacy=None)
    verdict = live(await publish(clients.publishers[Platform.TIKTOK], draft))
    assert verdict.post_id is None
    assert "inbox" in (verdict.detail or "")
    assert await asyncio.to_thread(sandbox.posts, "tiktok") == []


async def test_a_publication_time_that_is_over_makes_a_youtube_video_public_at_once(
    sandbox: Sandbox, clients: Clients, film: Path
) -> None:
    await asyncio.to_thread(sandbox.switch, youtube_past_publish_at="reject")
    access = access_of((await connect(sandbox, clients, Platform.YOUTUBE))[0])
    gone = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
    draft = draft_of(Platform.YOUTUBE, access, film, privacy="private", publish_at=gone)
    live(await publish(clients.publishers[Platform.YOUTUBE], draft))
    post = (await asyncio.to_thread(sandbox.posts, "youtube"))[0]
    assert (post["visibility"], post["publish_at"]) == ("public", None)
