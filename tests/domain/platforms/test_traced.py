"""One trace from a real request through the job it causes to the platform that the job calls."""

from typing import Any

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from conftest import Servers
from light_jobs import run_light_jobs
from platform_site import site_of
from sandbox_flows import Sandbox

pytestmark = pytest.mark.anyio


async def test_disconnecting_is_one_trace_from_the_request_to_the_platforms_answer(
    servers: Servers, sandbox: Sandbox, spans: InMemorySpanExporter
) -> None:
    async with site_of(servers, sandbox) as site:
        await site.connect("tiktok")
        account = await site.account("tiktok")
        await run_light_jobs(site.services)
        spans.clear()
        url = f"/api/platforms/accounts/{account['id']}"
        assert (await site.api.http.delete(url, headers=site.me.headers)).status_code == 204
        await run_light_jobs(site.services)
    found: list[Any] = list(spans.get_finished_spans())
    request = next(one for one in found if "http.route" in (one.attributes or {}))
    job = next(one for one in found if one.name == "job platforms.revoke_account")
    call = next(one for one in found if one.parent and one.parent.span_id == job.context.span_id)
    assert {one.context.trace_id for one in (job, call)} == {request.context.trace_id}
    assert job.parent.span_id == request.context.span_id
    assert request.attributes["http.route"] == "/api/platforms/accounts/{account_id}"
    assert job.attributes["job.outcome"] == "succeeded"
    assert call.name.startswith("POST ")
