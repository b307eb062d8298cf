"""Run a pure function in a killable child process with limits, and hear its progress.

Untrusted media is decoded only here: the child has no secrets in its environment, cannot outlive
its parent, and is bounded in memory, processor time, file size and open files.
"""

import asyncio
import contextlib
import io
import os
import pickle
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import structlog

from uploadm8.errors import UnavailableError
from uploadm8.infra.jobs.confined import Event, Limits, Line

log = structlog.get_logger(__name__)
T = TypeVar("T")

_LONGEST_ANSWER = 1 << 28  # bytes; the track of an hour and the kept pictures are a tenth of it
_KEPT = ("PATH", "LANG", "LC_ALL", "HOME", "VIRTUAL_ENV", "PYTHONPATH")


class ChildCrashedError(UnavailableError):
    """The media process died without an answer."""

    code = "child_crashed"


Answer = Callable[[int, int], Awaitable[bytes]]


async def run_in_child(
    function: Callable[[Any, Line], T],
    spec: Any,
    *,
    scratch: Path,
    limits: Limits | None = None,
    on_event: Callable[[Event], None] | None = None,
    answer: Answer | None = None,
) -> T:
    """Run `function(spec, emit)` in a fresh interpreter and return its result.

    Args:
        function: a module-level function of `uploadm8.core`; it calls `emit(event)` with progress,
            and `emit.ask(start, end)` for bytes of a file that the parent holds.
        spec: its picklable argument.
        scratch: private folder, the child's working directory.
        limits: what it may use.
        on_event: called on the event loop with every emitted event.
        answer: gives the bytes that are asked for; it must not trust the numbers.

    Raises:
        UploadM8Error: as raised by the function.
        MediaError: code ``media_crashed`` when the function failed in a way that it did not foresee.
        ChildCrashedError: the child was killed by the kernel or crashed natively, or asks nonsense.

    Cancelling the caller kills the child and everything it started.
    """
    env = {name: os.environ[name] for name in _KEPT if name in os.environ}
    env |= {"TMPDIR": str(scratch), "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "uploadm8.infra.jobs.confined",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=scratch,
        env=env,
        start_new_session=True,
        limit=1 << 20,
    )
    try:
        task = (function.__module__, function.__qualname__, spec, limits or Limits())
        result: T = await _converse(process, pickle.dumps(task), on_event, answer)
        return result
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


async def _converse(
    process: asyncio.subprocess.Process,
    task: bytes,
    on_event: Callable[[Event], None] | None,
    answer: Answer | None,
) -> Any:
    if process.stdin is None or process.stdout is None or process.stderr is None:
        raise ChildCrashedError
    noise = asyncio.create_task(_tail(process.stderr))
    try:
        await _send(process.stdin, task)
        while True:
            size = int.from_bytes(await process.stdout.readexactly(8), "big")
            if size > _LONGEST_ANSWER:
                raise ChildCrashedError("The media process answered at too great a length.")
            told = await process.stdout.readexactly(size)
            kind, value = _CoreUnpickler(io.BytesIO(told)).load()
            if kind == "result":
                return value
            if kind == "error":
                raise value
            if kind == "ask":
                await _send(process.stdin, await _answered(answer, value))
            elif on_event is not None:
                on_event(value)
    except asyncio.IncompleteReadError as error:
        code = await process.wait()
        log.warning("child_died", returncode=code, stderr=(await noise)[-400:])
        raise ChildCrashedError(
            f"The media process ended with code {code} and no answer."
        ) from error
    finally:
        noise.cancel()


async def _send(stdin: asyncio.StreamWriter, data: bytes) -> None:
    stdin.write(len(data).to_bytes(8, "big") + data)
    with contextlib.suppress(ConnectionError):  # that the child is dead is seen when it is heard
        await stdin.drain()


async def _answered(answer: Answer | None, asked: object) -> bytes:
    match asked:
        case (int(start), int(end)) if answer is not None:
            return await answer(start, end)
    raise ChildCrashedError("The media process asked for what it may not have.")


class _CoreUnpickler(pickle.Unpickler):
    """Reads answers of a child that has decoded untrusted bytes: values of the core, nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        """Refuse every class or function but plain values of the core and numpy arrays."""
        ours = module == "uploadm8.errors" or module.startswith("uploadm8.core.")
        if (ours and name[:1].isupper()) or (module, name) in _HARMLESS:
            return super().find_class(module, name)
        raise ChildCrashedError(f"The media process answered with a {module}.{name}.")


_HARMLESS = {
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "scalar"),
    ("numpy._core.numeric", "_frombuffer"),
    ("pathlib", "PosixPath"),
    ("pathlib._local", "PosixPath"),
    ("fractions", "Fraction"),
    ("uuid", "UUID"),
    ("datetime", "datetime"),
    ("datetime", "timezone"),
    ("datetime", "timedelta"),
    ("types", "MappingProxyType"),
    ("copyreg", "_reconstructor"),
    ("builtins", "object"),
}


async def _tail(stream: asyncio.StreamReader) -> str:
    kept = b""
    while block := await stream.read(4096):
        kept = (kept + block)[-4096:]
    return kept.decode(errors="replace")
