"""Mailgun and Discord, one rule a test."""

import re
from typing import Any

import pytest

from sandbox_flows import Sandbox

MAIL = {"from": "UM <no@mg.example.com>", "to": "a@example.com", "subject": "Hi", "text": "Yo"}


def _send(sandbox: Sandbox, key: str | None = None, domain: str = "", **kwargs: Any) -> Any:
    auth = ("api", key or sandbox.env["MAILGUN_API_KEY"])
    name = domain or sandbox.env["MAILGUN_DOMAIN"]
    url = f"{sandbox.env['MAILGUN_API_BASE_URL']}/v3/{name}/messages"
    return sandbox.http.post(url, auth=auth, **kwargs)


def test_a_mail_is_queued_and_shown(sandbox: Sandbox) -> None:
    extra = {"h:Reply-To": "b@example.com", "o:tag": ["a", "b"], "html": "<b>Yo</b>"}
    answer = _send(sandbox, data=MAIL | extra)
    assert answer.json()["message"] == "Queued. Thank you."
    url = f"{sandbox.env['MAILGUN_API_BASE_URL']}/inbox?to=a@example.com"
    [mail] = sandbox.http.get(url).json()["items"]
    assert (mail["id"], mail["tags"]) == (answer.json()["id"], ["a", "b"])
    assert re.fullmatch(r"<\d{14}\.[0-9a-f]{16}@mg\.example\.com>", mail["id"])
    assert mail["headers"] == {"Reply-To": "b@example.com"}
    assert "Hi" in sandbox.http.get(f"{sandbox.base}/mail").text


def test_a_mail_may_carry_files(sandbox: Sandbox) -> None:
    answer = _send(sandbox, data=MAIL, files={"attachment": ("a.csv", b"1,2")})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"to": "nobody"}, "not a valid address"),
        ({"to": ""}, "not a valid address"),
        ({"text": None}, "'template' parameters specified"),
        ({"text": "  "}, "'template' parameters specified"),
        ({"from": None}, "from parameter is missing"),
        ({"colour": "red"}, "unknown parameter"),
        ({"o:deliverytime": "tomorrow"}, "not a valid date"),
    ],
)
def test_a_wrong_mail_is_refused(
    sandbox: Sandbox, change: dict[str, str | None], word: str
) -> None:
    form = {name: value for name, value in (MAIL | change).items() if value is not None}
    answer = _send(sandbox, data=form)
    assert answer.status_code == 400
    assert word in answer.json()["message"]


def test_the_key_the_domain_and_the_content_type_are_checked(sandbox: Sandbox) -> None:
    assert _send(sandbox, key="wrong", data=MAIL).text == "Forbidden"
    unknown = _send(sandbox, domain="mg.example.org", data=MAIL)
    assert (unknown.status_code, unknown.json()["message"][:16]) == (404, "Domain not found")
    unseen = _send(sandbox, json=MAIL)
    assert (unseen.status_code, unseen.json()["message"]) == (400, "from parameter is missing")


def test_a_test_mail_is_accepted_and_not_kept(sandbox: Sandbox) -> None:
    assert _send(sandbox, data=MAIL | {"o:testmode": "yes"}).status_code == 200
    url = f"{sandbox.env['MAILGUN_API_BASE_URL']}/inbox"
    assert sandbox.http.get(url).json() == {"items": []}


def _execute(sandbox: Sandbox, body: dict[str, Any], where: str = "42/token", **query: str) -> Any:
    url = f"{sandbox.env['DISCORD_BASE_URL']}/api/webhooks/{where}"
    return sandbox.http.post(url, json=body, params=query)


def test_a_message_is_delivered_silently_or_returned(sandbox: Sandbox) -> None:
    assert _execute(sandbox, {"content": "Published"}).status_code == 204
    assert _execute(sandbox, {"content": "Again"}, wait="true").json()["content"] == "Again"
    url = f"{sandbox.env['DISCORD_BASE_URL']}/alerts"
    assert [row["content"] for row in sandbox.http.get(url).json()["items"]] == [
        "Published",
        "Again",
    ]
    _execute(sandbox, {"embeds": [{"description": "No title", "fields": []}]})
    page = sandbox.http.get(f"{sandbox.base}/alerts").text
    assert "Published" in page
    assert "No title" in page


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"content": "x" * 2001}, 50035),
        ({"content": "x", "username": "Discord Bot"}, 50035),
        ({"embeds": [{"title": "x" * 257}]}, 50035),
        ({"embeds": [{"description": "x" * 4000}, {"description": "x" * 4000}]}, 50035),
        ({"embeds": [{"title": "x"}] * 11}, 50035),
        ({"text": "x"}, 50035),
        ({"content": 5}, 50035),
        ({"embeds": [{"colour": 1}]}, 50035),
        ({"embeds": [{"fields": [{"name": "only a name"}]}]}, 50035),
        ({"embeds": [{"fields": [{"name": "a", "value": "x" * 1025}]}]}, 50035),
        ({"content": ""}, 50006),
    ],
)
def test_a_wrong_message_is_refused(sandbox: Sandbox, body: dict[str, Any], code: int) -> None:
    answer = _execute(sandbox, body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_a_deleted_webhook_is_404_and_the_sixth_message_429(sandbox: Sandbox) -> None:
    assert _execute(sandbox, {"content": "x"}, "42/gone").json()["code"] == 10015
    answers = [_execute(sandbox, {"content": "x"}) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [204] * 5 + [429]
    assert answers[-1].json()["retry_after"] > 0
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert answers[0].headers["x-ratelimit-remaining"] == "4"
