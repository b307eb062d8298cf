"""The child process of `child.py`: it confines itself, runs one function, and answers its parent.

It imports little, because every start of it is waited for.
"""

import ctypes
import os
import pickle
import resource
import signal
import sys
from dataclasses import dataclass, replace
from typing import Any, Self

from uploadm8.errors import MediaError, UnavailableError, UploadM8Error

Event = Any

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
