"""Rows of the threat table about the bytes that a client sends past us."""

from typing import Any

import httpx
import pytest

from api_client import Api, Someone
from uploadm8.domain.uploads.tables import Upload
from uploadm8.infra.storage.errors import ObjectMissingError, SourceChangedError

pytestmark = pytest.mark.anyio


async def presign(api: Api, someone: Someone, **more: Any) -> httpx.Response:
    body = {"filename": "a.mp4", "content_type": "video/mp4", "size_bytes": 5, **more}
    return await api.http.post("/api/uploads/presign", json=body, headers=someone.headers)


async def send(told: dict[str, Any], data: bytes) -> int:
    async with httpx.AsyncClient() as outside:
        answer = await outside.put(
            told["upload_url"], content=data, headers={"Content-Type": "video/mp4"}
        )
    return answer.status_code


async def key_of(upload_id: str) -> str:
    (row,) = await Upload.raw("SELECT object_key FROM uploads WHERE id={}::uuid", upload_id)
    return str(row["object_key"])


async def test_t10_more_bytes_than_were_signed_are_refused_by_storage(api: Api) -> None:
    told = (await presign(api, await api.register())).json()
    assert await send(told, b"0123456789") == 403


async def test_t10_an_object_of_another_size_is_removed_and_not_accepted(api: Api) -> None:
    someone = await api.register()
    told = (await presign(api, someone)).json()
    storage = api.app.state.services.storage
    key = await key_of(told["id"])
    await storage.put_bytes(key, b"0123456789", "video/mp4")
    path = f"/api/uploads/{told['id']}/complete"
    answer = await api.http.post(path, headers=someone.headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "size_mismatch")
    with pytest.raises(ObjectMissingError):
        await storage.head(key)


async def test_t11_an_object_replaced_after_it_was_accepted_is_noticed(
    api: Api, tmp_path_factory: pytest.TempPathFactory
) -> None:
    someone = await api.register()
    told = (await presign(api, someone)).json()
    assert await send(told, b"first") == 200
    path = f"/api/uploads/{told['id']}/complete"
    assert (await api.http.post(path, headers=someone.headers)).status_code == 202
    assert await send(told, b"other") == 200, "the URL still lives"
    (row,) = await Upload.raw("SELECT object_key, etag FROM uploads")
    target = tmp_path_factory.mktemp("download") / "source"
    with pytest.raises(SourceChangedError):
        await api.app.state.services.storage.download(row["object_key"], target, row["etag"])


@pytest.mark.parametrize(
    "filename", ["../../etc/passwd", "..\\x.mp4", "a/b.mp4", "x" * 255, "ü🎬.mp4", "%2e%2e%2f.mp4"]
)
async def test_t12_no_name_of_a_file_gets_into_a_key(api: Api, filename: str) -> None:
    told = await presign(api, await api.register(), filename=filename)
    assert told.status_code == 201, told.text
    (row,) = await Upload.raw("SELECT id, workspace, object_key FROM uploads")
    assert row["object_key"] == f"w/{row['workspace']}/{row['id']}/source"


@pytest.mark.parametrize("filename", ["a\0b.mp4", "", "x" * 256])
async def test_t12_an_impossible_name_is_refused(api: Api, filename: str) -> None:
    assert (await presign(api, await api.register(), filename=filename)).status_code == 400
