"""Meta's Graph API: proof of the app's secret, one error envelope, usage headers."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from uploadm8.domain.platforms.clients import errors as e
from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.domain.platforms.clients.endpoints import AppCredentials, Endpoints
from uploadm8.domain.platforms.clients.errors import PlatformError, Rule
from uploadm8.domain.platforms.clients.meta_errors import rule_for
from uploadm8.domain.platforms.clients.transport import Line, json_object, mapping, number, text
from uploadm8.infra.http import TRANSFER_TIMEOUT, Answer, Http

_CONTAINER_CODE = re.compile(r"\b(2207\d{3})\b")
_MAX_WAIT_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class Graph:
    """Calls of the Graph API for one platform (Facebook or Instagram)."""

    http: Http
    endpoints: Endpoints
    app: AppCredentials
    platform: Platform

    @property
    def line(self) -> Line:
        """The connection, for byte uploads."""
        return Line(self.http, self.platform)

    def proof(self, token: str) -> str:
        """Return appsecret_proof of the token that is actually sent."""
        secret = self.app.client_secret.encode()
        return hmac.new(secret, token.encode(), hashlib.sha256).hexdigest()

    async def get(self, path: str, token: str, params: Mapping[str, str]) -> dict[str, Any]:
        """Read `path`, relative to the versioned API."""
        return await self.call("GET", f"{self.endpoints.graph}/{path}", token, params=params)

    async def post(
        self, path: str, token: str, form: Mapping[str, str], *, base: str | None = None
    ) -> dict[str, Any]:
        """Create or act on `path`; never retried in here."""
        return await self.call("POST", f"{base or self.endpoints.graph}/{path}", token, form=form)

    async def delete(self, path: str, token: str) -> dict[str, Any]:
        """Delete `path`."""
        return await self.call("DELETE", f"{self.endpoints.graph}/{path}", token)

    async def call(
        self,
        method: str,
        url: str,
        token: str,
        *,
        params: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """Call with the token in a header, so that it is in no address.

        Raises:
            PlatformError: Meta refused, or could not be asked.
        """
        proof = {"appsecret_proof": self.proof(token)}
        answer = await self.line.send(
            method,
            url,
            headers={"Authorization": f"Bearer {token}", **kwargs.pop("headers", {})},
            params={**(params or {}), **proof} if form is None else params,
            form={**form, **proof} if form else None,
            **kwargs,
        )
        return self.decode(answer)

    async def token_call(self, params: Mapping[str, str]) -> dict[str, Any]:
        """Call oauth/access_token, which takes the app's secret instead of a token."""
        app = {"client_id": self.app.client_id, "client_secret": self.app.client_secret}
        url = f"{self.endpoints.graph}/oauth/access_token"
        # An authorization code works once: a repeat after a lost answer would only be refused.
        answer = await self.line.send("GET", url, params={**app, **params}, idempotent=False)
        return self.decode(answer)

    async def inspect(self, token: str) -> Mapping[str, Any]:
        """Ask debug_token about a token: `is_valid`, `user_id`, `scopes`, `error`.

        It takes the app's own token, and that only as a parameter.
        """
        app = f"{self.app.client_id}|{self.app.client_secret}"
        params = {"input_token": token, "access_token": app}
        url = f"{self.endpoints.graph}/debug_token"
        return mapping(self.decode(await self.line.send("GET", url, params=params)), "data")

    async def rupload(
        self, url: str, token: str, *, offset: int, size: int, content: Any
    ) -> dict[str, Any]:
        """Send bytes from `offset` to the end; this host wants "OAuth", not "Bearer".

        Raises:
            PlatformError: with the type of debug_info as platform_code.
        """
        answer = await self.line.send(
            "POST",
            url,
            headers={
                "Authorization": f"OAuth {token}",
                "offset": str(offset),
                "file_size": str(size),
                "Content-Type": "application/octet-stream",
                "Content-Length": str(size - offset),
            },
            content=content,
            patience=TRANSFER_TIMEOUT,
        )
        found = json_object(answer)
        if found is not None and "debug_info" in found:
            raise rupload_error(self.platform, answer.status, mapping(found, "debug_info"))
        return self.decode(answer)

    def decode(self, answer: Answer) -> dict[str, Any]:
        """Return the object of an answer; Meta's status codes alone decide nothing."""
        found = json_object(answer)
        if found is not None and isinstance(found.get("error"), dict):
            raise self._error(answer, mapping(found, "error"))
        if not answer.ok:
            raise PlatformError(
                e.by_status(answer.status), platform=self.platform, http_status=answer.status
            )
        if found is not None and found.get("success") is False:
            raise PlatformError(e.UNAVAILABLE, platform=self.platform, http_status=answer.status)
        return found if found is not None else self.line.read(answer)

    def _error(self, answer: Answer, told: Mapping[str, Any]) -> PlatformError:
        code, subcode = number(told, "code"), number(told, "error_subcode")
        rule = rule_for(code, subcode, transient=told.get("is_transient") is True)
        known = f"{code}/{subcode}" if subcode is not None else str(code)
        return PlatformError(
            rule if rule is not None else e.by_status(answer.status),
            platform=self.platform,
            platform_code=known,
            message=text(told, "error_user_msg") or text(told, "message"),
            http_status=answer.status,
            trace=text(told, "fbtrace_id"),
            retry_after=e.retry_after(answer.headers) or _regain_access(answer),
            data=_error_data(told),
        )


def rupload_error(platform: Platform, status: int, told: Mapping[str, Any]) -> PlatformError:
    """Make the error of the host for bytes, from its debug_info."""
    kind, message = text(told, "type"), text(told, "message") or ""
    rule: Rule = e.LOST if told.get("retriable") is True else e.SESSION_GONE
    if "unauthorized" in message.lower():
        rule = e.TOKEN_EXPIRED
    elif kind in {"OffsetInvalidError", "PartialRequestError"}:
        rule = e.LOST
    return PlatformError(
        rule, platform=platform, platform_code=kind, message=message, http_status=status
    )


def container_error(platform: Platform, status: str | None) -> PlatformError:
    """Make the error of a container or video that ended in ERROR, from its human text."""
    match = _CONTAINER_CODE.search(status or "")
    subcode = int(match[1]) if match else None
    rule = rule_for(None, subcode) or e.MEDIA_REJECTED
    return PlatformError(
        rule,
        platform=platform,
        platform_code=str(subcode) if subcode else None,
        message=status,
    )


def _error_data(told: Mapping[str, Any]) -> Mapping[str, Any]:
    """Read error_data, which comes as an object or as JSON in a string."""
    data = told.get("error_data")
    if isinstance(data, str):
        try:
            data = msgspec.json.decode(data)
        except msgspec.DecodeError:
            return {}
    return data if isinstance(data, dict) else {}


def _regain_access(answer: Answer) -> float | None:
    """Read the longest wait of X-Business-Use-Case-Usage, in seconds."""
    raw = answer.headers.get("x-business-use-case-usage")
    try:
        usage = msgspec.json.decode(raw or "{}", type=dict[str, list[dict[str, Any]]])
    except (msgspec.DecodeError, msgspec.ValidationError):
        return None
    waits = [
        number(row, "estimated_time_to_regain_access") or 0
        for found in usage.values()
        for row in found
    ]
    longest = min(max(waits, default=0), _MAX_WAIT_MINUTES)
    return longest * 60.0 if longest > 0 else None
