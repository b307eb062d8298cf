"""Parts of an object in a real store: the right bytes, few of them, and never too many."""

import random

import pytest

from uploadm8.infra.storage.errors import ObjectMissingError, SourceChangedError, StorageError
from uploadm8.infra.storage.pieces import Pieces
from uploadm8.infra.storage.s3 import Storage

pytestmark = pytest.mark.anyio

MIB = 1 << 20
DATA = random.Random(5).randbytes(20 * MIB + 4321)


async def stored(storage: Storage, key: str, most: int = 64 * MIB) -> Pieces:
    await storage.put_bytes(key, DATA, "video/mp4")
    return Pieces(storage, key, (await storage.head(key)).etag, len(DATA), most)


async def test_every_part_is_right_wherever_it_lies(storage: Storage) -> None:
    chance = random.Random(2)
    cuts = [tuple(sorted(chance.sample(range(len(DATA)), 2))) for _ in range(4)]
    short = [(start, min(start + 70_000, len(DATA))) for start, _ in cuts]
    async with await stored(storage, "p/parts", 1 << 30) as pieces:
        for start, end in [*cuts, *short, (0, 1), (len(DATA) - 1, len(DATA)), (0, len(DATA))]:
            assert await pieces.read(start, end) == DATA[start:end]


async def test_what_was_read_is_at_hand_and_what_follows_is_fetched_ahead(storage: Storage) -> None:
    async with await stored(storage, "p/ahead") as pieces:
        await pieces.read(5 * MIB, 5 * MIB + 10)
        await pieces.read(5 * MIB + 10, 6 * MIB)
        assert pieces.fetched == MIB
        await pieces.read(6 * MIB, 6 * MIB + 10)
        await pieces.read(7 * MIB, 7 * MIB + 10)
        assert pieces.fetched >= 4 * MIB


async def test_no_more_is_fetched_than_allowed(storage: Storage) -> None:
    async with await stored(storage, "p/bound", 4 * MIB) as pieces:
        for number in range(4):
            assert await pieces.read(number * MIB, number * MIB + 1)
        with pytest.raises(StorageError):
            await pieces.read(9 * MIB, 9 * MIB + 1)
        assert pieces.fetched == 4 * MIB


@pytest.mark.parametrize(
    ("start", "end"), [(-1, 5), (5, 5), (9, 3), (0, len(DATA) + 1), (1 << 70, 1 << 71)]
)
async def test_what_lies_outside_is_refused_unasked(storage: Storage, start: int, end: int) -> None:
    pieces = Pieces(storage, "p/none", "etag", len(DATA), 64 * MIB)
    with pytest.raises(StorageError):
        await pieces.read(start, end)
    assert pieces.fetched == 0


async def test_a_lost_and_a_replaced_object_are_told_apart(storage: Storage) -> None:
    async with await stored(storage, "p/replaced") as pieces:
        await storage.put_bytes("p/replaced", DATA[::-1], "video/mp4")
        with pytest.raises(SourceChangedError):
            await pieces.read(0, 10)
        await storage.delete("p/replaced")
        with pytest.raises(ObjectMissingError):
            await pieces.read(MIB, MIB + 10)
