"""With EMAIL_VERIFICATION=required: no session before the address is proved."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from account_mail import NEW_PASSWORD, deliver, post, token_in
from api_client import PASSWORD, Api, running
from conftest import Servers, wipe
from uploadm8.domain.accounts.tables import User

pytestmark = pytest.mark.anyio


@pytest.fixture
async def strict(servers: Servers) -> AsyncIterator[Api]:
    """An application where addresses must be verified first."""
    async with running(
        servers,
        email_verification="required",
        app_env="production",
        base_url="http://localhost",
        bootstrap_admin_email="boss@example.com",
        outbox_dir=servers.folder / f"outbox-{uuid4().hex}",
    ) as opened:
        yield opened
        await wipe()


async def test_t2_register_answers_alike_for_new_and_known_addresses(strict: Api) -> None:
    new = await post(strict, "register", email="a@example.com", password=PASSWORD)
    known = await post(strict, "register", email="a@example.com", password=PASSWORD)
    assert (new.status_code, new.content) == (known.status_code, known.content)
    assert new.status_code == 202
    assert [mail[1] for mail in await deliver(strict)] == [
        "Confirm your address",
        "You already have an account",
    ]


async def test_nobody_signs_in_before_verification_and_only_the_owner_is_told(strict: Api) -> None:
    await post(strict, "register", email="a@example.com", password=PASSWORD)
    right = await post(strict, "login", email="a@example.com", password=PASSWORD)
    wrong = await post(strict, "login", email="a@example.com", password=NEW_PASSWORD)
    assert (right.status_code, right.json()["code"]) == (403, "email_unverified")
    assert (wrong.status_code, wrong.json()["code"]) == (401, "invalid_credentials")


async def test_t27_the_bootstrap_admin_is_made_at_verification_and_once(strict: Api) -> None:
    await post(strict, "register", email="boss@example.com", password=PASSWORD)
    roles = "SELECT role FROM users WHERE email='boss@example.com'"
    assert (await User.raw(roles))[0]["role"] == "user"
    (mail,) = await deliver(strict)
    await post(strict, "verify-email", token=token_in(mail[2]))
    assert (await User.raw(roles))[0]["role"] == "admin"


async def test_t27_no_second_admin_is_made_by_verification(strict: Api) -> None:
    await post(strict, "register", email="other@example.com", password=PASSWORD)
    await User.raw("UPDATE users SET role='admin' WHERE email='other@example.com'")
    await deliver(strict)
    await post(strict, "register", email="boss@example.com", password=PASSWORD)
    (mail,) = await deliver(strict)
    await post(strict, "verify-email", token=token_in(mail[2]))
    rows = await User.raw("SELECT role FROM users WHERE email='boss@example.com'")
    assert rows[0]["role"] == "user"
