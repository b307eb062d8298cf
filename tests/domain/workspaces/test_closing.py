"""Leaving: locked at once, undone within seven days, or erased without a trace."""

import asyncio
import io
import json
import sys
import zipfile
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest

from account_mail import deliver, post, token_in
from api_client import PASSWORD, Api, Someone
from conftest import Servers
from routes import Owner, their_publication
from uploadm8.closing import StillRevokingError
from uploadm8.domain.accounts.tables import User
from uploadm8.domain.workspaces.tables import Workspace
from uploadm8.infra.jobs.catalog import ERASE_ACCOUNT, EXPORT_DATA
from uploadm8.infra.jobs.handlers import JobContext
from uploadm8.infra.jobs.queue import claim
from uploadm8.infra.jobs.tables import JobRow
from uploadm8.infra.storage.errors import ObjectMissingError
from uploadm8.infra.storage.keys import export_key, source_key

pytestmark = pytest.mark.anyio


async def of(api: Api, someone: Someone) -> Owner:
    told = (await api.http.get("/api/auth/me", headers=someone.headers)).json()
    return Owner(UUID(told["user"]["id"]), UUID(told["workspace_id"]))


async def delete(api: Api, someone: Someone) -> None:
    answer = await api.http.post("/api/account/delete", headers=someone.headers)
    assert answer.status_code == 202, answer.text


async def context_of(kind: str) -> JobContext:
    rows = await JobRow.raw("UPDATE jobs SET run_at=now() WHERE kind={} RETURNING id", kind)
    job = await claim(rows[0]["id"], "test", 60)
    assert job is not None
    return JobContext(job, "test")


async def test_a_deleted_account_is_locked_and_the_mailed_link_brings_it_back(api: Api) -> None:
    someone = await api.register()
    await deliver(api)
    await delete(api, someone)
    assert (await api.http.get("/api/auth/me", headers=someone.headers)).status_code == 401
    locked = await post(api, "login", email=someone.email, password=PASSWORD)
    assert (locked.status_code, locked.json()["code"]) == (403, "account_deleted")
    (mail,) = await deliver(api)
    kept = await api.http.post("/api/account/delete/cancel", json={"token": token_in(mail[2])})
    assert kept.status_code == 200
    assert (await post(api, "login", email=someone.email, password=PASSWORD)).status_code == 200


async def test_unpublished_posts_are_canceled_when_the_account_is_locked(api: Api) -> None:
    someone = await api.register()
    publication = await their_publication(await of(api, someone))
    await delete(api, someone)
    await deliver(api)
    rows = await JobRow.raw("SELECT state FROM publications WHERE id={}", publication)
    assert rows[0]["state"] == "canceled"


async def test_after_seven_days_rows_and_objects_are_gone(api: Api) -> None:
    someone = await api.register()
    owner = await of(api, someone)
    services = api.app.state.services
    key = source_key(owner.workspace_id, uuid4())
    await services.storage.put_bytes(key, b"video", "video/mp4")
    await their_publication(owner)
    await delete(api, someone)
    await User.raw("UPDATE users SET deletion_due_at=now()")
    context = await context_of(ERASE_ACCOUNT.name)
    with pytest.raises(StillRevokingError):
        await services.closing.run_erase(context)
    await JobRow.raw("DELETE FROM jobs WHERE kind='platforms.revoke_account'")
    await services.closing.run_erase(context)
    assert await Workspace.count() == 0
    assert await User.count() == 0
    with pytest.raises(ObjectMissingError):
        await services.storage.head(key)


async def test_nothing_is_erased_before_its_time(api: Api) -> None:
    someone = await api.register()
    await delete(api, someone)
    context = await context_of(ERASE_ACCOUNT.name)
    await api.app.state.services.closing.run_erase(context)
    assert await User.count() == 1


async def test_the_last_administrator_cannot_leave(api: Api) -> None:
    someone = await api.register()
    await User.raw("UPDATE users SET role='admin'")
    answer = await api.http.post("/api/account/delete", headers=someone.headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "last_admin")


async def test_of_two_administrators_who_leave_at_once_one_stays(api: Api) -> None:
    both = [await api.register() for _ in range(2)]
    await User.raw("UPDATE users SET role='admin'")
    answers = await asyncio.gather(
        *[api.http.post("/api/account/delete", headers=one.headers) for one in both]
    )
    assert sorted(answer.status_code for answer in answers) == [202, 409]


async def test_an_administrator_who_may_not_enter_is_nobody_to_leave_the_place_to(
    api: Api,
) -> None:
    someone, suspended = await api.register(), await api.register()
    await User.raw("UPDATE users SET role='admin'")
    await User.raw("UPDATE users SET disabled_at=now() WHERE email={}", suspended.email)
    answer = await api.http.post("/api/account/delete", headers=someone.headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "last_admin")


async def test_the_copy_of_ones_data_has_no_secrets(api: Api) -> None:
    someone = await api.register()
    await their_publication(await of(api, someone))
    asked = await api.http.post("/api/account/export", headers=someone.headers)
    assert (asked.status_code, asked.json()["state"]) == (202, "preparing")
    await api.app.state.services.closing.run_export(await context_of(EXPORT_DATA.name))
    told = (await api.http.get("/api/account/export", headers=someone.headers)).json()
    async with httpx.AsyncClient() as outside:
        data = (await outside.get(told["download_url"])).content
    with zipfile.ZipFile(io.BytesIO(data)) as archived:
        text = "\n".join(archived.read(name).decode() for name in archived.namelist())
        assert {"user.json", "publications.json", "publications.csv"} <= set(archived.namelist())
    assert someone.email in text
    assert "argon2" not in text
    again = await api.http.post("/api/account/export", headers=someone.headers)
    assert again.status_code == 429


STEPS = ("work", "subscription", "access", "objects", "rows", "exports", "user")


async def test_t30_workers_killed_before_every_step_leave_nothing_behind(
    api: Api, servers: Servers
) -> None:
    someone = await api.register()
    owner = await of(api, someone)
    services = api.app.state.services
    asked = await api.http.post("/api/account/export", headers=someone.headers)
    await services.closing.run_export(await context_of(EXPORT_DATA.name))
    keys = [
        source_key(owner.workspace_id, uuid4()),
        export_key(owner.user_id, UUID(asked.json()["id"])),
    ]
    await services.storage.put_bytes(keys[0], b"video", "video/mp4")
    await their_publication(owner)
    await delete(api, someone)
    await User.raw("UPDATE users SET deletion_due_at=now()")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, Path(__file__).parents[2] / "eraser.py", servers.folder),
        *(servers.database_url, servers.redis_url, servers.storage_url, *STEPS),
        stdout=asyncio.subprocess.PIPE,
    )
    ended = (await process.communicate())[0].decode().split()
    assert [how for how in ended if how != "waits"] == ["killed"] * len(STEPS) + ["done"]
    assert (await User.count(), await Workspace.count()) == (0, 0)
    for key in keys:
        with pytest.raises(ObjectMissingError):
            await services.storage.head(key)
    left = await JobRow.raw("SELECT args::text AS args FROM jobs")
    assert someone.email not in str(left)


async def test_a_copy_holds_settings_in_the_clear_and_links_to_the_media_and_dies_after_a_day(
    api: Api,
) -> None:
    someone = await api.register()
    owner = await of(api, someone)
    services = api.app.state.services
    zone = {"name": "Home", "latitude": 52.5, "longitude": 13.4}
    await api.http.patch("/api/settings", headers=someone.headers, json={"privacy_zones": [zone]})
    await services.storage.put_bytes(source_key(owner.workspace_id, uuid4()), b"film", "video/mp4")
    await api.http.post("/api/account/export", headers=someone.headers)
    await services.closing.run_export(await context_of(EXPORT_DATA.name))
    told = (await api.http.get("/api/account/export", headers=someone.headers)).json()
    async with httpx.AsyncClient() as outside:
        data = (await outside.get(told["download_url"])).content
        with zipfile.ZipFile(io.BytesIO(data)) as archived:
            zones = json.loads(archived.read("settings.json"))[0]["privacy_zones"]
            media = json.loads(archived.read("media.json"))
        assert zones[0]["name"] == "Home"
        assert (await outside.get(media[0]["download_url"])).content == b"film"
        await JobRow.raw("UPDATE data_exports SET created_at = now() - interval '25 hours'")
        await services.closing.forget_exports()
        assert (await outside.get(told["download_url"])).status_code == 404
    gone = await api.http.get("/api/account/export", headers=someone.headers)
    assert gone.status_code == 404
