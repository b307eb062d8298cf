"""Google's error envelope, and YouTube's door: token, scope, channel, quota."""

from collections.abc import Iterable
from datetime import datetime
from typing import cast
from zoneinfo import ZoneInfo

from uploadm8.dev.sandbox.kit.identity import GOOGLE, GoogleAccount
from uploadm8.dev.sandbox.kit.runtime import Runtime
from uploadm8.dev.sandbox.kit.tokens import TokenKind
from uploadm8.dev.sandbox.kit.wire import Call, RefusedError, Reply, json_reply

_PACIFIC = ZoneInfo("America/Los_Angeles")
_SCOPE_ROOT = "https://www.googleapis.com/auth/"
UPLOAD = frozenset(
    {f"{_SCOPE_ROOT}{n}" for n in ("youtube.upload", "youtube", "youtube.force-ssl")}
)
MANAGE = frozenset({f"{_SCOPE_ROOT}{n}" for n in ("youtube", "youtube.force-ssl")})
READ = MANAGE | {f"{_SCOPE_ROOT}youtube.readonly"}
COMMENT = frozenset({f"{_SCOPE_ROOT}youtube.force-ssl"})
ANALYTICS = frozenset({f"{_SCOPE_ROOT}yt-analytics.readonly"})
SCOPES = (
    READ
    | UPLOAD
    | ANALYTICS
    | {"openid", "email", "profile"}
    | {
        f"{_SCOPE_ROOT}userinfo.email",
        f"{_SCOPE_ROOT}userinfo.profile",
    }
)

_STATUS_NAMES = {401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 429: "RESOURCE_EXHAUSTED"}


def failure(status: int, reason: str, message: str, domain: str = "youtube.video") -> Reply:
    """A failure in Google's envelope; clients branch on errors[0].reason."""
    error = {
        "code": status,
        "message": message,
        "errors": [{"message": message, "domain": domain, "reason": reason}],
    }
    if status in _STATUS_NAMES:
        error["status"] = _STATUS_NAMES[status]
    headers = {}
    if status == 401:
        headers["www-authenticate"] = (
            'Bearer realm="https://accounts.google.com/", error="invalid_token"'
        )
    return json_reply({"error": error}, status, headers)


def refuse(
    status: int, reason: str, message: str = "", domain: str = "youtube.video"
) -> RefusedError:
    """The exception that answers with `failure`."""
    return RefusedError(
        failure(status, reason, message or f"The request failed: {reason}.", domain)
    )


CANNED = {
    "429": failure(429, "rateLimitExceeded", "Rate limit exceeded.", "usageLimits"),
    "5xx": failure(503, "backendError", "Backend error.", "global"),
    "quota": failure(403, "quotaExceeded", "The quota was exceeded.", "youtube.quota"),
}


def unknown_route(_call: Call) -> Reply:
    """What Google says about a path it does not have."""
    return failure(404, "notFound", "Not Found", "global")


class Door:
    """Checks who calls YouTube's API, what they may do, and what is left of the quota."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self._spent = runtime.state.table("google.quota", int)

    def account(self, name: str) -> GoogleAccount:
        return cast("GoogleAccount", self.runtime.accounts(GOOGLE)[name])

    def enter(self, call: Call, scopes: Iterable[str]) -> GoogleAccount:
        """The account behind a bearer token with at least one of `scopes`.

        Raises:
            RefusedError: 401 authError, or 403 insufficientPermissions.
        """
        vault = self.runtime.vault
        token = vault.token(call.bearer())
        if "authorization" not in call.headers:
            raise refuse(401, "required", "Login Required.", "global")
        if token is None or token.kind is not TokenKind.ACCESS or not vault.is_live(token):
            raise refuse(401, "authError", "Invalid Credentials", "global")
        grant = vault.grant_of(token)
        if grant.party != GOOGLE:
            raise refuse(401, "authError", "Invalid Credentials", "global")
        call.account = grant.account
        if not frozenset(scopes) & grant.scopes:
            message = "Request had insufficient authentication scopes."
            raise refuse(403, "insufficientPermissions", message, "global")
        return self.account(grant.account)

    def channel(self, account: GoogleAccount) -> str:
        """The account's channel id, for calls that write.

        Raises:
            RefusedError: 401 youtubeSignupRequired.
        """
        if account.channel_id is None:
            raise refuse(401, "youtubeSignupRequired", "Unauthorized", "youtube.header")
        return account.channel_id

    def spend(self, units: int, bucket: str = "units") -> None:
        """Charge the project's quota of this Pacific day.

        Raises:
            RefusedError: 403 quotaExceeded.
        """
        settings = self.runtime.settings
        limits = {
            "units": settings.youtube_units_per_day,
            "inserts": settings.youtube_inserts_per_day,
        }
        day = datetime.fromtimestamp(self.runtime.state.now(), _PACIFIC).date().isoformat()
        key = f"{bucket}:{day}"
        if self._spent.get(key, 0) + units > limits[bucket]:
            raise RefusedError(CANNED["quota"])
        self._spent[key] = self._spent.get(key, 0) + units

    def subject(self, call: Call) -> str | None:
        """The account of a call's token, dead or alive."""
        token = self.runtime.vault.token(call.bearer())
        grant = self.runtime.vault.grant_of(token) if token else None
        return grant.account if grant and grant.party == GOOGLE else None


def query_of(call: Call, allowed: Iterable[str]) -> dict[str, str]:
    """The query, in which only the method's own parameters and Google's common ones may stand.

    Raises:
        RefusedError: 400 for an unknown parameter.
    """
    query = call.query
    common = {"alt", "key", "prettyPrint", "quotaUser", "fields"}
    unknown = set(query) - set(allowed) - common
    if unknown or query.get("alt", "json") != "json":
        message = f"Unknown parameter: {', '.join(sorted(unknown)) or 'alt'}"
        raise refuse(400, "unknownParameter", message, "global")
    return query


def parts_of(query: dict[str, str], allowed: Iterable[str]) -> list[str]:
    """The names in `part`.

    Raises:
        RefusedError: 400 when it is missing or names a part the resource does not have.
    """
    parts = [name.strip() for name in query.get("part", "").split(",") if name.strip()]
    if not parts:
        raise refuse(400, "missingRequiredParameter", "No filter selected: part.", "global")
    unknown = set(parts) - set(allowed)
    if unknown:
        raise refuse(400, "unknownPart", f"unknown part: {', '.join(sorted(unknown))}")
    return parts
