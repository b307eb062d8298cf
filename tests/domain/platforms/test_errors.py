"""Every code of the platforms means one thing to us."""

import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from uploadm8.domain.platforms.clients.base import (
    CommitAgain,
    Live,
    NotPublished,
    Pending,
    Platform,
)
from uploadm8.domain.platforms.clients.endpoints import AppCredentials, Endpoints
from uploadm8.domain.platforms.clients.errors import PlatformError
from uploadm8.domain.platforms.clients.facebook_status import VideoStatus
from uploadm8.domain.platforms.clients.meta_graph import Graph, container_error
from uploadm8.domain.platforms.clients.tiktok_api import answer_error as tiktok_error
from uploadm8.domain.platforms.clients.tiktok_api import fail_error
from uploadm8.domain.platforms.clients.youtube_api import answer_error as youtube_error
from uploadm8.domain.platforms.clients.youtube_api import until_midnight_pacific
from uploadm8.infra.http import Answer, Http


def answer(status: int, body: Any, **headers: str) -> Answer:
    return Answer(status, httpx.Headers(headers), json.dumps(body).encode(), "https://x.test/")


@pytest.mark.parametrize(
    ("status", "code", "retry"),
    [
        (400, "invalid_param", "permanent_request"),
        (400, "invalid_params", "permanent_request"),
        (401, "access_token_invalid", "auth_expired"),
        (401, "scope_not_authorized", "auth_revoked"),
        (403, "spam_risk_too_many_posts", "rate_limited"),
        (403, "spam_risk_user_banned_from_posting", "permanent_request"),
        (403, "spam_risk_too_many_pending_share", "rate_limited"),
        (403, "reached_active_user_cap", "rate_limited"),
        (403, "unaudited_client_can_only_post_to_private_accounts", "permanent_request"),
        (403, "url_ownership_unverified", "permanent_request"),
        (403, "privacy_level_option_mismatch", "permanent_request"),
        (429, "rate_limit_exceeded", "rate_limited"),
        (500, "internal_error", "transient"),
        (502, "something_new", "transient"),
        (400, "something_new", "permanent_request"),
    ],
)
def test_tiktok_codes(status: int, code: str, retry: str) -> None:
    body = {"data": {}, "error": {"code": code, "message": "m", "log_id": "L1"}}
    error = tiktok_error(answer(status, body), body)
    assert (error.retry, error.platform_code) == (retry, code)
    assert error.extra["platform_trace"] == "L1"
    assert error.action


@pytest.mark.parametrize(
    ("reason", "retry", "fresh"),
    [
        ("file_format_check_failed", "permanent_media", False),
        ("duration_check_failed", "permanent_media", False),
        ("frame_rate_check_failed", "permanent_media", False),
        ("picture_size_check_failed", "permanent_media", False),
        ("internal", "transient", True),
        ("video_pull_failed", "transient", True),
        ("publish_cancelled", "permanent_request", False),
        ("auth_removed", "auth_revoked", False),
        ("spam_risk_too_many_posts", "rate_limited", True),
        ("spam_risk_text", "permanent_request", False),
        ("never_seen", "permanent_media", False),
    ],
)
def test_tiktok_fail_reasons(reason: str, retry: str, *, fresh: bool) -> None:
    error = fail_error(reason)
    assert (error.retry, error.fresh_handle) == (retry, fresh)


@pytest.mark.parametrize(
    ("status", "reason", "retry"),
    [
        (400, "invalidTitle", "permanent_request"),
        (400, "uploadLimitExceeded", "rate_limited"),
        (401, "authError", "auth_expired"),
        (401, "youtubeSignupRequired", "auth_revoked"),
        (403, "quotaExceeded", "rate_limited"),
        (403, "rateLimitExceeded", "rate_limited"),
        (403, "insufficientPermissions", "auth_revoked"),
        (403, "forbidden", "permanent_request"),
        (403, "channelSuspended", "permanent_request"),
        (403, "accessNotConfigured", "permanent_request"),
        (413, "uploadTooLarge", "permanent_media"),
        (503, "backendError", "transient"),
    ],
)
def test_youtube_reasons(status: int, reason: str, retry: str) -> None:
    told = {"message": "m", "domain": "youtube.x", "reason": reason}
    error = youtube_error(answer(status, {"error": {"code": status, "errors": [told]}}))
    assert (error.retry, error.platform_code) == (retry, reason)


@pytest.mark.parametrize(
    ("local", "hours"),
    [
        ("2026-06-01T23:00", 1.0),
        ("2026-11-01T00:30", 24.5),  # the night the clocks go back
        ("2026-03-08T00:30", 22.5),  # and forward
    ],
)
def test_quota_returns_at_midnight_pacific(local: str, hours: float) -> None:
    moment = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo("America/Los_Angeles"))
    assert until_midnight_pacific(moment) == pytest.approx(hours * 3600)
    told = {"error": {"code": 403, "errors": [{"reason": "quotaExceeded"}]}}
    assert youtube_error(answer(403, told), moment).retry_after == pytest.approx(hours * 3600)


def graph() -> Graph:
    client = Http(httpx.AsyncClient())
    return Graph(client, Endpoints(), AppCredentials("1", "secret"), Platform.INSTAGRAM)


@pytest.mark.parametrize(
    ("code", "subcode", "retry", "fresh"),
    [
        (-2, 2207003, "transient", False),
        (-1, 2207032, "transient", True),
        (1, 2207057, "permanent_request", False),
        (4, 2207051, "permanent_request", False),
        (4, None, "rate_limited", False),
        (9, 2207042, "rate_limited", False),
        (10, None, "auth_revoked", False),
        (24, 2207008, "transient", True),
        (25, 2207050, "permanent_request", False),
        (100, None, "permanent_request", False),
        (100, 33, "auth_revoked", False),
        (190, 463, "auth_revoked", False),
        (200, None, "auth_revoked", False),
        (352, 2207026, "permanent_media", False),
        (368, None, "permanent_request", False),
        (506, None, "permanent_request", False),
        (613, None, "rate_limited", False),
        (9004, 2207052, "transient", True),
        (9007, 2207027, "transient", False),
        (36004, 2207010, "permanent_request", False),
        (80002, None, "rate_limited", False),
        (1363128, None, "permanent_media", False),
    ],
)
def test_graph_codes(code: int, subcode: int | None, retry: str, *, fresh: bool) -> None:
    told = {"message": "m", "type": "OAuthException", "code": code, "fbtrace_id": "A6"}
    if subcode is not None:
        told["error_subcode"] = subcode
    with pytest.raises(PlatformError) as raised:
        graph().decode(answer(400, {"error": told}))
    assert (raised.value.retry, raised.value.fresh_handle) == (retry, fresh)
    assert raised.value.extra["platform_trace"] == "A6"


def test_meta_tells_how_long_a_limit_lasts() -> None:
    usage = {"1": [{"type": "pages", "estimated_time_to_regain_access": 7}]}
    headers = {"x-business-use-case-usage": json.dumps(usage)}
    told = {"error": {"code": 80001, "message": "m"}}
    with pytest.raises(PlatformError) as raised:
        graph().decode(answer(400, told, **headers))
    assert raised.value.retry_after == 420.0


@pytest.mark.parametrize(
    ("text", "retry"),
    [
        ("Error: Media upload has failed with error code 2207026", "permanent_media"),
        ("Error: Media upload has failed with error code 2207082", "transient"),
        ("Something went wrong", "permanent_media"),
    ],
)
def test_the_text_of_a_failed_container_is_read(text: str, retry: str) -> None:
    assert container_error(Platform.INSTAGRAM, text).retry == retry


@pytest.mark.parametrize("done", ["complete", "completed"])
@pytest.mark.parametrize("field", ["bytes_transfered", "bytes_transferred"])
def test_both_spellings_of_facebook_are_read(done: str, field: str) -> None:
    status = VideoStatus(
        {
            "uploading_phase": {"status": done, field: 7},
            "publishing_phase": {"status": done, "publish_status": "published"},
        }
    )
    assert status.stored == 7
    assert status.uploaded
    assert isinstance(status.verdict("u", "published"), Live)


@pytest.mark.parametrize(
    ("phases", "kind"),
    [
        ({"publishing_phase": {"status": "not_started", "publish_status": "draft"}}, CommitAgain),
        ({"publishing_phase": {"status": "in_progress"}}, Pending),
        ({"processing_phase": {"status": "error", "error": {"message": "low"}}}, NotPublished),
        ({"processing_phase": {"status": "error", "errors": [{"code": 1363127}]}}, NotPublished),
        ({"video_status": "expired"}, NotPublished),
        ({"publishing_phase": {"status": "complete", "publish_status": "scheduled"}}, Live),
        ({"publishing_phase": {"status": "not_started", "publish_status": "scheduled"}}, Live),
        ({"publishing_phase": {"status": "in_progress", "publish_status": "scheduled"}}, Live),
    ],
)
def test_facebook_verdicts(phases: dict[str, Any], kind: type) -> None:
    assert isinstance(VideoStatus(phases).verdict("u", "scheduled"), kind)


@pytest.mark.parametrize(
    ("processing", "kind"), [("not_started", CommitAgain), ("in_progress", Live)]
)
def test_a_draft_is_one_once_facebook_works_on_it(processing: str, kind: type) -> None:
    phases = {
        "processing_phase": {"status": processing},
        "publishing_phase": {"status": "not_started", "publish_status": "draft"},
    }
    assert isinstance(VideoStatus(phases).verdict("u", "draft"), kind)
