"""Google's OAuth 2.0: authorize, token, revoke, tokeninfo, userinfo."""

from urllib.parse import urlencode

import jwt

from uploadm8.dev.sandbox.config import GOOGLE_CLIENT
from uploadm8.dev.sandbox.google.replies import SCOPES, Door, refuse
from uploadm8.dev.sandbox.kit.consent import (
    Choice,
    Decision,
    Request,
    Screen,
    check_redirect,
    error_page,
)
from uploadm8.dev.sandbox.kit.forms import MalformedBodyError, read_form
from uploadm8.dev.sandbox.kit.identity import GOOGLE
from uploadm8.dev.sandbox.kit.tokens import (
    Code,
    Grant,
    Token,
    TokenKind,
    base64url_challenge,
    same,
)
from uploadm8.dev.sandbox.kit.wire import Call, RefusedError, Reply, Route, json_reply
from uploadm8.dev.sandbox.kit.words import words

_AUTHORIZE = words(
    "client_id redirect_uri response_type state scope access_type prompt "
    "include_granted_scopes login_hint code_challenge code_challenge_method nonce hd "
    "enable_granular_consent"
)
_EXCHANGE = {"code", "client_id", "client_secret", "redirect_uri", "grant_type"}
_REFRESH = {"client_id", "client_secret", "refresh_token", "grant_type"}
_BAD_GRANT = "Token has been expired or revoked."


class GoogleLogin:
    """The routes of the two OAuth hosts, and the consent screen."""

    def __init__(self, door: Door) -> None:
        self.door, self.runtime = door, door.runtime
        self.screen = Screen("Google", self._parse, self._choices, self._grant, self._denial)

    def web_routes(self) -> list[Route]:
        path = "/o/oauth2/v2/auth"
        return [
            Route("GET", path, "authorize", self.screen.show),
            Route("POST", path, "consent", self.screen.submit),
        ]

    def oauth_routes(self) -> list[Route]:
        return [
            Route("POST", "/token", "token", self.token),
            Route("POST", "/revoke", "revoke", self.revoke),
            Route("GET", "/tokeninfo", "tokeninfo", self.tokeninfo),
        ]

    def userinfo_routes(self) -> list[Route]:
        paths = ("/v1/userinfo", "/oauth2/v3/userinfo", "/oauth2/v2/userinfo")
        return [Route("GET", path, "userinfo", self.userinfo) for path in paths]

    async def token(self, call: Call) -> Reply:
        try:
            form = await read_form(call)
        except MalformedBodyError as error:
            raise _refuse(400, "invalid_request", str(error)) from error
        if form.get("client_id") != GOOGLE_CLIENT.id:
            raise _refuse(401, "invalid_client", "The OAuth client was not found.")
        if not same(form.get("client_secret", ""), GOOGLE_CLIENT.secret):
            raise _refuse(401, "invalid_client", "The provided client secret is invalid.")
        match form.get("grant_type"):
            case "authorization_code":
                return self._exchange(form)
            case "refresh_token":
                return self._refresh(form)
            case _:
                raise _refuse(400, "unsupported_grant_type", "Invalid grant_type")

    async def revoke(self, call: Call) -> Reply:
        try:
            form = await read_form(call)
        except MalformedBodyError as error:
            raise _refuse(400, "invalid_request", str(error)) from error
        token = self.runtime.vault.token(form.get("token"))
        if token is None or not self.runtime.vault.is_live(token) or set(form) != {"token"}:
            raise _refuse(400, "invalid_token", "Token expired or revoked")
        grant = self.runtime.vault.grant_of(token)
        call.account = grant.account
        self.runtime.vault.revoke(grant)
        return json_reply({})

    async def tokeninfo(self, call: Call) -> Reply:
        vault = self.runtime.vault
        token = vault.token(call.query.get("access_token"))
        if token is None or token.kind is not TokenKind.ACCESS or not vault.is_live(token):
            raise _refuse(400, "invalid_token", "Invalid Value")
        grant = vault.grant_of(token)
        left = int((token.expires_at or 0) - self.runtime.state.now())
        return json_reply(
            {
                "azp": grant.client_id,
                "aud": grant.client_id,
                "scope": " ".join(sorted(grant.scopes)),
                "exp": str(int(token.expires_at or 0)),
                "expires_in": str(left),
                "access_type": "offline",
            }
        )

    async def userinfo(self, call: Call) -> Reply:
        identity = {s for s in SCOPES if s in ("openid", "email", "profile") or "userinfo" in s}
        account = self.door.enter(call, identity)
        if call.query:
            raise refuse(400, "unknownParameter", "This endpoint takes no parameters.", "global")
        return json_reply(self._claims(account.id, call.base))

    def _claims(self, name: str, base: str) -> dict[str, object]:
        account = self.door.account(name)
        return {
            "sub": f"1000000000{sum(account.id.encode()):011d}",
            "name": account.name,
            "picture": f"{base}/avatars/google/{account.id}.svg",
            "email": account.email,
            "email_verified": True,
        }

    def _parse(self, call: Call) -> Request:
        query = call.query
        if reason := self._query_fault(query):
            raise RefusedError(error_page("Google", reason))
        wants_new = "consent" in query.get("prompt", "").split()
        offline = query.get("access_type") == "offline"
        return Request(
            client_id=query["client_id"],
            redirect_uri=query["redirect_uri"],
            state=query.get("state", ""),
            scopes=tuple(query["scope"].split(" ")),
            challenge=query.get("code_challenge"),
            offline=offline and wants_new,
            first_offline=offline,
            incremental=query.get("include_granted_scopes") == "true",
        )

    def _query_fault(self, query: dict[str, str]) -> str | None:
        if unknown := set(query) - _AUTHORIZE:
            return f"Error 400: invalid_request: {', '.join(sorted(unknown))}"
        if query.get("client_id") != GOOGLE_CLIENT.id:
            return "Error 401: invalid_client"
        if query.get("response_type") != "code":
            return "Error 400: invalid_request: response_type"
        if query.get("access_type", "online") not in {"online", "offline"}:
            return "Error 400: invalid_request: access_type"
        if not set(query.get("prompt", "").split()) <= {"none", "consent", "select_account"}:
            return "Error 400: invalid_request: prompt"
        scopes = query.get("scope", "").split(" ")
        if not set(scopes) <= SCOPES:
            return "Error 400: invalid_scope"
        if "code_challenge" in query and query.get("code_challenge_method") != "S256":
            return "Error 400: invalid_request: code_challenge_method"
        registered = self.runtime.settings.redirect_uris
        fault = check_redirect(query.get("redirect_uri", ""), registered)
        return f"Error 400: redirect_uri_mismatch: {fault}" if fault else None

    def _choices(self) -> list[Choice]:
        accounts = [self.door.account(name) for name in self.runtime.accounts(GOOGLE)]
        return [Choice(a.id, a.name, a.handle or "no YouTube channel") for a in accounts]

    def _grant(self, asked: Request, decision: Decision) -> str:
        granted = [s for s in asked.scopes if decision.scopes is None or s in decision.scopes]
        vault, state = self.runtime.vault, self.runtime.state
        if asked.incremental:
            granted += sorted(vault.live_scopes(GOOGLE, decision.account) - set(granted))
        first = state.table("google.consented", bool)
        offline = asked.offline or (asked.first_offline and decision.account not in first)
        first[decision.account] = True
        grant = vault.new_grant(GOOGLE, decision.account, asked.client_id, granted)
        code = Code(
            value=f"4/0A{grant.id}",
            grant=grant,
            redirect_uri=asked.redirect_uri,
            expires_at=state.now() + self.runtime.settings.code_life_s,
            challenge=asked.challenge,
            offline=offline,
        )
        vault.new_code(code)
        return _with_query(
            asked.redirect_uri,
            {"state": asked.state, "code": code.value, "scope": " ".join(granted)},
        )

    def _denial(self, asked: Request) -> str:
        return _with_query(asked.redirect_uri, {"error": "access_denied", "state": asked.state})

    def _exchange(self, form: dict[str, str]) -> Reply:
        if not _EXCHANGE <= set(form) <= _EXCHANGE | {"code_verifier"}:
            raise _refuse(400, "invalid_request", "A parameter is missing or unknown.")
        code = self.runtime.vault.code(form["code"])
        if code is None or code.grant.party != GOOGLE or code.used:
            raise _refuse(400, "invalid_grant", "Malformed auth code.")
        code.used = True
        if self.runtime.state.now() >= code.expires_at:
            raise _refuse(400, "invalid_grant", "Bad Request")
        if form["redirect_uri"] != code.redirect_uri:
            raise _refuse(400, "redirect_uri_mismatch", "Bad Request")
        verifier = form.get("code_verifier")
        if (code.challenge is None) != (verifier is None):
            raise _refuse(400, "invalid_grant", "Missing code verifier.")
        if code.challenge and verifier and not same(base64url_challenge(verifier), code.challenge):
            raise _refuse(400, "invalid_grant", "Invalid code verifier.")
        answer = self._access(code.grant)
        if code.offline:
            life = self.runtime.settings.google_refresh_life_s
            refresh = self.runtime.vault.issue(code.grant, TokenKind.REFRESH, "1//0", life)
            self._drop_oldest(refresh)
            answer["refresh_token"] = refresh.value
            if life is not None:
                answer["refresh_token_expires_in"] = int(life)
        if "openid" in code.grant.scopes:
            claims = self._claims(code.grant.account, "") | {"aud": GOOGLE_CLIENT.id}
            key = GOOGLE_CLIENT.secret.ljust(32, "0")
            answer["id_token"] = jwt.encode(claims, key, algorithm="HS256")
        return json_reply(answer)

    def _drop_oldest(self, newest: Token) -> None:
        grant = self.runtime.vault.grant_of(newest)
        known = self.runtime.state.table("google.refresh_tokens", list[Token])
        tokens = known.setdefault(grant.account, [])
        tokens.append(newest)
        while len(tokens) > self.runtime.settings.google_refresh_tokens_per_account:
            tokens.pop(0).retired_at = self.runtime.state.now()

    def _refresh(self, form: dict[str, str]) -> Reply:
        if set(form) != _REFRESH:
            raise _refuse(400, "invalid_request", "A parameter is missing or unknown.")
        vault = self.runtime.vault
        token = vault.token(form["refresh_token"])
        if token is None or token.kind is not TokenKind.REFRESH or not vault.is_live(token):
            raise _refuse(400, "invalid_grant", _BAD_GRANT)
        return json_reply(self._access(vault.grant_of(token)))

    def _access(self, grant: Grant) -> dict[str, object]:
        life = self.runtime.settings.google_access_life_s
        token: Token = self.runtime.vault.issue(grant, TokenKind.ACCESS, "ya29.", life)
        return {
            "access_token": token.value,
            "expires_in": int(life),
            "scope": " ".join(sorted(grant.scopes)),
            "token_type": "Bearer",
        }


def _with_query(uri: str, values: dict[str, str]) -> str:
    return f"{uri}{'&' if '?' in uri else '?'}{urlencode(values)}"


def _refuse(status: int, error: str, description: str) -> RefusedError:
    return RefusedError(json_reply({"error": error, "error_description": description}, status))
