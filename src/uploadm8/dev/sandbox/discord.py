"""Discord's webhook endpoint: limits of a message, rate headers, and the list of what came."""

import json
from dataclasses import dataclass, field
from typing import Any

from uploadm8.dev.sandbox.kit.forms import (
    MULTIPART,
    MalformedBodyError,
    json_object,
    read_fields,
)
from uploadm8.dev.sandbox.kit.runtime import Runtime
from uploadm8.dev.sandbox.kit.values import whole_number
from uploadm8.dev.sandbox.kit.wire import Call, Party, RefusedError, Reply, Route, json_reply
from uploadm8.dev.sandbox.kit.words import words

_MEMBERS = words(
    "content embeds username avatar_url tts allowed_mentions flags thread_name "
    "attachments poll components applied_tags"
)
_EMBED_LIMITS = {"title": 256, "description": 4096}
_CANNED = {
    "429": json_reply(
        {"message": "You are being rate limited.", "retry_after": 1.0, "global": False},
        429,
        {"retry-after": "1", "x-ratelimit-scope": "user"},
    ),
    "5xx": json_reply({"message": "500: Internal Server Error", "code": 0}, 500),
    "quota": json_reply({"message": "Unknown Webhook", "code": 10015}, 404),
}
# A webhook whose token starts like this is known to be deleted; every other one exists.
GONE = "gone"


@dataclass(frozen=True, slots=True)
class Alert:
    """A message that arrived at a webhook."""

    id: str
    at: float
    webhook: str
    content: str
    embeds: list[dict[str, Any]] = field(default_factory=list)


class Discord:
    """Executes webhooks."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.alerts = runtime.state.table("discord.alerts", Alert)

    async def execute(self, call: Call) -> Reply:
        webhook, token = call.params["webhook"], call.params["token"]
        if whole_number(webhook) is None or token.startswith(GONE):
            raise RefusedError(json_reply({"message": "Unknown Webhook", "code": 10015}, 404))
        headers = self._count(webhook)
        body = await self._body(call)
        errors = message_errors(body)
        if errors:
            problem = {"code": 50035, "message": "Invalid Form Body", "errors": errors}
            raise RefusedError(json_reply(problem, 400, headers))
        if not any(body.get(name) for name in ("content", "embeds", "poll", "components")):
            problem = {"code": 50006, "message": "Cannot send an empty message"}
            raise RefusedError(json_reply(problem, 400, headers))
        number = self.runtime.state.next_number()
        alert = Alert(
            id=str(1_300_000_000_000_000_000 + number),
            at=self.runtime.state.now(),
            webhook=webhook,
            content=str(body.get("content") or ""),
            embeds=list(body.get("embeds") or []),
        )
        self.alerts[alert.id] = alert
        if call.query.get("wait") == "true":
            answer = {"id": alert.id, "type": 0, "content": alert.content, "embeds": alert.embeds}
            return json_reply(answer | {"webhook_id": webhook}, 200, headers)
        return Reply(204, headers=tuple(headers.items()))

    async def list_alerts(self, _call: Call) -> Reply:
        """The messages as JSON, for tests."""
        rows = [
            {"id": a.id, "at": a.at, "webhook": a.webhook, "content": a.content, "embeds": a.embeds}
            for a in self.alerts.values()
        ]
        return json_reply({"items": rows})

    def _count(self, webhook: str) -> dict[str, str]:
        limit, period = self.runtime.settings.discord_limit, self.runtime.settings.discord_period_s
        state, key = self.runtime.state, f"discord.{webhook}"
        taken = state.window_take(key, limit, period)
        headers = {
            "x-ratelimit-limit": str(limit),
            "x-ratelimit-remaining": str(max(0, limit - state.window_count(key, period))),
            "x-ratelimit-reset-after": f"{period:.3f}",
            "x-ratelimit-bucket": "sandboxwebhook",
        }
        if taken:
            return headers
        problem = {"message": "You are being rate limited.", "retry_after": period, "global": False}
        extra = {"retry-after": str(max(1, round(period))), "x-ratelimit-scope": "user"}
        raise RefusedError(json_reply(problem, 429, headers | extra))

    async def _body(self, call: Call) -> dict[str, Any]:
        if call.content_type not in ("application/json", MULTIPART):
            raise _malformed("expected JSON or multipart")
        try:
            if call.content_type == "application/json":
                return json_object(await call.body())
            fields = await read_fields(call, self.runtime.media.uploads)
        except MalformedBodyError as error:
            raise _malformed(str(error)) from error
        for file in fields.files.values():
            file.path.unlink()
        return json_object(fields.single().get("payload_json", "{}").encode())


def _malformed(message: str) -> RefusedError:
    return RefusedError(json_reply({"code": 50109, "message": message}, 400))


def message_errors(body: dict[str, Any]) -> dict[str, Any]:
    """What is wrong with a message, by field, as Discord reports it; empty when it is fine."""
    errors: dict[str, Any] = {}

    def fault(name: str, code: str, message: str) -> None:
        errors[name] = {"_errors": [{"code": code, "message": message}]}

    for name in sorted(set(body) - _MEMBERS):
        fault(name, "UNKNOWN_FIELD", "This field is not known.")
    if len(str(body.get("content") or "")) > 2000:
        fault("content", "BASE_TYPE_MAX_LENGTH", "Must be 2000 or fewer in length.")
    username = str(body.get("username") or "x").lower()
    if len(username) > 80 or "discord" in username or "clyde" in username:
        fault("username", "USERNAME_INVALID", "Username is not allowed.")
    embeds = body.get("embeds") or []
    if not isinstance(embeds, list) or len(embeds) > 10:
        fault("embeds", "BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length.")
    elif any(_embed_is_too_long(embed) for embed in embeds) or _text_of(embeds) > 6000:
        fault("embeds", "MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds maximum size of 6000.")
    return errors


def _embed_is_too_long(embed: Any) -> bool:
    if not isinstance(embed, dict):
        return True
    fields = embed.get("fields") or []
    return (
        any(len(str(embed.get(name) or "")) > limit for name, limit in _EMBED_LIMITS.items())
        or len(fields) > 25
        or any(len(str(f.get("name", ""))) > 256 for f in fields)
        or any(len(str(f.get("value", ""))) > 1024 for f in fields)
        or len(str((embed.get("footer") or {}).get("text", ""))) > 2048
        or len(str((embed.get("author") or {}).get("name", ""))) > 256
    )


def _text_of(embeds: list[Any]) -> int:
    names = ("title", "description", "fields", "footer", "author")
    return sum(
        len(json.dumps(e.get(n), ensure_ascii=False)) for e in embeds for n in names if e.get(n)
    )


def discord_parties(runtime: Runtime) -> list[Party]:
    """Discord's one host; the versioned path is the same endpoint."""
    discord = Discord(runtime)
    routes = [
        Route("POST", "/api/webhooks/{webhook}/{token}", "execute", discord.execute),
        Route("POST", "/api/{version}/webhooks/{webhook}/{token}", "execute", discord.execute),
        Route("GET", "/alerts", "alerts", discord.list_alerts),
    ]
    unknown = json_reply({"message": "404: Not Found", "code": 0}, 404)
    return [Party("discord", "/discord", routes, lambda _call: unknown, _CANNED)]
