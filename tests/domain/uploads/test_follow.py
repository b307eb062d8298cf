"""A stream of progress ends for whoever may not see it any more."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx
import pytest

from api_client import Api, Someone
from routes import Owner, their_upload
from team_world import Team, team
from uploadm8.api import sse
from uploadm8.domain.uploads.tables import Upload

pytestmark = pytest.mark.anyio

Act = Callable[[Team, Someone], Awaitable[httpx.Response]]


async def remove(made: Team, member: Someone) -> httpx.Response:
    return await made.call("DELETE", f"members/{await made.user_id(member)}")


async def sign_out(made: Team, member: Someone) -> httpx.Response:
    body = {"refresh_token": member.tokens["refresh_token"]}
    return await made.api.http.post("/api/auth/logout", json=body)


async def follow(made: Team, someone: Someone) -> asyncio.Task[httpx.Response]:
    """The client answers once the stream has ended."""
    owner = Owner(UUID(await made.user_id(made.owner)), made.workspace_id)
    path = f"uploads/{await their_upload(owner)}/events"
    return asyncio.create_task(made.call("GET", path, someone))


@pytest.mark.parametrize("act", [remove, sign_out])
async def test_it_ends_for_whoever_is_put_out(
    api: Api, act: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse, "LOOK_EVERY_S", 0.1)
    made = await team(api)
    member = await made.join("viewer")
    theirs, ours = await follow(made, member), await follow(made, made.owner)
    await asyncio.sleep(0.5)
    assert not theirs.done()
    assert (await act(made, member)).is_success
    answer = await asyncio.wait_for(theirs, 30)
    assert answer.status_code == 200
    assert '"state":"pending"' in answer.text
    assert not ours.done()
    ours.cancel()


async def test_it_ends_with_a_revoked_api_key(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "LOOK_EVERY_S", 0.1)
    made = await team(api)
    made_key = (await made.call("POST", "api-keys", name="ci", scopes=["uploads:read"])).json()
    script = Someone("", {}, {"Authorization": f"Bearer {made_key['token']}"})
    stream = await follow(made, script)
    await asyncio.sleep(0.5)
    assert not stream.done()
    assert (await made.call("DELETE", f"api-keys/{made_key['key']['id']}")).is_success
    assert (await asyncio.wait_for(stream, 30)).status_code == 200


async def test_it_ends_when_the_upload_is_canceled(api: Api) -> None:
    made = await team(api)
    new: dict[str, Any] = {"filename": "lap.mp4", "content_type": "video/mp4", "size_bytes": 9}
    upload = (await made.call("POST", "uploads/presign", **new)).json()["id"]
    stream = asyncio.create_task(made.call("GET", f"uploads/{upload}/events"))
    await asyncio.sleep(0.5)
    assert not stream.done()
    assert (await made.call("POST", f"uploads/{upload}/cancel")).is_success
    answer = await asyncio.wait_for(stream, 30)
    assert '"state":"canceled"' in answer.text


async def test_it_ends_by_itself_when_nobody_told_the_end(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("uploadm8.infra.live.SILENCE_S", 0.1)
    made = await team(api)
    stream = await follow(made, made.owner)
    await asyncio.sleep(0.5)
    assert not stream.done()
    await Upload.update({Upload.state: "rejected"}, force=True)
    answer = await asyncio.wait_for(stream, 30)
    assert '"state":"rejected"' in answer.text
