"""What a creator chooses reaches the platform; what does not exist is refused."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from platform_clients import access_of, connect, draft_of, live, publish
from sandbox_flows import Sandbox
from uploadm8.domain.platforms.clients.base import Access, Platform
from uploadm8.domain.platforms.clients.errors import PlatformError
from uploadm8.domain.platforms.clients.options import OPTIONS, read_options
from uploadm8.domain.platforms.clients.registry import Clients
from uploadm8.errors import InvalidRequestError

pytestmark = pytest.mark.anyio

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c4944415408d763f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)


async def published(
    sandbox: Sandbox, clients: Clients, platform: Platform, film: Path, **options: Any
) -> tuple[Access, dict[str, Any]]:
    access = access_of((await connect(sandbox, clients, platform))[0])
    live(await publish(clients.publishers[platform], draft_of(platform, access, film, **options)))
    return access, (await asyncio.to_thread(sandbox.posts, platform))[0]


async def test_tiktok_switches_are_off_unless_asked_for(
    sandbox: Sandbox, clients: Clients, film: Path
) -> None:
    _, post = await published(sandbox, clients, Platform.TIKTOK, film)
    told = post["options"]
    assert told["disable_comment"] is told["disable_duet"] is told["disable_stitch"] is True
    assert told["brand_content_toggle"] is told["brand_organic_toggle"] is False


async def test_tiktok_options_arrive(sandbox: Sandbox, clients: Clients, film: Path) -> None:
    options = {"allow_comments": True, "ai_generated": True, "own_brand": True, "cover_at_ms": 900}
    _, post = await published(sandbox, clients, Platform.TIKTOK, film, **options)
    told = post["options"]
    assert told["disable_comment"] is False
    assert told["is_aigc"] is told["brand_organic_toggle"] is True
    assert told["video_cover_timestamp_ms"] == 900


async def test_youtube_options_arrive(sandbox: Sandbox, clients: Clients, film: Path) -> None:
    options = {
        "title": "A <fast> lap",
        "privacy": "unlisted",
        "made_for_kids": True,
        "tags": ["lap", "hot lap"],
        "category_id": "2",
        "synthetic_media": True,
        "language": "en",
    }
    _, post = await published(sandbox, clients, Platform.YOUTUBE, film, **options)
    told = post["options"]
    assert "<" not in post["title"]
    assert told["privacyStatus"] == "unlisted"
    assert told["selfDeclaredMadeForKids"] is told["containsSyntheticMedia"] is True
    assert told["tags"][:2] == ["lap", "hot lap"]
    assert told["tags"][2].startswith("um8:")
    assert told["categoryId"] == "2"


async def test_a_scheduled_youtube_video_is_private_until_then(
    sandbox: Sandbox, clients: Clients, film: Path
) -> None:
    moment = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    _, post = await published(sandbox, clients, Platform.YOUTUBE, film, publish_at=moment)
    assert post["options"]["privacyStatus"] == "private"
    assert post["publish_at"] is not None


async def test_instagram_options_arrive(sandbox: Sandbox, clients: Clients, film: Path) -> None:
    options = {
        "share_to_feed": False,
        "collaborators": ["hill.climbs"],
        "cover_at_ms": 1500,
        "ai_generated": True,
    }
    _, post = await published(sandbox, clients, Platform.INSTAGRAM, film, **options)
    told = post["options"]
    assert told["share_to_feed"] == "false"
    assert told["collaborators"] == '["hill.climbs"]'
    assert told["thumb_offset"] == "1500"


async def test_facebook_publishes_a_reel_or_a_page_video_as_asked(
    sandbox: Sandbox, clients: Clients, film: Path
) -> None:
    _, post = await published(sandbox, clients, Platform.FACEBOOK, film, title="Reel of lap one")
    assert post["options"]["reel"] is True
    assert post["title"] == "Reel of lap one"
    await asyncio.to_thread(sandbox.control, "DELETE", "ledger")
    _, post = await published(sandbox, clients, Platform.FACEBOOK, film, kind="video")
    assert post["options"]["reel"] is False


async def test_what_follows_a_youtube_video_can_be_repeated(
    sandbox: Sandbox, clients: Clients, film: Path
) -> None:
    access, post = await published(sandbox, clients, Platform.YOUTUBE, film)
    after = clients.youtube_after
    for _ in range(2):
        await after.thumbnail(access, post["post_id"], PNG, "image/png")
    with pytest.raises(PlatformError) as missing:
        await after.add_to_playlist(access, post["post_id"], "PLmissing")
    assert missing.value.code == "playlist_rejected"
    await after.first_comment(access, post["post_id"], "Which corner next?")
    posts = await asyncio.to_thread(sandbox.posts, "youtube")
    assert posts[0]["comments"] == ["Which corner next?"]


async def test_first_comments_and_covers_on_meta(
    sandbox: Sandbox, clients: Clients, film: Path
) -> None:
    access, post = await published(sandbox, clients, Platform.INSTAGRAM, film)
    await clients.instagram.first_comment(access, post["post_id"], "Ask me anything")
    access, reel = await published(sandbox, clients, Platform.FACEBOOK, film)
    await clients.facebook_after.first_comment(access, reel["post_id"], "Ask me anything")
    await clients.facebook_after.thumbnail(access, reel["post_id"], PNG, "image/png")
    for platform in ("instagram", "facebook"):
        posts = await asyncio.to_thread(sandbox.posts, platform)
        assert posts[0]["comments"] == ["Ask me anything"]


@pytest.mark.parametrize("platform", list(Platform))
def test_an_option_that_does_not_exist_is_refused_by_name(platform: Platform) -> None:
    with pytest.raises(InvalidRequestError) as wrong:
        read_options(platform, {"autoplay": True})
    assert wrong.value.code == "invalid_options"
    assert "autoplay" in wrong.value.detail
    assert all(name in (wrong.value.action or "") for name in OPTIONS[platform].__struct_fields__)


@pytest.mark.parametrize(
    ("platform", "options", "field"),
    [
        (Platform.TIKTOK, {"privacy": "EVERYBODY"}, "options.privacy"),
        (Platform.YOUTUBE, {"title": "x" * 101}, "options.title"),
        (Platform.YOUTUBE, {"publish_at": "2026-01-01T10:00:00"}, "options.publish_at"),
        (Platform.INSTAGRAM, {"collaborators": ["a", "b", "c", "d"]}, "options.collaborators"),
        (Platform.FACEBOOK, {"kind": "story"}, "options.kind"),
    ],
)
def test_a_wrong_value_names_its_field(
    platform: Platform, options: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidRequestError) as wrong:
        read_options(platform, options)
    assert [found.field for found in wrong.value.fields] == [field]
