"""Whether an address has an account costs the same work to answer; benchmarks/enumeration.py times it."""

from collections import Counter

import pytest
from structlog.contextvars import get_contextvars

from account_mail import post
from api_client import PASSWORD, Api
from uploadm8.infra.db.engine import DB
from uploadm8.infra.security import passwords as hashing

pytestmark = pytest.mark.anyio


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often a password was verified or hashed, and which statements were sent."""
    done: Counter[str] = Counter()
    matches, rows = hashing._matches, DB.rows

    def counted(stored: str, password: str) -> bool:
        done[f"verify {stored.split('$')[3]}"] += 1
        return matches(stored, password)

    async def noted(query: str, *values: object) -> object:
        if "request_id" in get_contextvars():  # not what the application does by the clock
            done[query] += 1
        return await rows(query, *values)

    monkeypatch.setattr(hashing, "_matches", counted)
    monkeypatch.setattr(DB, "rows", noted)
    return done


async def test_t2_a_wrong_password_is_the_same_work_with_and_without_an_account(
    api: Api, work: Counter[str]
) -> None:
    someone = await api.register()
    work.clear()
    known = await post(api, "login", email=someone.email, password="not the password")
    for_known = Counter(work)
    work.clear()
    unknown = await post(api, "login", email="nobody@example.com", password="not the password")
    assert work == for_known
    assert len(work) > 3
    assert work["verify m=19456,t=2,p=1"] == 1
    assert (known.status_code, known.headers.keys()) == (401, unknown.headers.keys())
    told = [{**answer.json(), "request_id": ""} for answer in (known, unknown)]
    assert told[0] == told[1]


@pytest.mark.parametrize("path", ["password-reset", "verify-email/resend"])
async def test_t2_asking_for_mail_is_the_same_work_with_and_without_an_account(
    api: Api, work: Counter[str], path: str
) -> None:
    someone = await api.register()
    work.clear()
    known = await post(api, path, email=someone.email)
    for_known = Counter(work)
    work.clear()
    unknown = await post(api, path, email="nobody@example.com")
    assert work == for_known
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content)


async def test_t2_a_disabled_account_is_told_only_to_who_knows_the_password(api: Api) -> None:
    someone = await api.register()
    await DB.rows("UPDATE users SET disabled_at=now()")
    wrong = await post(api, "login", email=someone.email, password="not the password")
    right = await post(api, "login", email=someone.email, password=PASSWORD)
    assert (wrong.status_code, wrong.json()["code"]) == (401, "invalid_credentials")
    assert (right.status_code, right.json()["code"]) == (403, "user_disabled")
