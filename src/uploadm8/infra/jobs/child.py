"""Run a pure function in a killable child process with limits, and hear its progress.

Untrusted media is decoded only here: the child has no secrets in its environment, cannot outlive
its parent, and is bounded in memory, processor time, file size and open files.
"""

import asyncio
import contextlib
import ctypes
import io
import os
import pickle
import resource
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self, TypeVar

import structlog

from uploadm8.errors import MediaError, UnavailableError, UploadM8Error

log = structlog.get_logger(__name__)
T = TypeVar("T")

_KEPT = ("PATH", "LANG", "LC_ALL", "HOME", "VIRTUAL_ENV", "PYTHONPATH")
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_GIB = 1 << 30


@dataclass(frozen=True, slots=True)
class Limits:
    """What a child may use.

    Attributes:
        memory_bytes: address space (a 4K decode needs about 0.7 GiB).
        cpu_s: processor seconds over all threads.
        file_bytes: largest file it may write.
        open_files: descriptors.
    """

    memory_bytes: int = 6 * _GIB
    cpu_s: int = 4 * 3600
    file_bytes: int = 16 * _GIB
    open_files: int = 128

    @classmethod
    def lasting(cls, seconds: float) -> Self:
        """Processor time for so many seconds on every core, if that is more than usual."""
        usual = cls()
        return replace(usual, cpu_s=max(usual.cpu_s, int(seconds * (os.cpu_count() or 1))))


class ChildCrashedError(UnavailableError):
    """The media process died without an answer."""

    code = "child_crashed"


Event = Any
Answer = Callable[[int, int], Awaitable[bytes]]


async def run_in_child(
    function: Callable[[Any, "Line"], T],
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
        "uploadm8.infra.jobs.child",
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
            head = await process.stdout.readexactly(8)
            told = await process.stdout.readexactly(int.from_bytes(head, "big"))
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


def _confine(limits: Limits) -> None:
    os.nice(5)
    for which, value in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_CPU, limits.cpu_s),
        (resource.RLIMIT_FSIZE, limits.file_bytes),
        (resource.RLIMIT_NOFILE, limits.open_files),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(which)
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(which, (bound, bound))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # so that a full quota is an OSError
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def _foreseen(error: Exception) -> UploadM8Error:
    if isinstance(error, UploadM8Error):
        return error
    if isinstance(error, MemoryError):
        return MediaError(
            "The video needs more memory to decode than is allowed.",
            code="media_too_demanding",
            action="Export it at a lower resolution and upload it again.",
        )
    if isinstance(error, OSError) and error.errno is not None and not hasattr(error, "log"):
        return UnavailableError(
            "The disk of this worker is full or failing.", code="disk_failed", retry_after=300
        )
    return MediaError(
        f"The video could not be processed ({type(error).__name__}).",
        code="media_crashed",
        action="Export the video again, as MP4 with H.264, and upload that file.",
    )


class Line:
    """The child's end of the pipes to its parent; calling it tells an event."""

    def __init__(self) -> None:
        self._out = os.fdopen(os.dup(1), "wb")
        os.dup2(2, 1)  # a library that prints must not break the protocol

    def __call__(self, event: Event) -> None:
        """Tell of progress."""
        self.send("event", event)

    def ask(self, start: int, end: int) -> bytes:
        """The bytes from `start` up to `end`, not included, of the file that the parent holds."""
        self.send("ask", (start, end))
        return self.receive()

    def send(self, kind: str, value: object) -> None:
        """Write one message."""
        data = pickle.dumps((kind, value))
        self._out.write(len(data).to_bytes(8, "big") + data)
        self._out.flush()

    def receive(self) -> bytes:
        """Read what the parent sends next."""
        return sys.stdin.buffer.read(int.from_bytes(sys.stdin.buffer.read(8), "big"))


def _serve() -> None:
    line = Line()
    module, name, spec, limits = pickle.loads(line.receive())  # noqa: S301  from our parent
    _confine(limits)
    try:
        from importlib import import_module  # noqa: PLC0415  after the limits are in force

        result = getattr(import_module(module), name)(spec, line)
    except Exception as error:  # noqa: BLE001  FFmpeg and OpenCV raise anything on broken media
        import traceback  # noqa: PLC0415

        traceback.print_exc()
        line.send("error", _foreseen(error))
    else:
        line.send("result", result)


if __name__ == "__main__":
    _serve()
