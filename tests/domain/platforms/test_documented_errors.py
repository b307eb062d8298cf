"""Every error that the platforms document, by what is done about it; none falls to a guess."""

import json
from typing import Any

import httpx
import pytest

from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.domain.platforms.clients.errors import PlatformError
from uploadm8.domain.platforms.clients.meta_errors import rule_for
from uploadm8.domain.platforms.clients.meta_graph import container_error, rupload_error
from uploadm8.domain.platforms.clients.oauth import oauth_error
from uploadm8.domain.platforms.clients.tiktok_api import FAIL_REASONS, RULES, fail_error
from uploadm8.domain.platforms.clients.tiktok_oauth import ERRORS as TIKTOK_OAUTH
from uploadm8.domain.platforms.clients.tiktok_upload import chunk_error
from uploadm8.domain.platforms.clients.youtube_api import FAILURES, answer_error
from uploadm8.domain.platforms.clients.youtube_api import RULES as YOUTUBE
from uploadm8.domain.platforms.clients.youtube_oauth import ERRORS as GOOGLE_OAUTH
from uploadm8.errors import Retry
from uploadm8.infra.http import Answer

RENEW, RECONNECT = {Retry.AUTH_EXPIRED}, {Retry.AUTH_REVOKED}
LATER, NOW = {Retry.RATE_LIMITED}, {Retry.TRANSIENT}
FIX = {Retry.PERMANENT_REQUEST, Retry.PERMANENT_MEDIA}


def rows(table: list[tuple[set[Retry], str]]) -> list[tuple[str, set[Retry]]]:
    return [(code, classes) for classes, codes in table for code in codes.split()]


TIKTOK_CODES = rows(
    [
        (RENEW, "access_token_invalid"),
        (RECONNECT, "scope_not_authorized scope_permission_missed"),
        (LATER, "rate_limit_exceeded spam_risk_too_many_posts reached_active_user_cap"),
        (LATER, "spam_risk_too_many_pending_share"),
        (NOW, "internal_error"),
        (FIX, "invalid_param invalid_params app_version_check_failed url_ownership_unverified"),
        (FIX, "privacy_level_option_mismatch spam_risk_user_banned_from_posting"),
        (FIX, "unaudited_client_can_only_post_to_private_accounts invalid_publish_id"),
        (FIX, "token_not_authorized_for_specified_publish_id publish_not_cancellable"),
    ]
)
TIKTOK_REASONS = rows(
    [
        (FIX, "file_format_check_failed duration_check_failed frame_rate_check_failed"),
        (FIX, "picture_size_check_failed publish_cancelled spam_risk_text spam_risk"),
        (FIX, "spam_risk_user_banned_from_posting"),
        (NOW, "internal video_pull_failed photo_pull_failed"),
        (RECONNECT, "auth_removed"),
        (LATER, "spam_risk_too_many_posts"),
    ]
)
YOUTUBE_REASONS = rows(
    [
        (FIX, "invalidTitle invalidDescription invalidTags invalidCategoryId mediaBodyRequired"),
        (FIX, "invalidVideoMetadata invalidPublishAt invalidRecordingDetails invalidFilename"),
        (FIX, "defaultLanguageNotSet forbidden forbiddenPrivacySetting forbiddenLicenseSetting"),
        (FIX, "forbiddenEmbedSetting accountDelegationForbidden authenticatedUserAccountClosed"),
        (FIX, "authenticatedUserAccountSuspended channelClosed channelSuspended"),
        (FIX, "accessNotConfigured videoNotFound playlistNotFound notFound wrongUrlForUpload"),
        (FIX, "notUpload uploadTooLarge invalidImage videoAlreadyInPlaylist manualSortRequired"),
        (FIX, "playlistContainsMaximumNumberOfVideos playlistItemsNotAccessible"),
        (FIX, "invalidContentDetails unexpectedPart"),
        (LATER, "uploadLimitExceeded quotaExceeded dailyLimitExceeded rateLimitExceeded"),
        (LATER, "userRateLimitExceeded servingLimitExceeded uploadRateLimitExceeded"),
        (RENEW, "authError expired required authorizationRequired"),
        (RECONNECT, "youtubeSignupRequired insufficientPermissions"),
        (RECONNECT, "ACCESS_TOKEN_SCOPE_INSUFFICIENT"),
        (NOW, "internalError backendError notReady requestedRangeNotSatisfiable"),
    ]
)
META_CODES = rows(
    [
        (NOW, "1 2 -1/2207001 -2/2207003 9007/2207027 24/2207008 389 6000 6001"),
        (NOW, "-2/2207020 -1/2207032 -1/2207053 24/2207006 9004/2207052 100/2207082"),
        (NOW, "6000/1363019 6000/1363021 6000/1363030 6000/1363033 6000/1363041 6001/1363037"),
        (NOW, "1/1363047 1/1609010"),
        (LATER, "4 17 32 341 613 80001 80002 9/2207042 100/1390008"),
        (RECONNECT, "102 190 190/458 190/459 190/460 190/463 190/464 190/467 190/490 190/492"),
        (RECONNECT, "10 200 210 299 100/33"),
        (FIX, "3 100 101 352/2207026 1/2207057 100/2207023 100/2207028 100/2207035 100/2207036"),
        (FIX, "100/2207037 100/2207040 36000/2207004 36001/2207005 36003/2207009 36004/2207010"),
        (FIX, "100/2207067 100/2207076 100/2207077 100/2207081 100/2207085 382 506 803 2500"),
        (FIX, "1363040 1363127 1363128 1363129 100/36007 100/36008 100/36009 3001/1504028"),
        (FIX, "368 4/2207051 25/2207050 100/1346003 100/1366046 100/1404078 100/1404102"),
        (FIX, "100/1404112 100/1609008 100/4854002"),
    ]
)


@pytest.mark.parametrize(("code", "classes"), TIKTOK_CODES)
def test_tiktok(code: str, classes: set[Retry]) -> None:
    assert RULES[code].retry in classes


@pytest.mark.parametrize(("reason", "classes"), TIKTOK_REASONS)
def test_tiktok_failed_publishes(reason: str, classes: set[Retry]) -> None:
    assert reason in FAIL_REASONS
    assert fail_error(reason).retry in classes


@pytest.mark.parametrize(("reason", "classes"), YOUTUBE_REASONS)
def test_youtube(reason: str, classes: set[Retry]) -> None:
    assert YOUTUBE[reason].retry in classes


@pytest.mark.parametrize("place", ["errors", "details"])
def test_youtube_names_a_missing_permission_in_either_place(place: str) -> None:
    error: dict[str, Any] = {"code": 403, place: [{"reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT"}]}
    body = json.dumps({"error": error}).encode()
    found = answer_error(Answer(403, httpx.Headers(), body, "https://x.test/"))
    assert found.retry is Retry.AUTH_REVOKED


@pytest.mark.parametrize(
    "reason", ["conversion", "invalidFile", "emptyFile", "tooSmall", "codec", "uploadAborted"]
)
def test_youtube_failed_videos(reason: str) -> None:
    assert FAILURES[reason].retry is Retry.PERMANENT_MEDIA


@pytest.mark.parametrize(("codes", "classes"), META_CODES)
def test_meta(codes: str, classes: set[Retry]) -> None:
    code, _, subcode = codes.partition("/")
    rule = rule_for(int(code), int(subcode) if subcode else None)
    assert rule is not None
    assert rule.retry in classes


def test_a_transient_flag_of_meta_counts_where_the_code_says_nothing() -> None:
    rule = rule_for(987_654, None, transient=True)
    assert rule is not None
    assert rule.retry is Retry.TRANSIENT
    assert rule_for(987_654, None) is None


def test_a_failed_container_names_its_subcode_in_a_sentence() -> None:
    error: PlatformError = container_error(
        Platform.INSTAGRAM, "Error: Media upload has failed with error code 2207076"
    )
    assert (error.retry, error.platform_code) == (Retry.PERMANENT_MEDIA, "2207076")


@pytest.mark.parametrize(
    ("code", "classes"),
    rows(
        [
            (RECONNECT, "access_denied invalid_grant"),
            (FIX, "invalid_client invalid_request invalid_scope unauthorized_client"),
            (FIX, "unsupported_grant_type unsupported_response_type"),
            (NOW, "server_error temporarily_unavailable"),
        ]
    ),
)
def test_tiktok_sign_in(code: str, classes: set[Retry]) -> None:
    assert TIKTOK_OAUTH[code].retry in classes


@pytest.mark.parametrize(
    ("code", "classes"),
    rows(
        [
            (RECONNECT, "invalid_grant"),
            (FIX, "invalid_client redirect_uri_mismatch invalid_request unauthorized_client"),
        ]
    ),
)
def test_google_sign_in(code: str, classes: set[Retry]) -> None:
    assert GOOGLE_OAUTH[code].retry in classes


def answered(status: int, body: bytes = b"") -> Answer:
    return Answer(status, httpx.Headers(), body, "https://x.test/")


@pytest.mark.parametrize(
    ("status", "classes", "fresh"),
    [
        (400, FIX, False),
        (403, NOW, True),
        (404, NOW, True),
        (416, NOW, True),
        (429, LATER, False),
        (500, NOW, False),
        (503, NOW, False),
    ],
)
def test_tiktok_chunks(status: int, classes: set[Retry], *, fresh: bool) -> None:
    error = chunk_error(answered(status))
    assert error.retry in classes
    assert error.fresh_handle is fresh


@pytest.mark.parametrize(
    ("status", "classes"),
    [
        (400, FIX),
        (401, RENEW),
        (403, FIX),
        (413, FIX),
        (429, LATER),
        *[(status, NOW) for status in (500, 502, 503, 504)],
    ],
)
def test_youtube_without_a_reason_is_judged_by_its_status(status: int, classes: set[Retry]) -> None:
    assert answer_error(answered(status)).retry in classes


@pytest.mark.parametrize(
    ("kind", "retriable", "classes", "fresh"),
    [
        ("OffsetInvalidError", False, NOW, False),
        ("PartialRequestError", False, NOW, False),
        ("ProcessingFailedError", True, NOW, False),
        ("ProcessingFailedError", False, NOW, True),
    ],
)
def test_metas_host_for_bytes(
    kind: str, classes: set[Retry], *, retriable: bool, fresh: bool
) -> None:
    error = rupload_error(Platform.FACEBOOK, 400, {"type": kind, "retriable": retriable})
    assert error.retry in classes
    assert (error.platform_code, error.fresh_handle) == (kind, fresh)


def test_metas_host_for_bytes_names_a_refused_token_in_its_message_only() -> None:
    message = '{"success":false,"error":{"message":"unauthorized user request"}}'
    told = {"type": "ProcessingFailedError", "retriable": False, "message": message}
    assert rupload_error(Platform.INSTAGRAM, 400, told).retry is Retry.AUTH_EXPIRED


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize(
    ("code", "classes"),
    rows([(RECONNECT, "access_denied invalid_grant"), (NOW, "server_error nothing_known")]),
)
def test_an_error_in_the_answer_counts_whatever_the_status(
    code: str, classes: set[Retry], status: int
) -> None:
    if (code, status) == ("nothing_known", 400):
        classes = FIX
    error = oauth_error("tiktok", answered(status), {"error": code}, TIKTOK_OAUTH)
    assert error.retry in classes
