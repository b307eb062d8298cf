"""The child process: results, errors, limits, and death with its caller."""

import asyncio
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from uploadm8.core.video.inspection import InspectTask, inspect_media
from uploadm8.errors import MediaError, UnavailableError
from uploadm8.infra.jobs.child import ChildCrashedError, run_in_child
from uploadm8.infra.jobs.confined import Limits, Line
from uploadm8.infra.storage.errors import StorageError

pytestmark = pytest.mark.anyio


ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def echo(spec: dict[str, Any], emit: Callable[[Any], None]) -> dict[str, Any]:
    emit({"half": True})
    return {"given": spec, "environment": sorted(os.environ), "folder": str(Path.cwd())}


def crash(spec: int, emit: Callable[[Any], None]) -> None:
    os.kill(os.getpid(), spec)


def hoard(spec: int, emit: Callable[[Any], None]) -> int:
    return len(bytearray(spec))


def fill(spec: int, emit: Callable[[Any], None]) -> None:
    with Path("big").open("wb") as file:
        for _ in range(spec):
            file.write(b"x" * (1 << 20))
            file.flush()


def linger(spec: str, emit: Callable[[Any], None]) -> None:
    Path(spec).write_text(str(os.getpid()))
    while True:
        time.sleep(1)


def forge(spec: None, emit: Callable[[Any], None]) -> object:
    return os.system


def look_up(spec: list[Any], emit: Line) -> list[bytes]:
    return [emit.ask(*place) for place in spec]


async def test_the_child_reads_what_its_parent_holds(tmp_path: Path) -> None:
    held = os.urandom(3 << 20)

    async def answer(start: int, end: int) -> bytes:
        return held[start:end]

    places = [(0, 1), (5, 2 << 20), (1, 3 << 20)]
    got = await run_in_child(look_up, places, scratch=tmp_path, answer=answer)
    assert got == [held[start:end] for start, end in places]


@pytest.mark.parametrize("place", [("0", 1), (None, None), (0.5, 2)])
async def test_nonsense_is_not_answered(tmp_path: Path, place: Any) -> None:
    async def answer(start: int, end: int) -> bytes:
        raise AssertionError

    with pytest.raises(ChildCrashedError):
        await run_in_child(look_up, [place], scratch=tmp_path, answer=answer)


async def test_who_holds_nothing_is_asked_in_vain(tmp_path: Path) -> None:
    with pytest.raises(ChildCrashedError):
        await run_in_child(look_up, [(0, 1)], scratch=tmp_path)


async def test_an_error_of_the_holder_ends_the_child(tmp_path: Path) -> None:
    async def answer(start: int, end: int) -> bytes:
        raise StorageError

    with pytest.raises(StorageError):
        await run_in_child(look_up, [(0, 1)], scratch=tmp_path, answer=answer)


async def test_the_answer_and_the_progress_come_back(tmp_path: Path) -> None:
    events: list[Any] = []
    answer = await run_in_child(echo, {"a": 1}, scratch=tmp_path, on_event=events.append)
    assert answer["given"] == {"a": 1}
    assert answer["folder"] == str(tmp_path)
    assert events == [{"half": True}]


async def test_the_child_sees_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JWT_SECRET", "sentinel")
    monkeypatch.setenv("DATABASE_URL", "postgres://sentinel")
    answer = await run_in_child(echo, {}, scratch=tmp_path)
    assert not {"JWT_SECRET", "DATABASE_URL"} & set(answer["environment"])


async def test_an_error_of_the_core_arrives_as_itself(tmp_path: Path) -> None:
    (tmp_path / "video").write_bytes(b"")
    with pytest.raises(MediaError) as caught:
        await run_in_child(inspect_media, InspectTask(tmp_path / "video"), scratch=tmp_path)
    assert caught.value.code == "media_empty"


async def test_a_native_crash_is_an_error_and_not_the_end_of_the_worker(tmp_path: Path) -> None:
    with pytest.raises(ChildCrashedError):
        await run_in_child(crash, int(signal.SIGSEGV), scratch=tmp_path)


def ramble(spec: int, emit: Line) -> bytes:
    return bytes(spec)


async def test_an_endless_answer_is_not_listened_to(tmp_path: Path) -> None:
    with pytest.raises(ChildCrashedError):
        await run_in_child(ramble, (1 << 28) + 1, scratch=tmp_path)


async def test_too_much_memory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MediaError) as caught:
        await run_in_child(hoard, 4 << 30, scratch=tmp_path, limits=Limits(memory_bytes=2 << 30))
    assert caught.value.code == "media_too_demanding"


async def test_too_large_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError) as caught:
        await run_in_child(fill, 8, scratch=tmp_path, limits=Limits(file_bytes=4 << 20))
    assert caught.value.code == "disk_failed"


async def test_canceling_the_caller_kills_the_child(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    task = asyncio.create_task(run_in_child(linger, str(note), scratch=tmp_path))
    for _ in range(400):
        if note.exists() and note.read_text():
            break
        await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(ProcessLookupError):
        os.kill(int(note.read_text()), 0)


async def test_an_answer_that_is_no_value_of_the_core_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ChildCrashedError):
        await run_in_child(forge, None, scratch=tmp_path)


def test_a_long_job_may_use_every_core_all_the_time() -> None:
    usual = Limits()
    assert Limits.lasting(10.0) == usual
    cores = os.cpu_count() or 1
    assert Limits.lasting(43_200.0).cpu_s == max(usual.cpu_s, 43_200 * cores)
