"""Meta's door: parameters from anywhere, token, proof, permissions, pages."""

import hashlib
import hmac
import json
import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import cast

from uploadm8.dev.sandbox.config import META_CLIENT
from uploadm8.dev.sandbox.kit.forms import Fields, MalformedBodyError, read_fields
from uploadm8.dev.sandbox.kit.identity import META, FacebookPage, InstagramAccount, MetaUser
from uploadm8.dev.sandbox.kit.runtime import Runtime
from uploadm8.dev.sandbox.kit.tokens import Grant, Token, TokenKind, same
from uploadm8.dev.sandbox.kit.wire import Call, Reply, Route
from uploadm8.dev.sandbox.kit.words import words
from uploadm8.dev.sandbox.meta.replies import invalid, missing_object, refuse

_VERSION = r"(?:/(?P<version>v\d+\.\d+))?"
_KNOWN_VERSION = re.compile(r"v(1[89]|2\d)\.0")
_COMMON = words(
    "access_token appsecret_proof fields format locale method pretty debug "
    "suppress_http_code date_format"
)
_DEAD = {
    "revoked": (458, "The user has not authorized the application."),
    "password": (460, "The session is invalid because the user changed the password."),
    "checkpoint": (459, "The user is checkpointed and has to log in."),
    "role": (492, "The user no longer has a role on the page."),
}


@dataclass(slots=True)
class Graph:
    """An authenticated call: parameters of query and body together, and who is calling."""

    call: Call
    fields: Fields
    params: dict[str, str]
    token: Token
    grant: Grant
    user: MetaUser

    @property
    def node(self) -> str:
        return self.call.params["node"]

    def only(self, allowed: Iterable[str], required: Iterable[str] = ()) -> dict[str, str]:
        """The parameters of this endpoint.

        Raises:
            RefusedError: code 100 for an unknown or missing one.
        """
        own = {name: value for name, value in self.params.items() if name not in _COMMON}
        if unknown := set(own) - set(allowed):
            raise invalid(f"Unknown parameter: {', '.join(sorted(unknown))}")
        if missing := set(required) - set(own):
            raise invalid(f"The parameter {sorted(missing)[0]} is required")
        return own


GraphHandler = Callable[[Graph], Awaitable[Reply]]


class Door:
    """Authenticates Graph calls and finds the pages and Instagram accounts they may use."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    def route(self, method: str, path: str, name: str, handler: GraphHandler) -> Route:
        """A Graph route: the version in front is optional, the parameters come from anywhere."""

        async def answer(call: Call) -> Reply:
            reply = await handler(await self.enter(call))
            return reply.with_headers(self._usage(call))

        return Route(method, path, name, answer, before=_VERSION)

    def raw_route(
        self, method: str, path: str, name: str, handler: Callable[[Call], Awaitable[Reply]]
    ) -> Route:
        """A route below the optional version that reads the request itself."""

        async def answer(call: Call) -> Reply:
            self.check_version(call)
            return await handler(call)

        return Route(method, path, name, answer, before=_VERSION)

    def _usage(self, call: Call) -> dict[str, str]:
        usage = {"call_count": 3, "total_time": 2, "total_cputime": 2}
        business = usage | {"type": "pages", "estimated_time_to_regain_access": 0}
        return {
            "x-app-usage": json.dumps(usage),
            "x-business-use-case-usage": json.dumps({call.account or "0": [business]}),
            "facebook-api-version": call.params.get("version", "v23.0"),
        }

    def check_version(self, call: Call) -> None:
        """Record the version asked for; an expired one is served all the same."""
        version = call.params.get("version", "none")
        if version != "none" and not _KNOWN_VERSION.fullmatch(version):
            raise refuse(2500, f"Unknown path components: {call.path}")
        seen = self.runtime.state.table("meta.versions", int)
        seen[version] = seen.get(version, 0) + 1

    async def read(self, call: Call) -> Fields:
        """Query and body parameters together, read once."""
        known = call.memo.get("fields")
        if isinstance(known, Fields):
            return known
        try:
            fields = await read_fields(call, self.runtime.media.uploads)
        except MalformedBodyError as error:
            raise invalid(str(error)) from error
        fields.pairs = [*call.query.items(), *fields.pairs]
        call.memo["fields"] = fields
        return fields

    async def enter(self, call: Call) -> Graph:
        """Read and authenticate a call.

        Raises:
            RefusedError: 2500, 190 or a wrong proof.
        """
        self.check_version(call)
        fields = await self.read(call)
        params = dict(fields.pairs)
        value = call.bearer() or call.bearer("OAuth") or params.get("access_token")
        if value is None:
            message = "An active access token must be used to query information."
            raise refuse(2500, message, status=400)
        token, grant = self.check_token(value)
        self._check_proof(value, params.get("appsecret_proof"))
        call.account = grant.account
        return Graph(call, fields, params, token, grant, self.user(grant))

    def check_token(self, value: str) -> tuple[Token, Grant]:
        """A live token of Meta's and its grant.

        Raises:
            RefusedError: code 190 with the subcode that says why it is dead.
        """
        vault = self.runtime.vault
        token = vault.token(value)
        grant = vault.grant_of(token) if token else None
        if token is None or grant is None or grant.party != META:
            raise refuse(190, "Invalid OAuth access token - Cannot parse access token", 467)
        if grant.revoked:
            subcode, message = _DEAD.get(grant.revoked_why, _DEAD["revoked"])
            raise refuse(190, f"Error validating access token: {message}", subcode, status=401)
        if not vault.is_live(token):
            message = "Error validating access token: Session has expired."
            raise refuse(190, message, 463, status=401)
        return token, grant

    def user(self, grant: Grant) -> MetaUser:
        return cast("MetaUser", self.runtime.accounts(META)[grant.account])

    def subject(self, call: Call) -> str | None:
        """The account of a call's token, dead or alive."""
        fields = call.memo.get("fields")
        params = dict(fields.pairs) if isinstance(fields, Fields) else call.query
        value = call.bearer() or call.bearer("OAuth") or params.get("access_token")
        token = self.runtime.vault.token(value)
        grant = self.runtime.vault.grant_of(token) if token else None
        return grant.account if grant and grant.party == META else None

    def require(self, grant: Grant, *permissions: str) -> None:
        """Raise code 200 unless all permissions were granted."""
        missing = [name for name in permissions if name not in grant.scopes]
        if missing:
            raise refuse(
                200,
                f"(#200) Requires {', '.join(missing)} permission",
                status=self.runtime.settings.meta_error_status,
            )

    def pages(self, grant: Grant) -> list[FacebookPage]:
        """The pages that were ticked in the dialog."""
        return [page for page in self.user(grant).pages if page.id in grant.assets]

    def page(self, graph: Graph, *permissions: str, task: str | None = None) -> FacebookPage:
        """The page that the node names, for a call with that page's own token.

        Raises:
            RefusedError: no such page, another kind of token, a missing permission or task.
        """
        found = [page for page in self.pages(graph.grant) if page.id == graph.node]
        if not found:
            raise missing_object(graph.node)
        return self.as_page(graph, found[0], *permissions, task=task)

    def as_page(
        self, graph: Graph, page: FacebookPage, *permissions: str, task: str | None = None
    ) -> FacebookPage:
        """Check that the call is made with the token of `page`."""
        if graph.token.kind is not TokenKind.PAGE or graph.token.subject != page.id:
            raise refuse(210, "(#210) A page access token is required to request this resource.")
        self.require(graph.grant, *permissions)
        if task and task not in page.tasks:
            raise refuse(200, f"(#200) The user lacks the task {task} on this page")
        return page

    def instagram(self, graph: Graph, ig_id: str) -> tuple[InstagramAccount, FacebookPage]:
        """An Instagram account linked to a granted page; user and page tokens both do."""
        for page in self.pages(graph.grant):
            linked = page.instagram
            own = graph.token.kind is TokenKind.USER or graph.token.subject == page.id
            if linked and linked.id == ig_id and own:
                return linked, page
        raise missing_object(ig_id)

    def _check_proof(self, token: str, proof: str | None) -> None:
        expected = hmac.new(META_CLIENT.secret.encode(), token.encode(), hashlib.sha256)
        if proof is None and not self.runtime.settings.meta_require_proof:
            return
        if proof is None:
            message = "API calls from the server require an appsecret_proof argument"
            raise refuse(100, message, kind="GraphMethodException")
        if not same(proof, expected.hexdigest()):
            message = "Invalid appsecret_proof provided in the API argument"
            raise refuse(100, message, kind="GraphMethodException")
