"""The way in: key, version, parameters, idempotency; then one function per endpoint."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl

from uploadm8.dev.sandbox.config import STRIPE_SECRET_KEY
from uploadm8.dev.sandbox.kit.tokens import same
from uploadm8.dev.sandbox.kit.wire import Call, RefusedError, Reply, Route, json_reply
from uploadm8.dev.sandbox.stripe.params import ParamError, check, parse
from uploadm8.dev.sandbox.stripe.replies import Json, refuse
from uploadm8.dev.sandbox.stripe.world import API_VERSION, World

FORM = "application/x-www-form-urlencoded"
_REPLAY_S = 24 * 3600


@dataclass(frozen=True, slots=True)
class Request:
    """A checked request: parameters with their types, and the ids of its path."""

    params: Json
    path: dict[str, str]
    base: str

    @property
    def id(self) -> str:
        return self.path["id"]


Endpoint = Callable[[Request], Json]


class Door:
    """Turns endpoint functions into routes."""

    def __init__(self, world: World) -> None:
        self.world = world

    def route(
        self, method: str, template: str, name: str, declared: type, endpoint: Endpoint
    ) -> Route:
        """A route whose parameters are those of one type of Stripe's library."""

        async def handler(call: Call) -> Reply:
            _authenticate(call)
            sent = await _sent(call)
            try:
                params = check(parse(sent), declared)
            except ParamError as error:
                raise refuse(error.message, code=error.code, param=error.param) from error
            self.world.base = call.base
            request = Request(params, call.params, call.base)
            reply = self._once(call, sent, lambda: self._answer(endpoint, request))
            return reply.with_headers({"request-id": self.world.new_id("request")})

        return Route(method, template, name, handler)

    def _answer(self, endpoint: Endpoint, request: Request) -> Reply:
        expand = request.params.pop("expand", [])
        return json_reply(self.world.expanded(endpoint(request), expand))

    def _once(self, call: Call, sent: list[tuple[str, str]], answer: Callable[[], Reply]) -> Reply:
        """Stripe's promise: a key's first outcome is its only one, errors of execution included."""
        key = call.headers.get("idempotency-key")
        if call.method != "POST" or key is None:
            return answer()
        if len(key) > 255:
            raise refuse("Idempotency keys have at most 255 characters.", kind="idempotency_error")
        known = self.world.private("idempotency")
        digest = sha256(json.dumps([call.path, sent]).encode()).hexdigest()
        entry = known.get(key)
        if entry is not None and self.world.now() - entry[0] < _REPLAY_S:
            if entry[1] != digest:
                raise refuse(
                    "Keys for idempotent requests can only be used with the same parameters.",
                    kind="idempotency_error",
                )
            return Reply(entry[2], entry[3]).with_headers(
                {"content-type": "application/json", "idempotent-replayed": "true"}
            )
        try:
            reply = answer()
        except RefusedError as refusal:
            reply = refusal.reply
        known[key] = (self.world.now(), digest, reply.status, reply.body)
        return reply


def _authenticate(call: Call) -> None:
    key = call.bearer()
    if key is None:
        raise refuse("You did not provide an API key.", status=401)
    if not same(key, STRIPE_SECRET_KEY):
        raise refuse("Invalid API Key provided.", status=401)
    version = call.headers.get("stripe-version")
    if version not in (None, API_VERSION):
        raise refuse(f"Invalid Stripe API version: {version}.")


async def _sent(call: Call) -> list[tuple[str, str]]:
    if call.method == "POST":
        body = await call.body()
        if body and call.content_type != FORM:
            raise refuse(f"The content type must be {FORM}.")
        pairs: Any = parse_qsl(body.decode(), keep_blank_values=True)
    else:
        pairs = parse_qsl(call.raw_query, keep_blank_values=True)
    return list(pairs)
