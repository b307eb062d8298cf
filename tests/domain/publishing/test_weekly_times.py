"""The weekly times of an account's queue over HTTP."""

import pytest

from api_client import Api
from numbers_world import Shop, open_shop
from uploadm8.domain.billing.plans import Tier

pytestmark = pytest.mark.anyio

WEEK = {
    "time_zone": "Europe/Berlin",
    "times": [{"day": "monday", "at": "18:30"}, {"day": "friday", "at": "07:00"}],
}


@pytest.fixture
async def shop(api: Api) -> Shop:
    return await open_shop(api, Tier.SOLO)


async def test_what_was_set_is_shown_with_the_next_free_time(shop: Shop) -> None:
    path = f"/api/publications/queue/{await shop.account()}"
    answer = await shop.api.http.put(path, json=WEEK, headers=shop.someone.headers)
    assert answer.status_code == 200, answer.text
    told = await shop.ask(path)
    assert {"time_zone": told["time_zone"], "times": told["times"]} == WEEK
    assert told["next_free"] is not None


async def test_an_account_without_times_has_no_free_one(shop: Shop) -> None:
    told = await shop.ask(f"/api/publications/queue/{await shop.account()}")
    assert (told["times"], told["next_free"]) == ([], None)


async def test_a_connected_account_is_shown_by_its_id(shop: Shop) -> None:
    account = str(await shop.account())
    told = await shop.ask(f"/api/platforms/accounts/{account}")
    assert (told["id"], told["platform"]) == (account, "youtube")
