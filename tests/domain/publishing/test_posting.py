"""An upload that exists is published to further accounts, with what preflight says first."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from conftest import Servers
from made_uploads import made_upload
from platform_site import Site, site_of
from sandbox_flows import Sandbox
from uploadm8.domain.publishing.tables import Publication
from uploadm8.domain.uploads.tables import Upload, UploadState
from uploadm8.infra.db.json_columns import json_of
from uploadm8.infra.jobs.tables import JobRow

pytestmark = pytest.mark.anyio
PUBLIC = {"privacy": "PUBLIC_TO_EVERYONE"}


@pytest.fixture
async def site(servers: Servers, sandbox: Sandbox) -> AsyncIterator[Site]:
    async with site_of(servers, sandbox) as opened:
        yield opened


async def workspace(site: Site) -> UUID:
    answer = await site.api.http.get("/api/auth/me", headers=site.me.headers)
    return UUID(answer.json()["workspace_id"])


async def connected(site: Site, platform: str, account: str = "") -> str:
    await site.connect(platform, account)
    known: str = (await site.account(platform))["id"]
    return known


async def post(site: Site, upload: UUID, account: str, path: str = "", **more: Any) -> Any:
    target = {"account_id": account, **more.pop("target", {})}
    body = {"upload_id": str(upload), "targets": [target], **more}
    headers = site.me.headers | more.pop("headers", {})
    return await site.api.http.post(f"/api/publications{path}", json=body, headers=headers)


async def jobs(kind: str) -> int:
    found: int = await JobRow.count().where(JobRow.kind == kind)
    return found


async def test_a_finished_upload_goes_to_another_account_at_once(site: Site) -> None:
    upload = await made_upload(await workspace(site), platforms=("tiktok",))
    account = await connected(site, "tiktok")
    answer = await post(site, upload, account, target={"options": PUBLIC})
    assert answer.status_code == 201, answer.text
    made = answer.json()["items"][0]
    assert (made["state"], made["caption"], made["upload_id"]) == (
        "queued",
        "A lap\n\n#track",
        str(upload),
    )
    assert await jobs("publishing.publish") == 1


async def test_one_account_has_one_post_of_an_upload_until_that_has_ended(site: Site) -> None:
    upload = await made_upload(await workspace(site), platforms=("youtube",))
    account = await connected(site, "youtube")
    first = (await post(site, upload, account)).json()["items"][0]["id"]
    twice = await post(site, upload, account)
    assert (twice.status_code, twice.json()["code"]) == (409, "already_planned")
    await site.api.http.post(f"/api/publications/{first}/cancel", headers=site.me.headers)
    assert (await post(site, upload, account)).status_code == 201
    slots = await Publication.select(Publication.slot).order_by(Publication.slot)
    assert [row["slot"] for row in slots] == [0, 1]


async def test_a_file_made_for_another_platform_is_taken_where_it_suits(site: Site) -> None:
    upload = await made_upload(await workspace(site), platforms=("tiktok",))
    account = await connected(site, "instagram")
    made = (await post(site, upload, account)).json()["items"][0]
    assert made["state"] == "queued"
    assert await jobs("renditions.render") == 0


async def test_a_wide_file_is_rendered_tall_for_those_who_hold_the_phone_upright(
    site: Site,
) -> None:
    upload = await made_upload(await workspace(site), platforms=("youtube",), size=(1920, 1080))
    account = await connected(site, "tiktok")
    made = (await post(site, upload, account, target={"options": PUBLIC})).json()["items"][0]
    assert made["state"] == "draft"
    row = (await Upload.select())[0]
    assert row["state"] == "rendering"
    assert json_of(row["request"])["platforms"] == ["tiktok", "youtube"]
    assert await jobs("renditions.render") == 1


async def test_without_transcoding_the_file_goes_out_as_it_is_or_the_tier_is_named(
    servers: Servers, sandbox: Sandbox
) -> None:
    async with site_of(servers, sandbox, plan="solo") as site:
        where = await workspace(site)
        account = await connected(site, "tiktok")
        wide = await made_upload(where, size=(1920, 1080))
        answer = await post(site, wide, account, target={"options": PUBLIC})
        assert answer.json()["items"][0]["state"] == "queued"
        long = await made_upload(where, seconds=700)
        refused = await post(site, long, account, target={"options": PUBLIC})
        assert refused.status_code == 402
        assert await Publication.count() == 1


async def test_before_it_is_rendered_an_upload_takes_further_targets(site: Site) -> None:
    upload = await made_upload(await workspace(site), state=UploadState.PENDING)
    account = await connected(site, "youtube")
    made = (await post(site, upload, account)).json()["items"][0]
    assert made["state"] == "draft"
    row = (await Upload.select())[0]
    assert (row["state"], json_of(row["request"])["platforms"]) == ("pending", ["youtube"])


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (UploadState.RENDERING, "upload_in_progress"),
        (UploadState.CANCELED, "upload_canceled"),
        (UploadState.REJECTED, "upload_rejected"),
        (UploadState.EXPIRED, "upload_expired"),
    ],
)
async def test_an_upload_that_is_over_or_at_work_takes_none(
    site: Site, state: UploadState, code: str
) -> None:
    upload = await made_upload(await workspace(site), state=state)
    refused = await post(site, upload, await connected(site, "youtube"))
    assert (refused.status_code, refused.json()["code"]) == (409, code)


async def test_another_workspaces_upload_and_account_do_not_exist(site: Site) -> None:
    upload = await made_upload(await workspace(site))
    account = await connected(site, "youtube")
    stranger = await site.api.register()
    body = {"upload_id": str(upload), "targets": [{"account_id": account}]}
    for path in ("", "/preflight"):
        answer = await site.api.http.post(
            f"/api/publications{path}", json=body, headers=stranger.headers
        )
        assert (answer.status_code, answer.json()["code"]) == (404, "upload_not_found")


async def test_a_repeated_request_with_its_key_records_once(site: Site) -> None:
    upload = await made_upload(await workspace(site))
    account = await connected(site, "youtube")
    body = {"upload_id": str(upload), "targets": [{"account_id": account}]}
    headers = site.me.headers | {"Idempotency-Key": "once"}
    answers = [
        await site.api.http.post("/api/publications", json=body, headers=headers) for _ in range(2)
    ]
    assert answers[0].json() == answers[1].json()
    assert await Publication.count() == 1


async def test_preflight_asks_the_platform_and_records_nothing(site: Site) -> None:
    upload = await made_upload(await workspace(site))
    account = await connected(site, "tiktok", "quiet")
    target = {"options": PUBLIC | {"allow_duets": True}}
    answer = await post(site, upload, account, "/preflight", target=target)
    assert answer.status_code == 200, answer.text
    found = answer.json()["targets"][0]["findings"]
    assert {one["code"]: one["severity"] for one in found} == {
        "privacy_not_offered": "block",
        "duets_off": "change",
    }
    assert all(one["message"] and one["what_we_do"] for one in found)
    refused = await post(site, upload, account, target=target)
    assert (refused.status_code, refused.json()["code"]) == (400, "preflight_blocked")
    assert await Publication.count() == 0


async def test_an_account_to_be_reconnected_is_told_and_its_post_accepted(site: Site) -> None:
    upload = await made_upload(await workspace(site), platforms=("youtube",))
    account = await connected(site, "youtube")
    await Publication.raw("UPDATE connected_accounts SET state = 'needs_reconnect'")
    made = (await post(site, upload, account)).json()["items"][0]
    assert "account_needs_reconnect" in [one["code"] for one in made["findings"]]
    assert [one["code"] for one in made["warnings"]] == ["account_not_connected"]


async def test_the_limits_of_an_account_are_asked_live(site: Site) -> None:
    account = await connected(site, "tiktok", "brief")
    url = f"/api/platforms/accounts/{account}/limits"
    told = (await site.api.http.get(url, headers=site.me.headers)).json()
    assert (told["nickname"], told["max_duration_s"], told["can_post"]) == ("Brief Laps", 60, True)
    assert "SELF_ONLY" in told["privacy"]
