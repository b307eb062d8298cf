"""Facebook Login: the dialog, tokens short and long, what was granted, and its end."""

from urllib.parse import urlencode

from uploadm8.dev.sandbox.config import META_CLIENT
from uploadm8.dev.sandbox.kit.consent import (
    Choice,
    Decision,
    Request,
    Screen,
    check_redirect,
    error_page,
)
from uploadm8.dev.sandbox.kit.identity import META, MetaUser
from uploadm8.dev.sandbox.kit.tokens import (
    Code,
    Grant,
    TokenKind,
    base64url_challenge,
    same,
)
from uploadm8.dev.sandbox.kit.wire import Call, RefusedError, Reply, Route, json_reply
from uploadm8.dev.sandbox.kit.words import words
from uploadm8.dev.sandbox.meta.door import Door, Graph
from uploadm8.dev.sandbox.meta.replies import invalid, missing_object, refuse

SCOPES = words(
    "public_profile email pages_show_list pages_read_engagement pages_manage_posts "
    "read_insights pages_manage_engagement pages_read_user_content business_management "
    "instagram_basic instagram_content_publish instagram_manage_insights "
    "instagram_manage_comments ads_management ads_read"
)
_DIALOG = words(
    "client_id redirect_uri state response_type scope auth_type config_id display "
    "code_challenge code_challenge_method enable_fb_login"
)
_EXCHANGE = {"client_id", "redirect_uri", "client_secret", "code"}
_LENGTHEN = {"grant_type", "client_id", "client_secret", "fb_exchange_token"}


class MetaLogin:
    """The dialog and the token endpoints."""

    def __init__(self, door: Door) -> None:
        self.door, self.runtime = door, door.runtime
        self.screen = Screen("Facebook", self._parse, self._choices, self._grant, self._denial)

    def web_routes(self) -> list[Route]:
        path, before = "/dialog/oauth", r"(?:/v\d+\.\d+)?"
        return [
            Route("GET", path, "authorize", self.screen.show, before=before),
            Route("POST", path, "consent", self.screen.submit, before=before),
        ]

    def graph_routes(self) -> list[Route]:
        raw, route = self.door.raw_route, self.door.route
        return [
            raw("GET", "/oauth/access_token", "token", self.token),
            raw("POST", "/oauth/access_token", "token", self.token),
            raw("GET", "/debug_token", "debug_token", self.debug_token),
            route("GET", "/{node}/permissions", "permissions", self.permissions),
            route("DELETE", "/{node}/permissions", "revoke", self.revoke),
            route("DELETE", "/{node}/permissions/{permission}", "revoke_one", self.revoke),
        ]

    async def token(self, call: Call) -> Reply:
        params = dict((await self.door.read(call)).pairs)
        if params.get("client_id") != META_CLIENT.id:
            raise refuse(101, "Error validating application. Cannot get application info.")
        if not same(params.get("client_secret", ""), META_CLIENT.secret):
            raise refuse(1, "Error validating client secret.")
        if params.get("grant_type") == "fb_exchange_token":
            return self._lengthen(params)
        return self._exchange(params)

    async def debug_token(self, call: Call) -> Reply:
        query = call.query
        app_token = f"{META_CLIENT.id}|{META_CLIENT.secret}"
        if not same(query.get("access_token", ""), app_token):
            raise refuse(190, "Invalid OAuth access token signature.")
        if set(query) != {"input_token", "access_token"}:
            raise invalid("debug_token takes input_token and access_token")
        vault, token = self.runtime.vault, self.runtime.vault.token(query["input_token"])
        if token is None:
            error = {"code": 190, "message": "Invalid OAuth access token.", "subcode": 467}
            data = {"error": error, "is_valid": False, "scopes": []}
            return json_reply({"data": data})
        grant = vault.grant_of(token)
        call.account = grant.account
        data = {
            "app_id": META_CLIENT.id,
            "type": token.kind.value.upper(),
            "application": "Sandbox client",
            "expires_at": int(token.expires_at or 0),
            "data_access_expires_at": int(grant.created_at + 90 * 86_400),
            "is_valid": vault.is_live(token),
            "issued_at": int(token.issued_at),
            "scopes": sorted(grant.scopes),
            "granular_scopes": [
                {"scope": scope, "target_ids": sorted(grant.assets)}
                for scope in sorted(grant.scopes)
                if scope.startswith("pages_")
            ],
            "user_id": self.door.user(grant).id,
        }
        if token.subject:
            data["profile_id"] = token.subject
        if not vault.is_live(token):
            message = "The token has expired or was revoked."
            data["error"] = {"code": 190, "message": message, "subcode": 463}
        return json_reply({"data": data})

    async def permissions(self, graph: Graph) -> Reply:
        self._own(graph)
        rows = [{"permission": s, "status": "granted"} for s in sorted(graph.grant.scopes)]
        declined = self.runtime.state.table("meta.declined", list).get(graph.grant.id, [])
        rows += [{"permission": name, "status": "declined"} for name in declined]
        return json_reply({"data": rows})

    async def revoke(self, graph: Graph) -> Reply:
        self._own(graph)
        one = graph.call.params.get("permission")
        if one is None:
            self.runtime.revoke_account(META, graph.grant.account)
        elif one not in graph.grant.scopes:
            raise invalid("The permission was not granted")
        else:
            graph.grant.scopes -= {one}
        return json_reply({"success": True})

    def _own(self, graph: Graph) -> None:
        if graph.node not in ("me", graph.user.id):
            raise missing_object(graph.node)
        if graph.token.kind is not TokenKind.USER:
            raise refuse(2500, "A user access token is required.")
        graph.only(())

    def _parse(self, call: Call) -> Request:
        query = call.query
        if reason := self._query_fault(query):
            raise RefusedError(error_page("Facebook", reason))
        return Request(
            client_id=query["client_id"],
            redirect_uri=query["redirect_uri"],
            state=query.get("state", ""),
            scopes=tuple(query["scope"].replace(",", " ").split()),
            challenge=query.get("code_challenge"),
        )

    def _query_fault(self, query: dict[str, str]) -> str | None:
        if unknown := set(query) - _DIALOG:
            return f"Invalid parameter: {', '.join(sorted(unknown))}"
        if query.get("client_id") != META_CLIENT.id:
            return "Invalid App ID: The provided app ID does not look like a valid app ID."
        if query.get("response_type", "code") != "code":
            return "Invalid response_type"
        names = query.get("scope", "").replace(",", " ").split()
        if not names or not set(names) <= SCOPES:
            return f"Invalid Scopes: {', '.join(sorted(set(names) - SCOPES))}"
        if query.get("auth_type", "rerequest") not in {"rerequest", "reauthorize"}:
            return "Invalid auth_type"
        if query.get("display", "page") not in {"page", "popup", "touch"}:
            return "Invalid display"
        if "code_challenge" in query and query.get("code_challenge_method") != "S256":
            return "Invalid code_challenge_method"
        fault = check_redirect(query.get("redirect_uri", ""), self.runtime.settings.redirect_uris)
        return f"URL blocked: {fault}" if fault else None

    def _choices(self) -> list[Choice]:
        users = self.runtime.accounts(META).items()
        return [
            Choice(name, user.name, user.email, {page.id: page.name for page in user.pages})
            for name, user in users
            if isinstance(user, MetaUser)
        ]

    def _grant(self, asked: Request, decision: Decision) -> str:
        granted = [s for s in asked.scopes if decision.scopes is None or s in decision.scopes]
        choice = next(c for c in self._choices() if c.id == decision.account)
        assets = [i for i in choice.assets if decision.assets is None or i in decision.assets]
        vault, state = self.runtime.vault, self.runtime.state
        scopes = {*granted, "public_profile"}
        grant = vault.new_grant(META, decision.account, asked.client_id, scopes, assets)
        declined = [scope for scope in asked.scopes if scope not in granted]
        state.table("meta.declined", list)[grant.id] = declined
        expires = state.now() + self.runtime.settings.code_life_s
        code = Code(f"AQ{grant.id}", grant, asked.redirect_uri, expires, asked.challenge)
        vault.new_code(code)
        answer = urlencode({"code": code.value, "state": asked.state})
        return f"{_joined(asked.redirect_uri)}{answer}#_=_"

    def _denial(self, asked: Request) -> str:
        answer = {
            "error": "access_denied",
            "error_code": "200",
            "error_description": "Permissions error",
            "error_reason": "user_denied",
            "state": asked.state,
        }
        return _joined(asked.redirect_uri) + urlencode(answer)

    def _exchange(self, params: dict[str, str]) -> Reply:
        if not _EXCHANGE <= set(params) <= _EXCHANGE | {"code_verifier"}:
            raise invalid("A parameter of the code exchange is missing or unknown")
        code = self.runtime.vault.code(params["code"])
        if code is None or code.grant.party != META:
            raise refuse(100, "Invalid verification code format.")
        if code.used:
            raise refuse(100, "This authorization code has been used.", 36009)
        if self.runtime.state.now() >= code.expires_at:
            raise refuse(100, "This authorization code has expired.", 36007)
        if params["redirect_uri"] != code.redirect_uri:
            raise refuse(100, "The redirect_uri is not identical to the dialog's.", 36008)
        code.used = True
        verifier = params.get("code_verifier")
        proof = base64url_challenge(verifier) if verifier else None
        if proof != code.challenge:
            raise invalid("Invalid code_verifier")
        return self._user_token(code.grant, self.runtime.settings.meta_user_token_life_s)

    def _lengthen(self, params: dict[str, str]) -> Reply:
        if set(params) != _LENGTHEN:
            raise invalid("A parameter of the token exchange is missing or unknown")
        token, grant = self.door.check_token(params["fb_exchange_token"])
        if token.kind is not TokenKind.USER:
            raise invalid("A user token is required")
        life = self.runtime.settings.meta_long_token_life_s
        return self._user_token(grant, life, long_lived=True)

    def _user_token(self, grant: Grant, life_s: float, *, long_lived: bool = False) -> Reply:
        token = self.runtime.vault.issue(grant, TokenKind.USER, "EAA", life_s)
        token.long_lived = long_lived
        body: dict[str, object] = {"access_token": token.value, "token_type": "bearer"}
        if long_lived or not self.runtime.settings.meta_omit_expires_in:
            body["expires_in"] = int(life_s)
        return json_reply(body)


def _joined(uri: str) -> str:
    return f"{uri}{'&' if '?' in uri else '?'}"
