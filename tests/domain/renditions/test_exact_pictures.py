"""The exact picture of a moment while the original is stored, and the nearest kept one elsewhere."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import cv2
import httpx
import numpy as np
import pytest

from media import number_of
from render_desk import Desk
from uploadm8.core.video.quick_still import KEPT_PICTURES
from uploadm8.domain.renditions.exact_pictures import ExactPictures
from uploadm8.domain.uploads.tables import Upload
from uploadm8.infra.db.json_columns import json_of
from uploadm8.infra.storage.keys import source_key

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def upload(desk: Desk, clip: Path) -> UUID:
    """Inspected, and its original is there."""
    made = await desk.send(clip)
    await desk.work(most=1)
    return made


def patient(desk: Desk) -> ExactPictures:
    """Exactness must not hang on a slow machine."""
    return ExactPictures(desk.services.storage, decode_s=60.0, patience_s=60.0)


async def facts(upload: UUID) -> tuple[dict[str, Any], dict[str, Any]]:
    row = await Upload.select().where(Upload.id == upload).first()
    assert row is not None
    return row, json_of(row["source"])


def number_in(jpeg: bytes, scale: float = 1.0) -> int:
    pixels = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
    return number_of(np.asarray(pixels, np.uint8), scale)


async def preview(desk: Desk, upload: UUID, seconds: float) -> httpx.Response:
    path = f"/api/uploads/{upload}/hud/preview"
    return await desk.call("GET", path, params={"t": seconds})


@pytest.mark.parametrize("number", [0, 17, 30, 59])
async def test_the_very_picture_is_found(desk: Desk, upload: UUID, number: int) -> None:
    found = await patient(desk).at(*await facts(upload), number / 30 + 0.01)
    assert found is not None
    assert found.exact
    assert number_in(found.jpeg) == number
    assert found.seconds == pytest.approx(number / 30, abs=1e-6)


async def test_the_time_of_the_picture_is_told(desk: Desk, upload: UUID) -> None:
    for seconds in (0.5, 1.27, 2.0):
        answer = await preview(desk, upload, seconds)
        told = float(answer.headers["x-picture-time"])
        assert number_in(answer.content, scale=3) == pytest.approx(told * 30, abs=0.7)
        assert told == pytest.approx(seconds, abs=2 / KEPT_PICTURES)


async def test_when_time_is_up_the_nearest_picture_of_the_group_will_do(
    desk: Desk, upload: UUID
) -> None:
    pictures = ExactPictures(desk.services.storage, decode_s=0.0, patience_s=60.0)
    found = await pictures.at(*await facts(upload), 1.5)
    assert found is not None
    assert not found.exact
    assert 1.0 <= found.seconds <= 1.5
    assert number_in(found.jpeg) == round(found.seconds * 30)


async def test_time_and_bytes_are_bounded(desk: Desk, upload: UUID) -> None:
    for pictures in (
        replace(patient(desk), patience_s=0.0),
        replace(patient(desk), most_bytes=5_000),
    ):
        assert await pictures.at(*await facts(upload), 1.5) is None


@pytest.mark.parametrize("spoilt", ["replaced", "noise", "cut", "gone"])
async def test_without_a_usable_original_the_nearest_kept_picture_is_shown(
    desk: Desk, clip: Path, upload: UUID, spoilt: str
) -> None:
    storage, key = desk.services.storage, source_key(desk.shop.workspace_id, upload)
    data = await asyncio.to_thread(clip.read_bytes)
    row, source = await facts(upload)
    try:
        if spoilt == "gone":
            await storage.delete(key)
        else:
            half = len(data) // 2
            bad = data[:half] + bytes(len(data) - half) if spoilt == "cut" else data[::-1]
            await storage.put_bytes(key, bad, "video/mp4")
        if spoilt in ("noise", "cut"):  # as if it had been like that from the beginning
            etag = (await storage.head(key)).etag
            await Upload.update({Upload.etag: etag}).where(Upload.id == upload)
            row["etag"] = etag
        assert await patient(desk).at(row, source, 1.5) is None
        answer = await preview(desk, upload, 1.5)
        kept = float(answer.headers["x-picture-time"])
        assert kept in source["pictures_at_s"]
        assert kept == pytest.approx(1.5, abs=1 / KEPT_PICTURES + 1e-3)
        assert number_in(answer.content, scale=3) == pytest.approx(kept * 30, abs=1)
    finally:
        await storage.put_bytes(key, data, "video/mp4")
        etag = (await storage.head(key)).etag
        await Upload.update({Upload.etag: etag}).where(Upload.id == upload)
