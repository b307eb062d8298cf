"""Preflight weighs what was asked against the account: its permissions, its limits, its time."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from uploadm8.domain.platforms.clients.base import LiveLimits, Platform
from uploadm8.domain.platforms.clients.errors import DAILY_LIMIT, PlatformError
from uploadm8.domain.platforms.clients.findings import Proposal
from uploadm8.domain.platforms.clients.options import read_options
from uploadm8.domain.platforms.clients.preflight import preflight
from uploadm8.domain.publishing.preflight import PreflightError, Wish, accept, look_at
from uploadm8.findings import Severity
from uploadm8.infra.clock import now

MANAGE = frozenset({"https://www.googleapis.com/auth/youtube.force-ssl"})
UPLOAD = frozenset({"https://www.googleapis.com/auth/youtube.upload"})
OPEN = {"privacy": "public", "made_for_kids": False}


def codes(platform: Platform, given: dict[str, Any], **more: Any) -> dict[str, Severity]:
    proposal = Proposal(None, "Lap", read_options(platform, given), title="Lap", **more)
    return {found.code: found.severity for found in preflight(platform, proposal)}


@pytest.mark.parametrize(
    ("options", "scopes", "found"),
    [
        (OPEN | {"first_comment": "Hi"}, MANAGE, set()),
        (OPEN | {"first_comment": "Hi"}, UPLOAD, {"channel_not_managed"}),
        (OPEN | {"playlist_ids": ["PL1"]}, UPLOAD, {"channel_not_managed"}),
        (
            OPEN | {"made_for_kids": True, "first_comment": "Hi"},
            MANAGE,
            {"first_comment_not_allowed"},
        ),
        (
            OPEN | {"privacy": "private", "first_comment": "Hi"},
            MANAGE,
            {"first_comment_not_allowed"},
        ),
    ],
)
def test_what_a_youtube_channel_does_not_let_us_do_is_left_out_and_told(
    options: dict[str, Any], scopes: frozenset[str], found: set[str]
) -> None:
    told = codes(Platform.YOUTUBE, options, scopes=scopes)
    assert told == dict.fromkeys(found, Severity.CHANGE)


def test_tiktok_drafts_need_their_permission() -> None:
    lacking = codes(Platform.TIKTOK, {"mode": "inbox"}, scopes=frozenset({"video.publish"}))
    assert lacking == {"drafts_not_allowed": Severity.BLOCK}
    granted = codes(Platform.TIKTOK, {"mode": "inbox"}, scopes=frozenset({"video.upload"}))
    assert granted == {}


def test_a_comment_on_a_facebook_draft_is_left_out() -> None:
    told = codes(Platform.FACEBOOK, {"draft": True, "first_comment": "Hi"})
    assert told == {"first_comment_on_draft": Severity.CHANGE}


@pytest.mark.parametrize(("minutes", "blocked"), [(5, True), (15, False)])
def test_facebooks_window_counts_from_when_we_send(minutes: int, *, blocked: bool) -> None:
    sent = now() + timedelta(days=60)
    options = {"publish_at": (sent + timedelta(minutes=minutes)).isoformat()}
    told = codes(Platform.FACEBOOK, options, sent_at=sent)
    assert ("schedule_out_of_range" in told) is blocked


def test_a_full_day_waits_and_a_ban_blocks() -> None:
    full = LiveLimits(can_post=False, refusal=PlatformError(DAILY_LIMIT, platform="tiktok"))
    assert codes(Platform.TIKTOK, {"privacy": "SELF_ONLY"}, limits=full) == {
        "account_must_wait": Severity.CHANGE
    }
    banned = LiveLimits(can_post=False)
    assert codes(Platform.TIKTOK, {"privacy": "SELF_ONLY"}, limits=banned) == {
        "account_cannot_post": Severity.BLOCK
    }


def wish(**more: Any) -> Wish:
    options = read_options(Platform.YOUTUBE, OPEN | more.pop("options", {}))
    return Wish(Platform.YOUTUBE, "Lap", options, "Lap", MANAGE, **more)


def test_a_platforms_publication_time_in_the_past_is_refused_at_once() -> None:
    gone = datetime(2020, 1, 1, tzinfo=UTC).isoformat()
    with pytest.raises(PreflightError) as blocked:
        accept(wish(options={"publish_at": gone}), "targets[0]")
    found = [finding["code"] for finding in blocked.value.extra["findings"]]
    assert "publish_at_past" in found


def test_todays_limits_say_nothing_about_another_day() -> None:
    banned = LiveLimits(can_post=False)
    later = now() + timedelta(days=2)
    assert [one.code for one in look_at(wish(limits=banned))] == ["account_cannot_post"]
    assert look_at(wish(limits=banned, publish_at=later)) == []
