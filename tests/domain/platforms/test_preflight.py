"""Preflight says fix, change or block, and what we do about it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from uploadm8.domain.platforms.clients.base import LiveLimits, MediaFacts, Platform
from uploadm8.domain.platforms.clients.findings import Proposal, hashtags
from uploadm8.domain.platforms.clients.options import read_options
from uploadm8.domain.platforms.clients.preflight import preflight
from uploadm8.domain.platforms.clients.text_units import utf16_units
from uploadm8.findings import Severity

GOOD = MediaFacts("mp4", "h264", 1080, 1920, 30.0, 45.0, 50_000_000, "aac", 8_000_000)
OPTIONS: dict[Platform, dict[str, Any]] = {
    Platform.TIKTOK: {"privacy": "SELF_ONLY"},
    Platform.YOUTUBE: {"privacy": "public", "made_for_kids": False},
    Platform.INSTAGRAM: {},
    Platform.FACEBOOK: {},
}


def propose(platform: Platform, media: MediaFacts = GOOD, **more: Any) -> Proposal:
    options = read_options(platform, OPTIONS[platform] | more.pop("options", {}))
    return Proposal(media, more.pop("caption", "Lap #one"), options, title="Lap", **more)


def codes(platform: Platform, proposal: Proposal) -> dict[str, Severity]:
    found = preflight(platform, proposal)
    assert all(finding.sentence and finding.what_we_do for finding in found)
    return {finding.code: finding.severity for finding in found}


@pytest.mark.parametrize("platform", list(Platform))
def test_a_good_film_has_no_findings(platform: Platform) -> None:
    assert codes(platform, propose(platform)) == {}


@pytest.mark.parametrize("platform", list(Platform))
@pytest.mark.parametrize(
    ("can_transcode", "severity"), [(True, Severity.FIX), (False, Severity.BLOCK)]
)
def test_a_foreign_container_is_fixed_where_the_tier_transcodes(
    platform: Platform, *, can_transcode: bool, severity: Severity
) -> None:
    media = replace(GOOD, container="ogv", video_codec="theora")
    found = codes(platform, propose(platform, media, can_transcode=can_transcode))
    assert found["container_unsupported"] is found["video_codec_unsupported"] is severity


@pytest.mark.parametrize(
    ("platform", "changes", "code"),
    [
        (Platform.INSTAGRAM, {"size_bytes": 300_000_001}, "file_too_large"),
        (Platform.INSTAGRAM, {"width": 3840, "height": 2160}, "too_wide"),
        (Platform.INSTAGRAM, {"bit_rate": 26_000_000}, "bit_rate_too_high"),
        (Platform.INSTAGRAM, {"fps": 120.0}, "frame_rate_out_of_range"),
        (Platform.TIKTOK, {"fps": 15.0}, "frame_rate_out_of_range"),
        (Platform.TIKTOK, {"width": 240, "height": 320}, "resolution_out_of_range"),
    ],
)
def test_what_encoding_can_repair_is_a_fix(
    platform: Platform, changes: dict[str, Any], code: str
) -> None:
    assert codes(platform, propose(platform, replace(GOOD, **changes)))[code] is Severity.FIX


@pytest.mark.parametrize(
    ("platform", "duration"),
    [(Platform.INSTAGRAM, 2.0), (Platform.INSTAGRAM, 901.0), (Platform.TIKTOK, 601.0)],
)
def test_a_wrong_length_blocks(platform: Platform, duration: float) -> None:
    media = replace(GOOD, duration=duration, size_bytes=10_000_000)
    assert codes(platform, propose(platform, media))["duration_out_of_range"] is Severity.BLOCK


def test_a_film_too_small_for_a_reel_goes_to_facebook_as_a_page_video() -> None:
    small = replace(GOOD, width=360, height=640)
    assert codes(Platform.FACEBOOK, propose(Platform.FACEBOOK, small)) == {}
    forced = propose(Platform.FACEBOOK, small, options={"kind": "reel"})
    assert codes(Platform.FACEBOOK, forced) == {"resolution_out_of_range": Severity.FIX}


def test_a_long_film_goes_to_facebook_as_a_page_video() -> None:
    long = replace(GOOD, duration=300.0)
    assert codes(Platform.FACEBOOK, propose(Platform.FACEBOOK, long)) == {}
    forced = propose(Platform.FACEBOOK, long, options={"kind": "reel"})
    assert codes(Platform.FACEBOOK, forced) == {"duration_out_of_range": Severity.BLOCK}


@pytest.mark.parametrize(
    ("limits", "options", "code"),
    [
        (LiveLimits(privacy=("PUBLIC_TO_EVERYONE",)), {}, "privacy_not_offered"),
        (LiveLimits(max_duration=30), {}, "too_long_for_account"),
        (LiveLimits(can_post=False), {}, "account_cannot_post"),
        (None, {"branded_content": True}, "branded_content_private"),
        (None, {"privacy": None}, "privacy_required"),
    ],
)
def test_tiktok_blocks_what_its_rules_forbid(
    limits: LiveLimits | None, options: dict[str, Any], code: str
) -> None:
    proposal = propose(Platform.TIKTOK, limits=limits, options=options)
    assert codes(Platform.TIKTOK, proposal)[code] is Severity.BLOCK


def test_comments_that_the_account_has_off_are_a_change() -> None:
    limits = LiveLimits(comments_off=True, duets_off=True)
    options = {"allow_comments": True, "allow_duets": False}
    proposal = propose(Platform.TIKTOK, limits=limits, options=options)
    assert codes(Platform.TIKTOK, proposal) == {"comments_off": Severity.CHANGE}


@pytest.mark.parametrize(
    ("caption", "code"),
    [
        ("x" * 2201, "caption_too_long"),
        ("#a " * 31, "too_many_hashtags"),
        ("@a " * 21, "too_many_mentions"),
    ],
)
def test_instagram_counts_the_caption(caption: str, code: str) -> None:
    proposal = propose(Platform.INSTAGRAM, caption=caption)
    assert codes(Platform.INSTAGRAM, proposal)[code] is Severity.BLOCK


def test_youtube_wants_choices_and_counts_bytes() -> None:
    proposal = propose(
        Platform.YOUTUBE,
        caption="ä" * 2501,
        options={
            "privacy": None,
            "made_for_kids": None,
            "tags": ["x" * 95] * 5,
            "category_id": "3",
        },
    )
    assert set(codes(Platform.YOUTUBE, proposal)) == {
        "privacy_not_chosen",
        "audience_not_chosen",
        "category_unknown",
        "description_too_long",
        "tags_too_long",
    }


def test_angle_brackets_and_a_long_title_change_the_post() -> None:
    proposal = replace(propose(Platform.YOUTUBE, caption="a < b"), title="t" * 101)
    found = codes(Platform.YOUTUBE, proposal)
    assert found == {"angle_brackets": Severity.CHANGE, "title_cut": Severity.CHANGE}


@pytest.mark.parametrize(
    ("ahead", "blocked"),
    [
        (timedelta(minutes=5), True),
        (timedelta(minutes=11), False),
        (timedelta(days=28), False),
        (timedelta(days=30), True),
    ],
)
def test_facebook_schedules_ten_minutes_to_29_days_ahead(
    ahead: timedelta, *, blocked: bool
) -> None:
    options = {"publish_at": (datetime.now(UTC) + ahead).isoformat()}
    found = codes(Platform.FACEBOOK, propose(Platform.FACEBOOK, options=options))
    assert ("schedule_out_of_range" in found) is blocked


def test_a_full_day_is_told_and_waited_for() -> None:
    limits = LiveLimits(posts_used=50, posts_total=50)
    found = codes(Platform.INSTAGRAM, propose(Platform.INSTAGRAM, limits=limits))
    assert found == {"daily_limit_reached": Severity.CHANGE}


def test_texts_are_counted_as_the_platforms_count() -> None:
    assert utf16_units("a😀") == 3
    assert hashtags("#one #two,#three word#four") == 3
