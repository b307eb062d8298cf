"""The description of the API, and requests made from it."""

import asyncio
import os
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core.failures import FailureGroup

from api_client import Api
from uploadm8.domain.accounts.tables import User

pytestmark = pytest.mark.anyio

# A slice in the ordinary run; FUZZ_EXAMPLES=2000 for more.
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "3"))


async def document(api: Api) -> dict[str, Any]:
    answer = await api.http.get("/schema/openapi.json")
    found: dict[str, Any] = answer.json()
    return found


async def test_it_is_openapi_3_1_and_every_operation_says_what_it_does(api: Api) -> None:
    told = await document(api)
    assert told["openapi"].startswith("3.1")
    for path, item in told["paths"].items():
        for method, operation in item.items():
            assert operation.get("summary"), f"{method} {path} has no summary"
            assert operation.get("description"), f"{method} {path} has no description"
            assert "429" in operation["responses"], f"{method} {path}"


async def test_every_operation_that_needs_a_credential_says_so(api: Api) -> None:
    told = await document(api)
    assert told["paths"]["/api/auth/login"]["post"]["security"] == [{}]
    assert told["security"] == [{"bearer": []}]
    assert "security" not in told["paths"]["/api/settings"]["get"]


def faults(case: Any, answer: httpx.Response) -> list[str]:
    """What is wrong with an answer, by the description and the conventions."""
    name, status = f"{case.method} {case.path} {answer.status_code}", answer.status_code
    if status >= 500 and "_off" not in answer.text:  # billing is not configured here
        return [f"{name}: {answer.text[:300]}"]
    kind = answer.headers.get("content-type", "")
    if status >= 400 and not kind.startswith("application/problem+json"):
        return [f"{name}: {kind}"]
    if str(status) not in case.operation.definition.raw["responses"]:
        return [f"{name}: not in the description"]
    try:
        case.operation.validate_response(answer)
    except FailureGroup as group:
        return [f"{name}: {one}" for one in group.exceptions]
    return []


@pytest.mark.parametrize("who", ["anonymous", "user", "admin"])
async def test_no_request_made_from_the_description_gets_a_5xx(api: Api, who: str) -> None:
    someone = await api.register()
    if who == "admin":
        await User.raw("UPDATE users SET role='admin'")
    headers = {} if who == "anonymous" else someone.headers
    schema = schemathesis.openapi.from_dict(await document(api))
    loop = asyncio.get_running_loop()
    failures: list[str] = []
    called = 0

    def attack(operation: Any) -> None:
        """Runs in a thread; the requests themselves run on the loop of the application."""

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def run(case: Any) -> None:
            nonlocal called
            called += 1
            answer = asyncio.run_coroutine_threadsafe(send(case), loop).result(60)
            failures.extend(faults(case, answer))

        run()

    async def send(case: Any) -> httpx.Response:
        wire = case.as_transport_kwargs(base_url="http://api.example.com")
        wire = {
            name: wire[name] for name in ("method", "url", "params", "json", "data") if name in wire
        }
        content = wire.pop("data", None)
        merged = {**{k: str(v) for k, v in (case.headers or {}).items()}, **headers}
        merged = {k: v for k, v in merged.items() if v.isascii() and v.isprintable()}
        if content is not None:
            wire["content"] = content if isinstance(content, bytes) else str(content).encode()
        return await api.http.request(**wire, headers=merged)

    for result in schema.get_all_operations():
        operation = result.ok()
        if operation.path.endswith("/events") or operation.path == "/api/auth/logout-all":
            continue
        await asyncio.to_thread(attack, operation)
    assert failures == []
    assert called > 50
