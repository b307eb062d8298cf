"""Mail as Mailgun gets it, with the sandbox's strict door in its place; and without Mailgun."""

import email
from collections.abc import AsyncIterator
from dataclasses import replace
from email import policy
from pathlib import Path

import httpx
import pytest

from sandbox_flows import Sandbox
from uploadm8.dev.sandbox import SandboxConfig, Settings
from uploadm8.dev.sandbox.config import MAILGUN_DOMAIN, MAILGUN_KEY
from uploadm8.dev.sandbox.serve import running
from uploadm8.domain.accounts.letters import LINK_OF, LetterKind, write
from uploadm8.errors import Retry
from uploadm8.infra.http import open_http
from uploadm8.infra.mail.letter import Mail, render
from uploadm8.infra.mail.mailer import (
    MailAccountError,
    Mailgun,
    MailRefusedError,
    MailUnavailableError,
    Outbox,
)

pytestmark = pytest.mark.anyio
SENDER = "UploadM8 <no-reply@mail.example.com>"


def letter(kind: LetterKind = LetterKind.RESET) -> Mail:
    token = "t0ken" if kind in LINK_OF else None
    facts = {"Device": "<b>Firefox</b> & co"}
    return render(write(kind, "https://app.example.com", token, facts), "ann@example.com", "reset")


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[Sandbox]:
    config = SandboxConfig(data=tmp_path / "sandbox", settings=Settings(), remember=False)
    with running(config) as base, httpx.Client(timeout=20, trust_env=False) as client:
        yield Sandbox(base, client)


async def send(
    sandbox: Sandbox, mail: Mail, key: str = MAILGUN_KEY, domain: str = MAILGUN_DOMAIN
) -> None:
    base = sandbox.env["MAILGUN_API_BASE_URL"]
    async with open_http([base]) as http:
        await Mailgun(http, base, domain, key, SENDER).send(mail)


async def test_mailgun_takes_our_form_and_keeps_text_html_tag_and_no_tracking(
    sandbox: Sandbox,
) -> None:
    await send(sandbox, letter())
    base = sandbox.env["MAILGUN_API_BASE_URL"]
    async with httpx.AsyncClient() as client:
        (mail,) = (await client.get(f"{base}/inbox")).json()["items"]
    assert (mail["from"], mail["to"], mail["tags"]) == (SENDER, ["ann@example.com"], ["reset"])
    for body in (mail["text"], mail["html"]):
        assert "https://app.example.com/reset-password.html#token=t0ken" in body
    assert "&lt;b&gt;Firefox&lt;/b&gt; &amp; co" in mail["html"]
    assert "<b>Firefox</b> & co" in mail["text"]


@pytest.mark.parametrize("wrong", [{"key": "wrong-key"}, {"domain": "mg.example.org"}])
async def test_mail_waits_while_the_account_is_wrong_and_no_secret_is_named(
    sandbox: Sandbox, wrong: dict[str, str]
) -> None:
    with pytest.raises(MailAccountError) as refused:
        await send(sandbox, letter(), **wrong)
    assert refused.value.retry is Retry.TRANSIENT
    assert "wrong-key" not in str(refused.value)


async def test_an_address_that_cannot_be_is_final(sandbox: Sandbox) -> None:
    with pytest.raises(MailRefusedError) as refused:
        await send(sandbox, replace(letter(), to="nobody"))
    assert refused.value.retry is Retry.PERMANENT_REQUEST


@pytest.mark.parametrize("kind", list(LetterKind))
def test_every_letter_says_the_same_in_both_forms_and_has_no_header_breaks(
    kind: LetterKind,
) -> None:
    mail = letter(kind)
    assert "\n" not in mail.subject + mail.to
    assert mail.html.count("<table") > 2
    assert ("#token=t0ken" in mail.text) == ("#token=t0ken" in mail.html) == (kind in LINK_OF)
    assert "{{" not in mail.html + mail.text


async def test_without_mailgun_the_mail_lies_in_a_private_folder(tmp_path: Path) -> None:
    folder = tmp_path / "outbox"
    await Outbox(folder, SENDER).send(letter())
    (file,) = folder.glob("*.eml")
    mail = email.message_from_bytes(file.read_bytes(), policy=policy.default)
    assert mail["To"] == "ann@example.com"
    assert {part.get_content_type() for part in mail.walk()} >= {"text/plain", "text/html"}
    assert folder.stat().st_mode & 0o077 == 0


async def test_a_busy_or_broken_mailgun_is_tried_again_later(sandbox: Sandbox) -> None:
    for fault, status in (("429", 500), ("5xx", 502), ("5xx", 302), ("5xx", 408)):
        sandbox.fault("mailgun", "messages", fault, status=status)
        with pytest.raises(MailUnavailableError) as away:
            await send(sandbox, letter())
        assert away.value.retry_after == 60
    await send(sandbox, letter())
