"""Discord's webhook endpoint: limits of a message, rate headers, and the list of what came."""

from dataclasses import dataclass, field
from typing import Any

from uploadm8.dev.sandbox.discord_rules import message_errors
from uploadm8.dev.sandbox.kit.forms import (
    MULTIPART,
    MalformedBodyError,
    json_object,
    read_fields,
)
from uploadm8.dev.sandbox.kit.runtime import Runtime
from uploadm8.dev.sandbox.kit.values import whole_number
from uploadm8.dev.sandbox.kit.wire import Call, Party, RefusedError, Reply, Route, json_reply

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
