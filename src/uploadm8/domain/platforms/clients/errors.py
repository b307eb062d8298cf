"""The failures of a platform: one class, and one rule per code of the platform."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

from uploadm8.errors import Retry, UploadM8Error
from uploadm8.infra.clock import now

DAY = 86_400.0
_SECONDS = re.compile(r"\d{1,9}(\.\d+)?", re.ASCII)

RECONNECT = "Reconnect the account."
WAIT = "Nothing to do: we try again on our own."
OPERATOR = "Tell support: the app's registration with the platform needs attention."
FIX_VIDEO = "Let us transcode the video, or upload one that meets the platform's requirements."
FIX_TEXT = "Edit the text and post again."
FIX_OPTIONS = "Change the options of this post and post again."
SEE_PLATFORM = "Open the platform's own app and follow what it says about your account."


@dataclass(frozen=True, slots=True)
class Rule:
    """What one of a platform's codes means to us.

    Attributes:
        code: our stable code.
        retry: what a job does about it.
        sentence: for the creator.
        action: what the creator does next.
        after: seconds to wait, when the platform gives no time of its own.
        fresh: the handle is dead and nothing was published: prepare again from the start.
        acted: the platform may have done what was asked in spite of this answer.
    """

    code: str
    retry: Retry
    sentence: str
    action: str
    after: float | None = None
    fresh: bool = False
    acted: bool = False


class PlatformError(UploadM8Error):
    """The platform refused the call and did nothing, or could not be asked."""

    status_code = 502
    code = "platform_error"
    retry = Retry.PERMANENT_REQUEST

    def __init__(
        self,
        rule: Rule,
        *,
        platform: str,
        platform_code: str | None = None,
        message: str | None = None,
        http_status: int | None = None,
        trace: str | None = None,
        retry_after: float | None = None,
        data: Mapping[str, object] | None = None,
    ) -> None:
        """Say what happened in our words, keeping the platform's for support.

        Args:
            rule: what the code means.
            platform: name of the platform.
            platform_code: the code as the platform writes it.
            message: the platform's own text, never shown without ours.
            http_status: status of the answer.
            trace: the platform's id of the request, which its support asks for.
            retry_after: seconds the platform asks us to wait.
            data: what the platform adds for programs, such as the offset it wants next.
        """
        told = {
            "platform": platform,
            "platform_code": platform_code,
            "platform_message": message,
            "platform_status": http_status,
            "platform_trace": trace,
        }
        super().__init__(
            rule.sentence,
            code=rule.code,
            action=rule.action,
            retry=rule.retry,
            retry_after=retry_after if retry_after is not None else rule.after,
            extra={key: value for key, value in told.items() if value is not None},
        )
        self.platform = platform
        self.platform_code = platform_code
        self.http_status = http_status
        self.data = dict(data or {})
        self.fresh_handle = rule.fresh
        self.may_have_acted = rule.acted


UNREACHABLE = Rule(
    "platform_unreachable", Retry.TRANSIENT, "The platform could not be reached.", WAIT
)
LOST = Rule(
    "platform_connection_lost",
    Retry.TRANSIENT,
    "The connection to the platform broke.",
    WAIT,
    acted=True,
)
UNAVAILABLE = Rule(
    "platform_unavailable", Retry.TRANSIENT, "The platform has a fault.", WAIT, acted=True
)
GARBLED = Rule(
    "platform_answer_unreadable",
    Retry.TRANSIENT,
    "The platform's answer could not be understood.",
    WAIT,
    acted=True,
)
RATE_LIMITED = Rule(
    "platform_rate_limited", Retry.RATE_LIMITED, "The platform asks us to slow down.", WAIT, 60.0
)
DAILY_LIMIT = Rule(
    "platform_daily_limit",
    Retry.RATE_LIMITED,
    "The account has reached the platform's limit of posts per day.",
    "Nothing to do: we post it when the platform allows it again.",
    DAY,
)
APP_LIMIT = Rule(
    "platform_app_limit",
    Retry.RATE_LIMITED,
    "Our app has reached a limit set by the platform.",
    WAIT,
    3_600.0,
)
TOKEN_EXPIRED = Rule(
    "platform_token_expired", Retry.AUTH_EXPIRED, "The access token is no longer accepted.", WAIT
)
REVOKED = Rule(
    "platform_access_revoked",
    Retry.AUTH_REVOKED,
    "The platform no longer lets us act for this account.",
    RECONNECT,
)
SCOPE_MISSING = Rule(
    "platform_permission_missing",
    Retry.AUTH_REVOKED,
    "A permission needed for this was not granted.",
    "Reconnect the account and leave every permission ticked.",
)
SESSION_GONE = Rule(
    "upload_session_expired",
    Retry.TRANSIENT,
    "The platform has closed the upload before it was complete; nothing was posted.",
    WAIT,
    fresh=True,
)
MEDIA_REJECTED = Rule(
    "media_rejected", Retry.PERMANENT_MEDIA, "The platform cannot use this video.", FIX_VIDEO
)
REQUEST_REJECTED = Rule(
    "platform_request_rejected",
    Retry.PERMANENT_REQUEST,
    "The platform did not accept the post as it is.",
    FIX_OPTIONS,
)
POLICY = Rule(
    "platform_policy",
    Retry.PERMANENT_REQUEST,
    "The platform refused the post under its rules.",
    SEE_PLATFORM,
)
ACCOUNT_RESTRICTED = Rule(
    "platform_account_restricted",
    Retry.PERMANENT_REQUEST,
    "The platform does not let this account post at the moment.",
    SEE_PLATFORM,
)
MISCONFIGURED = Rule(
    "platform_app_misconfigured",
    Retry.PERMANENT_REQUEST,
    "The platform refuses our app.",
    OPERATOR,
)


def by_status(status: int) -> Rule:
    """Return the rule for an answer whose code is unknown, by its HTTP status alone.

    No API of a platform redirects: whoever does so stands in between, and may have passed the
    call on before.
    """
    if status == 429:
        return RATE_LIMITED
    if status == 401:
        return TOKEN_EXPIRED
    if status == 408 or status >= 500:
        return UNAVAILABLE
    if 300 <= status < 400:
        return GARBLED
    return REQUEST_REJECTED


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Read Retry-After, in seconds or as a date, bounded to a day; None when absent or garbled."""
    raw = headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(raw):
        return min(float(raw), DAY)
    try:
        moment = parsedate_to_datetime(raw)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(0.0, (aware - now()).total_seconds()), DAY)
