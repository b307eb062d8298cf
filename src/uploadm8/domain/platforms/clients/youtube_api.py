"""YouTube's error envelope, its reasons, and its clock (quota days end at midnight Pacific)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from uploadm8.domain.platforms.clients import errors as e
from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.domain.platforms.clients.errors import PlatformError, Rule
from uploadm8.domain.platforms.clients.transport import Line, json_object, mapping, rows, text
from uploadm8.errors import Retry
from uploadm8.infra.clock import now
from uploadm8.infra.http import Answer, Http

PACIFIC = ZoneInfo("America/Los_Angeles")
QUOTA_REASONS = frozenset({"quotaExceeded", "dailyLimitExceeded"})

_REQUEST = Retry.PERMANENT_REQUEST
_SIGNED_OUT = frozenset({"authError", "expired", "required", "authorizationRequired"})

NO_CHANNEL = Rule(
    "youtube_no_channel",
    Retry.AUTH_REVOKED,
    "The Google account has no YouTube channel.",
    "Create a channel on youtube.com, then reconnect.",
)
QUOTA = Rule(
    "platform_quota_exhausted",
    Retry.RATE_LIMITED,
    "Our YouTube quota for today is used up.",
    "Nothing to do: it is posted after midnight Pacific time.",
)
MISSING = Rule(
    "platform_object_missing", _REQUEST, "YouTube does not know this video.", e.SEE_PLATFORM
)
PLAYLIST = Rule(
    "playlist_rejected",
    _REQUEST,
    "The video could not be added to the playlist.",
    "Check that the playlist still exists, is yours, and is not full.",
)


def _text(field: str) -> Rule:
    return Rule("text_rejected", _REQUEST, f"YouTube refuses the {field}.", e.FIX_TEXT)


def _option(field: str) -> Rule:
    return Rule("option_rejected", _REQUEST, f"YouTube refuses the {field}.", e.FIX_OPTIONS)


RULES: Mapping[str, Rule] = {
    "invalidTitle": _text("title"),
    "invalidDescription": _text("description"),
    "invalidTags": _text("tags"),
    "invalidCategoryId": _option("category"),
    "invalidVideoMetadata": _text("title or category"),
    "invalidPublishAt": _option("publication time"),
    "invalidRecordingDetails": _option("recording details"),
    "invalidFilename": _option("file name"),
    "defaultLanguageNotSet": _option("language"),
    "mediaBodyRequired": e.REQUEST_REJECTED,
    "uploadLimitExceeded": e.DAILY_LIMIT,
    "uploadRateLimitExceeded": replace(e.RATE_LIMITED, after=3_600.0),
    **dict.fromkeys(_SIGNED_OUT, e.TOKEN_EXPIRED),
    "youtubeSignupRequired": NO_CHANNEL,
    **dict.fromkeys(QUOTA_REASONS, QUOTA),
    "rateLimitExceeded": e.RATE_LIMITED,
    "userRateLimitExceeded": e.RATE_LIMITED,
    "servingLimitExceeded": e.RATE_LIMITED,
    "insufficientPermissions": e.SCOPE_MISSING,
    "ACCESS_TOKEN_SCOPE_INSUFFICIENT": e.SCOPE_MISSING,
    "forbidden": replace(e.POLICY, sentence="YouTube does not allow this on the channel."),
    "forbiddenPrivacySetting": _option("privacy"),
    "forbiddenLicenseSetting": _option("licence"),
    "forbiddenEmbedSetting": _option("embedding switch"),
    **dict.fromkeys(
        (
            "accountDelegationForbidden",
            "authenticatedUserAccountClosed",
            "authenticatedUserAccountSuspended",
            "channelClosed",
            "channelSuspended",
        ),
        e.ACCOUNT_RESTRICTED,
    ),
    "accessNotConfigured": e.MISCONFIGURED,
    **dict.fromkeys(("wrongUrlForUpload", "notUpload", "unexpectedPart"), e.REQUEST_REJECTED),
    **dict.fromkeys(("videoNotFound", "notFound"), MISSING),
    **dict.fromkeys(
        (
            "playlistNotFound",
            "playlistContainsMaximumNumberOfVideos",
            "playlistItemsNotAccessible",
            "invalidContentDetails",
            "manualSortRequired",
            "videoAlreadyInPlaylist",
        ),
        PLAYLIST,
    ),
    "invalidImage": Rule(
        "thumbnail_rejected", _REQUEST, "YouTube cannot use the image.", "Use a JPEG or PNG image."
    ),
    "uploadTooLarge": e.MEDIA_REJECTED,
    "requestedRangeNotSatisfiable": e.LOST,
    "internalError": e.UNAVAILABLE,
    "backendError": e.UNAVAILABLE,
    "notReady": e.UNAVAILABLE,
}

FAILURES: Mapping[str, Rule] = {
    reason: Rule("media_rejected", Retry.PERMANENT_MEDIA, sentence, e.FIX_VIDEO)
    for reason, sentence in {
        "conversion": "YouTube could not convert the video.",
        "invalidFile": "YouTube cannot read the file.",
        "emptyFile": "YouTube received an empty file.",
        "tooSmall": "YouTube finds the file too small.",
        "codec": "YouTube does not know the codec.",
        "uploadAborted": "YouTube says that the upload was aborted.",
    }.items()
}


def until_midnight_pacific(at: datetime) -> float:
    """Seconds from then to the next midnight in Los Angeles, where the quota day ends."""
    local = at.astimezone(PACIFIC)
    midnight = datetime.combine(local.date() + timedelta(days=1), datetime.min.time(), PACIFIC)
    return midnight.timestamp() - at.timestamp()


def answer_error(answer: Answer, at: datetime | None = None) -> PlatformError:
    """Make the error for a refusal, by errors[0].reason and never by its message."""
    told = mapping(json_object(answer) or {}, "error")
    reasons = [text(row, "reason") for row in rows(told, "errors") + rows(told, "details")]
    known = next((reason for reason in reasons if reason in RULES), None)
    reason = known or next((reason for reason in reasons if reason), None)
    if reason in QUOTA_REASONS:
        wait: float | None = until_midnight_pacific(at or now())
    else:
        wait = e.retry_after(answer.headers)
    return PlatformError(
        RULES.get(reason or "", e.by_status(answer.status)),
        platform=Platform.YOUTUBE,
        platform_code=reason,
        message=text(told, "message"),
        http_status=answer.status,
        retry_after=wait,
    )


@dataclass(frozen=True, slots=True)
class YouTubeApi:
    """Authorized JSON calls of the Data and Analytics APIs."""

    http: Http
    base: str
    analytics: str

    @property
    def line(self) -> Line:
        """The connection, for the upload protocol."""
        return Line(self.http, Platform.YOUTUBE)

    async def get(self, path: str, token: str, params: Mapping[str, str]) -> dict[str, Any]:
        """Read a resource of the Data API."""
        return await self._json("GET", f"{self.base}/youtube/v3/{path}", token, params=params)

    async def post(
        self, path: str, token: str, params: Mapping[str, str], json: Any
    ) -> dict[str, Any]:
        """Create a resource of the Data API."""
        url = f"{self.base}/youtube/v3/{path}"
        return await self._json("POST", url, token, params=params, json=json)

    async def report(self, token: str, params: Mapping[str, str]) -> dict[str, Any]:
        """Query the Analytics API."""
        return await self._json("GET", f"{self.analytics}/v2/reports", token, params=params)

    async def _json(self, method: str, url: str, token: str, **kwargs: Any) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {token}"}
        answer = await self.line.send(method, url, headers=headers, **kwargs)
        if not answer.ok:
            raise answer_error(answer)
        return self.line.read(answer)
