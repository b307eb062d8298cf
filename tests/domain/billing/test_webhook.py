"""What the webhook believes, and what it records."""

import time
from pathlib import Path

import httpx
import msgspec
import pytest

from billing_world import World, stripe_world
from uploadm8.dev.sandbox.stripe.events import signature
from uploadm8.domain.billing.options import BillingOptions
from uploadm8.domain.billing.tables import StripeEvent
from uploadm8.domain.billing.webhook import Webhook
from uploadm8.errors import InvalidRequestError, NotFoundError
from uploadm8.infra.jobs.tables import JobRow

pytestmark = pytest.mark.anyio

OPTIONS = BillingOptions(secret_key="sk_test_x", webhook_secret="whsec_sandbox")


def _event(event_id: str = "evt_1", *, livemode: bool = False, kind: str = "invoice.paid") -> bytes:
    return msgspec.json.encode(
        {
            "id": event_id,
            "object": "event",
            "type": kind,
            "created": int(time.time()),
            "livemode": livemode,
            "data": {"object": {"id": "in_1", "object": "invoice", "customer": "cus_1"}},
        }
    )


async def test_event_and_job_are_recorded_together_and_once(db: None) -> None:
    webhook, body = Webhook(OPTIONS), _event()
    assert [await webhook.receive(body, signature(body)) for _ in range(3)] == [True, False, False]
    assert await StripeEvent.count() == 1
    assert await JobRow.count().where(JobRow.kind == "billing.stripe_event") == 1


async def test_an_event_whose_job_was_lost_gets_one_at_the_next_delivery(db: None) -> None:
    webhook, body = Webhook(OPTIONS), _event()
    await webhook.receive(body, signature(body))
    await JobRow.delete(force=True)
    assert await webhook.receive(body, signature(body)) is False
    assert await JobRow.count() == 1


@pytest.mark.parametrize(
    "header",
    [
        "",
        "t=1,v1=00",
        "nonsense",
        signature(_event("evt_other")),
        signature(_event(), "whsec_of_someone_else"),
    ],
    ids=["none", "old", "nonsense", "of another body", "by another secret"],
)
async def test_a_signature_that_does_not_fit_is_refused(db: None, header: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        await Webhook(OPTIONS).receive(_event(), header)
    assert caught.value.code == "invalid_signature"
    assert await StripeEvent.count() == 0


async def test_one_of_two_signatures_is_enough_while_the_secret_changes(db: None) -> None:
    body = _event()
    at, mine = signature(body).split(",")
    assert await Webhook(OPTIONS).receive(body, f"{at},v1={'0' * 64},{mine},v0=00") is True


async def test_an_event_with_nul_characters_is_recorded_without_them(db: None) -> None:
    event = msgspec.json.decode(_event())
    event["data"]["object"] |= {"name": "A\0pex", "lines": [{"\0text": "\0"}]}
    body = msgspec.json.encode(event)
    assert await Webhook(OPTIONS).receive(body, signature(body)) is True
    stored = msgspec.json.decode((await StripeEvent.select())[0]["payload"])
    assert stored["data"]["object"]["name"] == "Apex"


async def test_an_old_signature_is_refused(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    body, long_ago = _event(), time.time() - 301
    with monkeypatch.context() as patch:
        patch.setattr(time, "time", lambda: long_ago)
        header = signature(body)
    with pytest.raises(InvalidRequestError):
        await Webhook(OPTIONS).receive(body, header)


async def test_an_event_of_the_other_mode_is_refused(db: None) -> None:
    body = _event(livemode=True)
    with pytest.raises(InvalidRequestError) as caught:
        await Webhook(OPTIONS).receive(body, signature(body))
    assert caught.value.code == "wrong_mode"


@pytest.mark.parametrize("body", [b"{", b"[]", b"[" * 100_000, b'{"id": 7}', b"\xff\xfe"])
async def test_a_signed_body_that_is_no_event_is_refused(db: None, body: bytes) -> None:
    with pytest.raises(InvalidRequestError):
        await Webhook(OPTIONS).receive(body, signature(body))


async def test_without_a_secret_there_is_no_webhook(db: None) -> None:
    body = _event()
    with pytest.raises(NotFoundError):
        await Webhook(BillingOptions()).receive(body, signature(body, ""))


async def test_over_http_a_good_event_is_200_and_a_bad_signature_400(world: World) -> None:
    body = _event(kind="payment_method.attached")
    assert (await world.deliver(body)).status_code == 200
    refused: httpx.Response = await world.deliver(body, signed="t=1,v1=00")
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_signature")
    await world.run_jobs()
    outcomes = await StripeEvent.select(StripeEvent.outcome).where(StripeEvent.event_id == "evt_1")
    assert outcomes == [{"outcome": "ignored"}]


async def test_a_customer_of_another_product_on_the_account_is_left_alone(
    db: None, tmp_path: Path
) -> None:
    async with stripe_world(tmp_path / "sandbox") as world:
        made = await world.billing.sync.gateway.v1.customers.create_async(
            {"email": "x@example.com"}
        )
        body = msgspec.json.encode(
            {
                "id": "evt_foreign",
                "type": "customer.subscription.updated",
                "created": 1,
                "livemode": False,
                "data": {"object": {"object": "subscription", "customer": made.id}},
            }
        )
        await world.deliver(body)
        await world.run_jobs()
    rows = await StripeEvent.select(StripeEvent.outcome).where(
        StripeEvent.event_id == "evt_foreign"
    )
    assert rows == [{"outcome": "not_ours"}]
