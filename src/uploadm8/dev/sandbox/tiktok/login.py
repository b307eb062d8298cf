"""TikTok Login Kit: authorize, token, revoke."""

import re
from urllib.parse import urlencode

from uploadm8.dev.sandbox.config import TIKTOK_CLIENT
from uploadm8.dev.sandbox.kit.consent import (
    Choice,
    Decision,
    Request,
    Screen,
    check_redirect,
    error_page,
)
from uploadm8.dev.sandbox.kit.forms import MalformedBodyError, read_form
from uploadm8.dev.sandbox.kit.identity import TIKTOK
from uploadm8.dev.sandbox.kit.tokens import (
    Code,
    Grant,
    Token,
    TokenKind,
    hex_challenge,
    same,
)
from uploadm8.dev.sandbox.kit.wire import Call, RefusedError, Reply, Route, json_reply
from uploadm8.dev.sandbox.tiktok.replies import Door, log_id

SCOPES = frozenset(
    {
        "user.info.basic",
        "user.info.profile",
        "user.info.stats",
        "video.list",
        "video.upload",
        "video.publish",
    }
)
_AUTHORIZE = {
    "client_key",
    "response_type",
    "scope",
    "redirect_uri",
    "state",
    "disable_auto_auth",
    "code_challenge",
    "code_challenge_method",
}
_EXCHANGE = {"client_key", "client_secret", "code", "grant_type", "redirect_uri"}
_REFRESH = {"client_key", "client_secret", "grant_type", "refresh_token"}
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


class TikTokLogin:
    """The routes of the login, and the consent screen."""

    def __init__(self, door: Door) -> None:
        self.door, self.runtime = door, door.runtime
        self.screen = Screen("TikTok", self._parse, self._choices, self._grant, self._denial)

    def web_routes(self) -> list[Route]:
        path = "/v2/auth/authorize/"
        return [
            Route("GET", path, "authorize", self.screen.show),
            Route("POST", path, "consent", self.screen.submit),
        ]

    def api_routes(self) -> list[Route]:
        return [
            Route("POST", "/v2/oauth/token/", "token", self.token),
            Route("POST", "/v2/oauth/revoke/", "revoke", self.revoke),
        ]

    async def token(self, call: Call) -> Reply:
        form = await self._form(call)
        match form.get("grant_type"):
            case "authorization_code":
                return self._exchange(form)
            case "refresh_token":
                return self._refresh(form)
            case _:
                raise self._refuse("unsupported_grant_type", "Unknown grant_type.")

    async def revoke(self, call: Call) -> Reply:
        form = await self._form(call)
        self._expect(form, {"client_key", "client_secret", "token"})
        token = self.runtime.vault.token(form["token"])
        access = token is not None and token.kind is TokenKind.ACCESS
        if token is None or not access or not self.runtime.vault.is_live(token):
            raise self._refuse("invalid_grant", "The token is no access token or has ended.")
        call.account = self.runtime.vault.grant_of(token).account
        self.runtime.vault.revoke(self.runtime.vault.grant_of(token))
        return Reply(200)

    def _parse(self, call: Call) -> Request:
        query = call.query
        reason = self._query_fault(query)
        if reason:
            raise RefusedError(error_page("TikTok", reason))
        return Request(
            client_id=query["client_key"],
            redirect_uri=query["redirect_uri"],
            state=query["state"],
            scopes=tuple(query["scope"].split(",")),
            challenge=query.get("code_challenge"),
        )

    def _query_fault(self, query: dict[str, str]) -> str | None:
        settings, uri = self.runtime.settings, query.get("redirect_uri", "")
        challenge = query.get("code_challenge")
        scopes = set(query.get("scope", "").split(","))
        checks = (
            (set(query) <= _AUTHORIZE, "unknown parameter"),
            (query.get("client_key") == TIKTOK_CLIENT.id, "client_key"),
            (query.get("response_type") == "code", "response_type must be code"),
            (bool(query.get("state")), "state is required"),
            ("?" not in uri and len(uri) < 512, "redirect_uri must be short and without a query"),
            (scopes <= SCOPES, "scope: unknown or not separated by commas"),
            (query.get("disable_auto_auth", "0") in {"0", "1"}, "disable_auto_auth"),
            (bool(challenge) or settings.tiktok_client_type == "web", "code_challenge"),
            (
                not challenge or query.get("code_challenge_method") == "S256",
                "code_challenge_method must be S256",
            ),
        )
        fault = next((reason for fine, reason in checks if not fine), None)
        return fault or check_redirect(uri, settings.redirect_uris)

    def _choices(self) -> list[Choice]:
        names = self.runtime.accounts(TIKTOK)
        accounts = [self.door.account(name) for name in names]
        return [
            Choice(a.id, a.nickname, f"@{a.username}{' (private)' if a.private else ''}")
            for a in accounts
        ]

    def _grant(self, asked: Request, decision: Decision) -> str:
        granted = [s for s in asked.scopes if decision.scopes is None or s in decision.scopes]
        vault, state = self.runtime.vault, self.runtime.state
        grant = vault.new_grant(TIKTOK, decision.account, asked.client_id, granted)
        # Real codes hold characters that arrive percent-encoded; a client decodes them once.
        value = f"{grant.id}*v!{state.next_number()}.e%1"
        expires = state.now() + self.runtime.settings.code_life_s
        vault.new_code(Code(value, grant, asked.redirect_uri, expires, asked.challenge))
        answer = {"code": value, "scopes": ",".join(granted), "state": asked.state}
        return f"{asked.redirect_uri}?{urlencode(answer)}"

    def _denial(self, asked: Request) -> str:
        answer = {
            "error": "access_denied",
            "error_description": "The user denied the request.",
            "state": asked.state,
        }
        return f"{asked.redirect_uri}?{urlencode(answer)}"

    def _exchange(self, form: dict[str, str]) -> Reply:
        self._expect(form, _EXCHANGE, optional={"code_verifier"})
        code = self.runtime.vault.code(form["code"])
        if code is None or code.grant.party != TIKTOK or code.used:
            raise self._refuse("invalid_grant", "Authorization code is invalid or was used.")
        code.used = True
        if self.runtime.state.now() >= code.expires_at:
            raise self._refuse("invalid_grant", "Authorization code is expired.")
        if form["redirect_uri"] != code.redirect_uri:
            raise self._refuse("invalid_request", "redirect_uri does not match the code.")
        verifier = form.get("code_verifier")
        if (code.challenge is None) != (verifier is None):
            raise self._refuse("invalid_request", "code_verifier does not match the request.")
        if code.challenge is not None and verifier is not None:
            proof = hex_challenge(verifier)
            if not _VERIFIER.fullmatch(verifier) or not same(proof, code.challenge):
                raise self._refuse("invalid_grant", "Code verifier or code challenge is invalid.")
        return self._tokens(code.grant)

    def _refresh(self, form: dict[str, str]) -> Reply:
        self._expect(form, _REFRESH)
        vault = self.runtime.vault
        token = vault.token(form["refresh_token"])
        if token is None or token.kind is not TokenKind.REFRESH or not vault.is_live(token):
            raise self._refuse("invalid_grant", "Refresh token is invalid or expired.")
        if token.retired_at is None:
            token.retired_at = (
                self.runtime.state.now() + self.runtime.settings.tiktok_refresh_grace_s
            )
        return self._tokens(vault.grant_of(token))

    def _tokens(self, grant: Grant) -> Reply:
        settings, vault = self.runtime.settings, self.runtime.vault
        access: Token = vault.issue(grant, TokenKind.ACCESS, "act.", settings.tiktok_access_life_s)
        refresh = vault.issue(grant, TokenKind.REFRESH, "rft.", settings.tiktok_refresh_life_s)
        return json_reply(
            {
                "open_id": f"open-{grant.account}",
                "scope": ",".join(sorted(grant.scopes)),
                "access_token": access.value,
                "expires_in": int(settings.tiktok_access_life_s),
                "refresh_token": refresh.value,
                "refresh_expires_in": int(settings.tiktok_refresh_life_s),
                "token_type": "Bearer",
            }
        )

    async def _form(self, call: Call) -> dict[str, str]:
        try:
            form = await read_form(call)
        except MalformedBodyError as error:
            raise self._refuse("invalid_request", str(error)) from error
        if form.get("client_key") != TIKTOK_CLIENT.id:
            raise self._refuse("invalid_client", "Client key is incorrect.")
        if not same(form.get("client_secret", ""), TIKTOK_CLIENT.secret):
            raise self._refuse("invalid_client", "Client secret is incorrect.")
        return form

    def _expect(
        self, form: dict[str, str], required: set[str], optional: set[str] | None = None
    ) -> None:
        if not required <= set(form) <= required | (optional or set()):
            raise self._refuse("invalid_request", "A parameter is missing or unknown.")

    def _refuse(self, error: str, description: str) -> RefusedError:
        body = {"error": error, "error_description": description, "log_id": log_id()}
        return RefusedError(json_reply(body, self.runtime.settings.tiktok_oauth_error_status))
