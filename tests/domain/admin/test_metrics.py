"""What a scrape answers, to whom, and that it speaks for every process."""

import re
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace

import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from api_client import Api, running
from conftest import Servers
from numbers_world import open_shop
from uploadm8.config import Environment
from uploadm8.domain.publishing.lifecycle import advance
from uploadm8.domain.publishing.tables import PublicationState
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.jobs.catalog import CLEAN_UPLOAD
from uploadm8.infra.jobs.queue import enqueue
from uploadm8.infra.metrics.shared import SharedMetrics
from uploadm8.infra.processes import ProcessRow

pytestmark = pytest.mark.anyio

KEY = "k" * 40
TOKEN = "scrape-" * 6


@pytest.fixture(scope="module")
async def running_app(servers: Servers) -> AsyncIterator[Api]:
    async with running(servers, metrics_token=TOKEN, admin_api_key=KEY) as opened:
        yield opened


async def scrape(api: Api) -> dict[str, dict[frozenset[tuple[str, str]], float]]:
    answer = await api.http.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200, answer.text
    found: dict[str, dict[frozenset[tuple[str, str]], float]] = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            series = found.setdefault(sample.name, {})
            key = frozenset((k, v) for k, v in sample.labels.items() if k != "process")
            series[key] = series.get(key, 0.0) + sample.value
    return found


def of(**labels: str) -> frozenset[tuple[str, str]]:
    return frozenset(labels.items())


async def test_requests_are_counted_by_route_template(api: Api) -> None:
    before = (await scrape(api)).get("uploadm8_http_requests_total", {})
    await api.http.get("/api/uploads/0b9f6c1e-0000-7000-8000-000000000001")
    await api.http.get("/no/such/address")
    await api.http.request("BREW", "/healthz")
    after = (await scrape(api))["uploadm8_http_requests_total"]
    for labels in (
        of(method="GET", route="/api/uploads/{upload_id}", status="401"),
        of(method="GET", route="(no route)", status="404"),
        of(method="OTHER", route="(no route)", status="405"),
    ):
        assert after.get(labels, 0) - before.get(labels, 0) == 1, (labels, after)


async def test_one_scrape_tells_of_every_process(api: Api) -> None:
    other = SharedMetrics(api.app.state.services.redis, "worker:elsewhere:7")
    await other.publish()
    answer = await api.http.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    processes = set(re.findall(r'process="([^"]+)"', answer.text))
    assert "worker:elsewhere:7" in processes
    assert len(processes) == 2


async def test_a_process_that_ended_is_forgotten(api: Api) -> None:
    redis = api.app.state.services.redis
    await SharedMetrics(redis, "worker:gone:1").publish()
    await redis.delete("um8:metrics:worker:gone:1")
    answer = await api.http.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert "worker:gone:1" not in answer.text
    assert b"worker:gone:1" not in await redis.smembers("um8:metrics")


async def test_the_age_of_a_queue_comes_from_the_database(api: Api) -> None:
    job = await enqueue(CLEAN_UPLOAD, delay_s=-90)
    await enqueue(CLEAN_UPLOAD, delay_s=900)
    told = await scrape(api)
    assert told["uploadm8_jobs"][of(queue="light", state="due")] == 1
    assert told["uploadm8_jobs"][of(queue="light", state="scheduled")] == 1
    assert 90 <= told["uploadm8_queue_oldest_seconds"][of(queue="light")] < 150
    assert told["uploadm8_queue_oldest_seconds"][of(queue="jobs")] == 0
    assert job is not None


async def test_only_processes_heard_of_lately_are_alive(api: Api) -> None:
    await ProcessRow.raw(
        "INSERT INTO processes (name, role, version, seen_at) VALUES"
        " ('worker:a:1', 'worker', '1', now()), ('worker:b:1', 'worker', '1', now() - interval '1 hour')"
    )
    assert (await scrape(api))["uploadm8_processes_alive"][of(role="worker")] == 1


async def test_publications_are_counted_when_their_transaction_commits(api: Api) -> None:
    shop = await open_shop(api)
    post = await shop.post("confirming")
    labels = of(platform="youtube", state="published")
    before = (await scrape(api)).get("uploadm8_publications_total", {}).get(labels, 0)

    class RolledBackError(Exception):
        pass

    with suppress(RolledBackError):
        async with transaction():
            await advance(post, (PublicationState.CONFIRMING,), PublicationState.PUBLISHED)
            raise RolledBackError
    await advance(post, (PublicationState.CONFIRMING,), PublicationState.PUBLISHED)
    told = await scrape(api)
    assert told["uploadm8_publications_total"][labels] - before == 1
    assert told["uploadm8_publish_seconds_count"][of(platform="youtube")] >= 1


async def test_the_answer_says_when_redis_is_away(api: Api) -> None:
    services = api.app.state.services
    alone = SharedMetrics(type(services.redis).from_url("redis://127.0.0.1:1"), "web:alone:1")
    told = await alone.everyone()
    assert list(told) == ["web:alone:1"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Bearer wrong"}, 401),
        ({"X-Admin-Key": "wrong"}, 401),
        ({"X-Admin-Key": KEY}, 200),
        ({"Authorization": f"Bearer {TOKEN}"}, 200),
    ],
)
async def test_metrics_are_for_scrapers(api: Api, headers: dict[str, str], status: int) -> None:
    assert (await api.http.get("/metrics", headers=headers)).status_code == status


async def test_the_admin_key_is_throttled(api: Api) -> None:
    answers = [
        (await api.http.get("/metrics", headers={"X-Admin-Key": KEY})).status_code
        for _ in range(11)
    ]
    assert answers == [200] * 10 + [429]


async def test_without_a_token_production_hides_the_address_and_development_is_open(
    api: Api,
) -> None:
    state, services = api.app.state, api.app.state.services
    for environment, status in ((Environment.PRODUCTION, 404), (Environment.DEVELOPMENT, 200)):
        told = {"app_env": environment, "metrics_token": SecretStr("")}
        state.services = replace(services, config=services.config.model_copy(update=told))
        try:
            assert (await api.http.get("/metrics")).status_code == status
        finally:
            state.services = services
