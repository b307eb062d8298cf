"""Signed, retried, replayable webhooks with a log, against a real receiver."""

import json

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from domain.notifications.conftest import FAILED, POSTED, Team
from sandbox_inbox import Inbox, webhook_inbox
from uploadm8.domain.billing.plans import Tier
from uploadm8.domain.notifications.tables import WebhookEndpoint
from uploadm8.domain.workspaces.events import EventKind as K
from uploadm8.infra.jobs.tables import JobRow

pytestmark = pytest.mark.anyio


async def test_an_event_arrives_with_a_signature_that_the_standard_library_accepts(
    team: Team, inbox: Inbox
) -> None:
    await team.on(Tier.STUDIO)
    secret = (await team.endpoint(inbox.url))["secret"]
    await team.happens(K.PUBLICATION_PUBLISHED, "1", **POSTED)
    headers, body = inbox.wait()
    event = Webhook(secret).verify(body.decode(), headers)
    assert event["type"] == "publication.published"
    assert event["data"] == POSTED


async def test_a_changed_body_does_not_fit_its_signature(team: Team, inbox: Inbox) -> None:
    await team.on(Tier.STUDIO)
    secret = (await team.endpoint(inbox.url))["secret"]
    await team.happens(K.PUBLICATION_PUBLISHED, "1", **POSTED)
    headers, body = inbox.wait()
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body.decode().replace("Lap one", "Lap two"), headers)


async def test_for_a_day_after_a_renewal_both_secrets_sign(team: Team, inbox: Inbox) -> None:
    await team.on(Tier.STUDIO)
    made = await team.endpoint(inbox.url)
    path = f"/api/webhooks/{made['endpoint']['id']}/secret"
    renewed = (await team.call("POST", path)).json()["secret"]
    await team.happens(K.PUBLICATION_PUBLISHED, "1", **POSTED)
    headers, body = inbox.wait()
    for secret in (made["secret"], renewed):
        Webhook(secret).verify(body.decode(), headers)


async def test_only_the_kinds_asked_for_are_sent(team: Team, inbox: Inbox) -> None:
    await team.on(Tier.STUDIO)
    await team.endpoint(inbox.url, kinds=["publication.failed"])
    await team.happens(K.PUBLICATION_PUBLISHED, "1", **POSTED)
    await team.happens(K.PUBLICATION_FAILED, "2", **FAILED)
    assert json.loads(inbox.wait()[1])["type"] == "publication.failed"
    assert len(await team.deliveries()) == 1


async def test_a_refused_delivery_is_on_record_and_tried_again(team: Team) -> None:
    await team.on(Tier.STUDIO)
    with webhook_inbox(status=500) as inbox:
        await team.endpoint(inbox.url)
        await team.happens(K.PUBLICATION_FAILED, "1", **FAILED)
    (delivery,) = await team.deliveries()
    assert (delivery["state"], delivery["tries"][0]["status"]) == ("pending", 500)
    assert delivery["next_try_at"] is not None
    (job,) = await JobRow.select().where(JobRow.kind == "notifications.deliver_webhook")
    assert (job["state"], job["attempts"]) == ("queued", 1)


async def test_an_endpoint_that_is_back_gets_the_same_message_id(team: Team) -> None:
    await team.on(Tier.STUDIO)
    with webhook_inbox(status=503) as inbox:
        await team.endpoint(inbox.url)
        await team.happens(K.PUBLICATION_FAILED, "1", **FAILED)
        first, _ = inbox.wait()
        inbox.status = 200
        await JobRow.raw("UPDATE jobs SET run_at=now() WHERE state='queued'")
        await team.run_jobs()
        second, _ = inbox.wait()
    assert first["webhook-id"] == second["webhook-id"]
    (delivery,) = await team.deliveries()
    assert (delivery["state"], len(delivery["tries"])) == ("delivered", 2)


async def test_after_the_last_try_a_delivery_has_failed_and_can_be_replayed(team: Team) -> None:
    await team.on(Tier.STUDIO)
    with webhook_inbox(status=500) as inbox:
        await team.endpoint(inbox.url)
        await team.happens(K.PUBLICATION_FAILED, "1", **FAILED)
        for _ in range(9):
            await JobRow.raw("UPDATE jobs SET run_at=now() WHERE state='queued'")
            await team.run_jobs()
        (failed,) = await team.deliveries()
        assert (failed["state"], len(failed["tries"])) == ("failed", 10)
        inbox.status = 200
        path = f"/api/webhooks/deliveries/{failed['id']}/replay"
        assert (await team.call("POST", path)).status_code == 202
        await team.run_jobs()
    states = [one["state"] for one in await team.deliveries()]
    assert states == ["delivered", "failed"]


async def test_an_endpoint_that_answers_gone_is_stopped_and_its_owners_are_told(
    team: Team,
) -> None:
    await team.on(Tier.STUDIO)
    with webhook_inbox(status=410) as inbox:
        await team.endpoint(inbox.url)
        await team.happens(K.PUBLICATION_PUBLISHED, "1", **POSTED)
    (endpoint,) = (await team.call("GET", "/api/webhooks")).json()["items"]
    assert (endpoint["active"], endpoint["stopped_because"]) == (False, "it answered 410 Gone")
    assert team.mails() == ["webhook-stopped"]


async def test_an_endpoint_that_failed_for_five_days_is_stopped(team: Team) -> None:
    await team.on(Tier.STUDIO)
    with webhook_inbox(status=500) as inbox:
        await team.endpoint(inbox.url)
        await WebhookEndpoint.raw(
            "UPDATE webhook_endpoints SET failing_since=now() - interval '6 days'"
        )
        await team.happens(K.PUBLICATION_PUBLISHED, "1", **POSTED)
    (endpoint,) = (await team.call("GET", "/api/webhooks")).json()["items"]
    assert endpoint["active"] is False


async def test_a_test_event_goes_to_one_endpoint(team: Team, inbox: Inbox) -> None:
    await team.on(Tier.STUDIO)
    made = await team.endpoint(inbox.url, kinds=["quota.used"])
    answer = await team.call("POST", f"/api/webhooks/{made['endpoint']['id']}/test")
    assert (answer.status_code, answer.json()["body"]["type"]) == (202, "webhook.test")
    await team.run_jobs()
    assert json.loads(inbox.wait()[1])["type"] == "webhook.test"


async def test_webhooks_need_the_studio_tier(team: Team, inbox: Inbox) -> None:
    await team.on(Tier.GROWTH)
    answer = await team.call("POST", "/api/webhooks", {"url": inbox.url})
    assert (answer.status_code, answer.json()["required_tier"]) == (402, "studio")


async def test_the_secret_is_shown_once_and_never_lies_in_the_open(
    team: Team, inbox: Inbox
) -> None:
    await team.on(Tier.STUDIO)
    made = await team.endpoint(inbox.url)
    listed = (await team.call("GET", "/api/webhooks")).text
    (row,) = await WebhookEndpoint.select()
    assert made["secret"] not in listed
    assert made["secret"] not in str(row)


async def test_an_endpoint_is_changed_without_showing_its_secret(team: Team, inbox: Inbox) -> None:
    await team.on(Tier.STUDIO)
    made = await team.endpoint(inbox.url)
    path = f"/api/webhooks/{made['endpoint']['id']}"
    change = {"kinds": ["quota.used"], "active": False}
    changed = (await team.call("PATCH", path, change)).json()
    assert (changed["kinds"], changed["active"]) == (["quota.used"], False)
    assert (await team.call("GET", path)).json() == changed


async def test_a_delivery_shows_what_was_sent_and_what_came_back(team: Team, inbox: Inbox) -> None:
    await team.on(Tier.STUDIO)
    await team.endpoint(inbox.url)
    await team.happens(K.PUBLICATION_PUBLISHED, "1", **POSTED)
    (listed,) = await team.deliveries()
    told = (await team.call("GET", f"/api/webhooks/deliveries/{listed['id']}")).json()
    assert told["body"]["type"] == "publication.published"
    assert told["state"] == "delivered"
