"""The sandbox of Stripe refuses what Stripe refuses, and delivers as badly as Stripe may."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import httpx
import pytest
import stripe
import stripe.params as p
from hypothesis import given, settings
from hypothesis import strategies as st
from stripe._encode import _api_encode

from sandbox_flows import Sandbox
from uploadm8.dev.sandbox.stripe.params import ParamError, check, parse

KEY = {"Authorization": "Bearer sk_test_sandbox"}


def _post(sandbox: Sandbox, path: str, form: dict[str, str], **headers: str) -> httpx.Response:
    url = f"{sandbox.env['STRIPE_API_BASE_URL']}/v1/{path}"
    return sandbox.http.post(url, data=form, headers=KEY | headers)


def _get(sandbox: Sandbox, path: str, **headers: str) -> httpx.Response:
    url = f"{sandbox.env['STRIPE_API_BASE_URL']}/v1/{path}"
    return sandbox.http.get(url, headers=KEY | headers)


def _price(sandbox: Sandbox) -> str:
    _post(sandbox, "products", {"name": "Solo", "id": "solo"}).raise_for_status()
    form = {
        "product": "solo",
        "currency": "usd",
        "unit_amount": "999",
        "recurring[interval]": "month",
        "lookup_key": "solo",
    }
    return str(_post(sandbox, "prices", form).json()["id"])


def _subscribed(sandbox: Sandbox) -> dict[str, Any]:
    price = _price(sandbox)
    customer = _post(sandbox, "customers", {"email": "a@example.com"}).json()["id"]
    form = {
        "mode": "subscription",
        "customer": customer,
        "line_items[0][price]": price,
        "line_items[0][quantity]": "1",
        "success_url": "https://app.example.com/?s={CHECKOUT_SESSION_ID}",
    }
    session = _post(sandbox, "checkout/sessions", form).json()
    page = sandbox.http.post(session["url"], data={"card": "4242424242424242"})
    assert page.headers["location"] == f"https://app.example.com/?s={session['id']}"
    found: dict[str, Any] = _get(sandbox, f"subscriptions?customer={customer}").json()["data"][0]
    return found


@pytest.mark.parametrize(
    ("path", "form", "code", "param"),
    [
        ("customers", {"e-mail": "x"}, "parameter_unknown", "e-mail"),
        ("customers", {"address[planet]": "x"}, "parameter_unknown", "address[planet]"),
        ("customers", {"email": ""}, "parameter_invalid_empty", "email"),
        ("products", {}, "parameter_missing", "name"),
        ("prices", {"currency": "usd", "unit_amount": "ten"}, "parameter_invalid", "unit_amount"),
        ("checkout/sessions", {"mode": "gift"}, "parameter_unknown", "mode"),
        ("checkout/sessions", {"ui_mode": "hosted"}, "parameter_unknown", "ui_mode"),
        (
            "checkout/sessions",
            {"automatic_tax[enabled]": "yes"},
            "parameter_invalid",
            "automatic_tax[enabled]",
        ),
    ],
)
def test_a_parameter_that_stripe_does_not_know_is_refused_by_name(
    sandbox: Sandbox, path: str, form: dict[str, str], code: str, param: str
) -> None:
    answer = _post(sandbox, path, form)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["param"]) == (400, code, param)
    assert error["type"] == "invalid_request_error"


def test_a_trial_of_no_days_and_more_than_ten_lookup_keys_are_refused(sandbox: Sandbox) -> None:
    price = _price(sandbox)
    customer = _post(sandbox, "customers", {}).json()["id"]
    form = {
        "mode": "subscription",
        "customer": customer,
        "line_items[0][price]": price,
        "success_url": "https://app.example.com",
        "subscription_data[trial_period_days]": "0",
    }
    assert _post(sandbox, "checkout/sessions", form).status_code == 400
    keys = "&".join(f"lookup_keys[{i}]=k{i}" for i in range(11))
    assert _get(sandbox, f"prices?{keys}").status_code == 400


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"Authorization": "Bearer sk_test_other"}, 401), ({"Stripe-Version": "2019-01-01"}, 400)],
)
def test_a_wrong_key_or_version_is_refused(
    sandbox: Sandbox, headers: dict[str, str], status: int
) -> None:
    assert _get(sandbox, "prices", **headers).status_code == status


def test_an_idempotency_key_gives_the_first_answer_and_refuses_other_parameters(
    sandbox: Sandbox,
) -> None:
    key = {"Idempotency-Key": "k1"}
    first = _post(sandbox, "customers", {"email": "a@example.com"}, **key)
    again = _post(sandbox, "customers", {"email": "a@example.com"}, **key)
    other = _post(sandbox, "customers", {"email": "b@example.com"}, **key)
    assert first.json() == again.json()
    assert again.headers["idempotent-replayed"] == "true"
    assert (other.status_code, other.json()["error"]["type"]) == (400, "idempotency_error")


def test_periods_are_on_the_items_and_time_renews_a_subscription(sandbox: Sandbox) -> None:
    before = _subscribed(sandbox)
    assert "current_period_end" not in before
    sandbox.advance(32 * 86_400)
    after = _get(sandbox, f"subscriptions/{before['id']}").json()
    old, new = before["items"]["data"][0], after["items"]["data"][0]
    assert new["current_period_start"] == old["current_period_end"]
    invoice = _get(sandbox, f"invoices/{after['latest_invoice']}").json()
    assert (invoice["billing_reason"], invoice["status"]) == ("subscription_cycle", "paid")
    assert invoice["parent"]["subscription_details"]["subscription"] == before["id"]


def test_a_card_that_fails_makes_it_past_due_and_in_the_end_canceled(sandbox: Sandbox) -> None:
    found = _subscribed(sandbox)
    card = {"customer": found["customer"], "card": "4000000000000341"}
    sandbox.http.post(f"{sandbox.base}/stripe-web/_card", json=card).raise_for_status()
    sandbox.advance(32 * 86_400)
    assert _get(sandbox, f"subscriptions/{found['id']}").json()["status"] == "past_due"
    sandbox.advance(9 * 86_400)
    assert _get(sandbox, f"subscriptions/{found['id']}").json()["status"] == "canceled"


def test_cancelling_under_a_schedule_is_refused_until_it_is_released(sandbox: Sandbox) -> None:
    found = _subscribed(sandbox)
    made = _post(sandbox, "subscription_schedules", {"from_subscription": found["id"]}).json()
    cancel = {"cancel_at_period_end": "true"}
    assert _post(sandbox, f"subscriptions/{found['id']}", cancel).status_code == 400
    _post(sandbox, f"subscription_schedules/{made['id']}/release", {}).raise_for_status()
    assert _post(sandbox, f"subscriptions/{found['id']}", cancel).json()["cancel_at"]


class _Receiver(BaseHTTPRequestHandler):
    status: ClassVar[int] = 200
    got: ClassVar[list[tuple[bytes, str]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.got.append((body, self.headers["stripe-signature"]))
        self.send_response(self.status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture
def receiver() -> Iterator[str]:
    _Receiver.got, _Receiver.status = [], 200
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Receiver)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()


def _flush(sandbox: Sandbox) -> int:
    answer = sandbox.http.post(f"{sandbox.base}/stripe-web/_flush", json={})
    return int(answer.json()["undelivered"])


def test_webhooks_are_signed_repeated_and_shuffled_on_demand(
    sandbox: Sandbox, receiver: str
) -> None:
    sandbox.switch(stripe_webhook_paused=True, stripe_webhook_url=receiver)
    _subscribed(sandbox)
    sandbox.switch(
        stripe_webhook_paused=False, stripe_webhook_copies=3, stripe_webhook_disorder=True
    )
    assert _flush(sandbox) == 0
    events = [
        stripe.Webhook.construct_event(body, header, "whsec_sandbox")
        for body, header in _Receiver.got
    ]
    ids = [event.id for event in events]
    listed = [event["id"] for event in _get(sandbox, "events?limit=100").json()["data"]]
    assert sorted(ids) == sorted(listed * 3)
    in_order = [event_id for event_id in reversed(listed) for _ in range(3)]
    assert ids != in_order


def test_an_event_that_nobody_takes_is_tried_again_and_listed_as_undelivered(
    sandbox: Sandbox, receiver: str
) -> None:
    _Receiver.status = 500
    sandbox.switch(stripe_webhook_url=receiver)
    _post(sandbox, "customers", {})
    assert _flush(sandbox) == 1
    assert len(_Receiver.got) == 3
    assert len(_get(sandbox, "events?delivery_success=false").json()["data"]) == 1


def test_the_pages_show_what_there_is(sandbox: Sandbox) -> None:
    found = _subscribed(sandbox)
    form = {"customer": found["customer"], "return_url": "https://app.example.com"}
    portal = _post(sandbox, "billing_portal/sessions", form).json()["url"]
    assert "active" in sandbox.http.get(portal).text
    sandbox.http.post(portal, data={"do": "cancel", "subscription": found["id"]})
    assert "Resume" in sandbox.http.get(portal).text
    invoice = _get(sandbox, f"invoices/{found['latest_invoice']}").json()
    assert "9.99" in sandbox.http.get(invoice["hosted_invoice_url"]).text


words = st.text("abcdefgh_", min_size=1, max_size=8)
values: Any = st.recursive(
    words,
    lambda inner: (
        st.dictionaries(words, inner, min_size=1, max_size=3)
        | st.lists(inner, min_size=1, max_size=3)
    ),
    max_leaves=8,
)


def _lists_by_index(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _lists_by_index(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return {str(i): _lists_by_index(inner) for i, inner in enumerate(value)}
    return value


@settings(deadline=None, max_examples=60)
@given(st.dictionaries(words, values, max_size=4))
def test_what_the_library_encodes_is_parsed_back(params: dict[str, Any]) -> None:
    assert parse(_api_encode(params)) == _lists_by_index(params)


@settings(deadline=None, max_examples=60)
@given(st.dictionaries(st.text(max_size=12), st.text(max_size=12), max_size=4))
def test_any_parameters_are_taken_as_declared_or_refused(pairs: dict[str, str]) -> None:
    try:
        checked = check(parse(pairs.items()), p.CustomerCreateParams)
    except ParamError:
        return
    assert set(checked) <= set(p.CustomerCreateParams.__annotations__)
