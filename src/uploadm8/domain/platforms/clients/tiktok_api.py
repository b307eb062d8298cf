"""TikTok's envelope and its codes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from uploadm8.domain.platforms.clients import errors as e
from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.domain.platforms.clients.errors import PlatformError, Rule
from uploadm8.domain.platforms.clients.transport import Line, json_object, mapping, text
from uploadm8.errors import Retry
from uploadm8.infra.http import Answer, Http

_MEDIA = Retry.PERMANENT_MEDIA
_REQUEST = Retry.PERMANENT_REQUEST

BAD_PARAMETER = Rule(
    "platform_request_rejected", _REQUEST, "TikTok did not accept the post as it is.", e.FIX_OPTIONS
)
TOO_MANY_DRAFTS = replace(
    e.DAILY_LIMIT,
    code="platform_too_many_drafts",
    sentence="Too many drafts wait in the TikTok inbox.",
    action="Post or delete drafts in the TikTok app; we deliver this one later.",
)
PRIVACY_UNAVAILABLE = Rule(
    "privacy_not_allowed",
    _REQUEST,
    "The chosen privacy is no longer on offer for this TikTok account.",
    "Choose one of the privacy values the account offers now.",
)
UNAUDITED = Rule(
    "platform_app_unaudited",
    _REQUEST,
    "Until TikTok has reviewed the app, it posts only to private accounts.",
    "Set the TikTok account to private, or wait for the review.",
)
BANNED = replace(e.ACCOUNT_RESTRICTED, sentence="TikTok has banned this account from posting.")
SPAM = replace(e.POLICY, sentence="TikTok's spam protection refused the post.")
UNKNOWN_HANDLE = Rule(
    "platform_handle_unknown", _REQUEST, "TikTok does not know this upload.", e.WAIT
)

RULES: Mapping[str, Rule] = {
    "invalid_param": BAD_PARAMETER,
    "invalid_params": BAD_PARAMETER,
    "invalid_request": BAD_PARAMETER,
    "app_version_check_failed": replace(
        BAD_PARAMETER, sentence="The TikTok app is too old.", action="Update the TikTok app."
    ),
    "access_token_invalid": e.TOKEN_EXPIRED,
    "scope_not_authorized": e.SCOPE_MISSING,
    "scope_permission_missed": e.SCOPE_MISSING,
    "spam_risk_too_many_posts": e.DAILY_LIMIT,
    "spam_risk_user_banned_from_posting": BANNED,
    "spam_risk_too_many_pending_share": TOO_MANY_DRAFTS,
    "reached_active_user_cap": replace(e.APP_LIMIT, after=e.DAY),
    "unaudited_client_can_only_post_to_private_accounts": UNAUDITED,
    "url_ownership_unverified": e.MISCONFIGURED,
    "privacy_level_option_mismatch": PRIVACY_UNAVAILABLE,
    "rate_limit_exceeded": e.RATE_LIMITED,
    "internal_error": e.UNAVAILABLE,
    "invalid_publish_id": UNKNOWN_HANDLE,
    "token_not_authorized_for_specified_publish_id": UNKNOWN_HANDLE,
    "publish_not_cancellable": UNKNOWN_HANDLE,
}

FAIL_REASONS: Mapping[str, Rule] = {
    "file_format_check_failed": Rule(
        "media_format_rejected", _MEDIA, "TikTok cannot read this video format.", e.FIX_VIDEO
    ),
    "duration_check_failed": Rule(
        "media_duration_rejected", _MEDIA, "TikTok refuses the video's length.", e.FIX_VIDEO
    ),
    "frame_rate_check_failed": Rule(
        "media_frame_rate_rejected", _MEDIA, "TikTok refuses the frame rate.", e.FIX_VIDEO
    ),
    "picture_size_check_failed": Rule(
        "media_resolution_rejected", _MEDIA, "TikTok refuses the picture size.", e.FIX_VIDEO
    ),
    "internal": replace(e.UNAVAILABLE, fresh=True, acted=False),
    "video_pull_failed": replace(e.UNAVAILABLE, fresh=True, acted=False),
    "photo_pull_failed": replace(e.UNAVAILABLE, fresh=True, acted=False),
    "publish_cancelled": Rule(
        "publish_cancelled", _REQUEST, "The post was cancelled on TikTok.", "Post it again."
    ),
    "auth_removed": e.REVOKED,
    "spam_risk_too_many_posts": replace(e.DAILY_LIMIT, fresh=True),
    "spam_risk_user_banned_from_posting": BANNED,
    "spam_risk_text": replace(SPAM, sentence="TikTok refused the text.", action=e.FIX_TEXT),
    "spam_risk": SPAM,
}


def fail_error(reason: str) -> PlatformError:
    """Make the error for a publish that ended FAILED."""
    rule = FAIL_REASONS.get(reason, e.MEDIA_REJECTED)
    return PlatformError(rule, platform=Platform.TIKTOK, platform_code=reason)


def answer_error(answer: Answer, found: Mapping[str, Any]) -> PlatformError:
    """Make the error for an answer whose envelope is not "ok"."""
    told = mapping(found, "error")
    code = text(told, "code")
    return PlatformError(
        RULES.get(code or "", e.by_status(answer.status)),
        platform=Platform.TIKTOK,
        platform_code=code,
        message=text(told, "message"),
        http_status=answer.status,
        trace=text(told, "log_id") or text(told, "logid"),
        retry_after=e.retry_after(answer.headers),
    )


@dataclass(frozen=True, slots=True)
class TikTokApi:
    """Calls of TikTok's API that speak the envelope."""

    http: Http
    base: str

    @property
    def line(self) -> Line:
        """The connection, for calls without the envelope."""
        return Line(self.http, Platform.TIKTOK)

    async def call(
        self,
        path: str,
        token: str,
        *,
        method: str = "POST",
        params: Mapping[str, str] | None = None,
        json: Any = None,
        idempotent: bool = False,
    ) -> Mapping[str, Any]:
        """Call and return `data`; anything but error.code "ok" is a failure, even with 200.

        Raises:
            PlatformError: TikTok refused, or could not be asked.
        """
        headers = {"Authorization": f"Bearer {token}"}
        if method == "POST":
            headers["Content-Type"] = "application/json; charset=UTF-8"
        answer = await self.line.send(
            method,
            f"{self.base}{path}",
            headers=headers,
            params=params,
            json=json,
            idempotent=idempotent,
        )
        found = json_object(answer)
        if found is None and not answer.ok:
            raise answer_error(answer, {})
        found = found if found is not None else self.line.read(answer)
        if text(mapping(found, "error"), "code") not in {"ok", None} or not answer.ok:
            raise answer_error(answer, found)
        return mapping(found, "data")
