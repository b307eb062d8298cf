"""One trace from a request through its job to the calls it makes."""

import socket
from typing import Any

import pytest
import structlog
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from uploadm8.errors import InvalidRequestError
from uploadm8.infra.http import NotSentError, open_http
from uploadm8.infra.jobs.catalog import CLEAN_UPLOAD, JobKind, Queue
from uploadm8.infra.jobs.handlers import Handler, JobContext
from uploadm8.infra.jobs.queue import claim, enqueue
from uploadm8.infra.jobs.runner import Runner
from uploadm8.infra.tracing import SpanKind, span, traceparent

pytestmark = pytest.mark.anyio


def runner_of(run: Any, kind: JobKind = CLEAN_UPLOAD) -> Runner:
    return Runner({kind.name: Handler(kind, run)}, {Queue.LIGHT: 1}, 60, 60)


async def run_one(runner: Runner, job_id: Any) -> None:
    job = await claim(job_id, runner.owner, 60)
    assert job is not None
    await runner.run(job)


async def test_a_job_carries_on_the_trace_of_the_request_that_caused_it(db: None) -> None:
    seen: list[tuple[str | None, Any]] = []

    async def work(context: JobContext) -> None:
        seen.append((traceparent(), structlog.contextvars.get_contextvars().get("trace_id")))

    with span("POST request", SpanKind.SERVER):
        caused_by = traceparent()
        job_id = await enqueue(CLEAN_UPLOAD)
    assert caused_by is not None
    assert traceparent() is None
    await run_one(runner_of(work), job_id)
    (inside, logged) = seen[0]
    assert inside is not None
    assert inside[3:35] == caused_by[3:35] == logged
    assert inside != caused_by


async def test_a_job_that_nobody_asked_for_begins_a_trace_of_its_own(db: None) -> None:
    seen: list[str | None] = []

    async def work(context: JobContext) -> None:
        seen.append(traceparent())

    for _ in range(2):
        await run_one(runner_of(work), await enqueue(CLEAN_UPLOAD))
    assert None not in seen
    assert len({one[3:35] for one in seen if one}) == 2


async def test_opentelemetry_records_request_job_and_call_as_one_trace(
    db: None, spans: InMemorySpanExporter
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        base = f"http://127.0.0.1:{closed.getsockname()[1]}"

    async def work(context: JobContext) -> None:
        async with open_http([base]) as http:
            await http.send("POST", f"{base}/secret?signature=1")

    with span("POST request", SpanKind.SERVER, {"http.route": "/api/uploads"}):
        job_id = await enqueue(CLEAN_UPLOAD)
    await run_one(runner_of(work), job_id)
    found: dict[str, Any] = {one.name: one for one in spans.get_finished_spans()}
    request, job = found["POST request"], found["job uploads.clean"]
    call = found["POST 127.0.0.1"]
    assert len({one.context.trace_id for one in (request, job, call)}) == 1
    assert (job.parent.span_id, call.parent.span_id) == (
        request.context.span_id,
        job.context.span_id,
    )
    assert call.status.description == "ConnectError"
    assert job.attributes["job.outcome"] == "retried"
    assert "secret" not in str([one.to_json() for one in found.values()])


async def test_a_dead_job_is_a_failed_span_without_the_text_of_its_error(
    db: None, spans: InMemorySpanExporter
) -> None:
    async def work(context: JobContext) -> None:
        raise InvalidRequestError("anna@example.com sent something")

    await run_one(runner_of(work), await enqueue(CLEAN_UPLOAD))
    job: Any = spans.get_finished_spans()[0]
    assert (job.status.is_ok, job.attributes["job.outcome"]) == (False, "dead")
    assert "anna" not in job.to_json()


async def test_without_a_recorder_nothing_is_sent_and_ids_still_hold(db: None) -> None:
    with span("outer", SpanKind.SERVER) as outer, span("inner", SpanKind.CLIENT) as inner:
        assert inner.traceparent[3:35] == outer.traceparent[3:35]
        assert inner.traceparent.endswith("-00")
    with pytest.raises(NotSentError), span("again", SpanKind.CLIENT):
        raise NotSentError
    assert traceparent() is None
