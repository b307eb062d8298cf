"""The inside of a media child: limits first, then one function of the core, then its answer.

It imports little, for every still and every inspection begins with it; a logger or an event loop
would cost a tenth of a second and ten megabytes.
"""

import ctypes
import os
import pickle
import resource
import signal
import sys
from dataclasses import dataclass, replace
from typing import Self

from uploadm8.errors import MediaError, UnavailableError, UploadM8Error

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
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a library that prints must not break the protocol

    def send(kind: str, value: object) -> None:
        data = pickle.dumps((kind, value))
        out.write(len(data).to_bytes(8, "big") + data)
        out.flush()

    size = int.from_bytes(sys.stdin.buffer.read(8), "big")
    module, name, spec, limits = pickle.loads(sys.stdin.buffer.read(size))  # noqa: S301  from our parent
    _confine(limits)
    try:
        from importlib import import_module  # noqa: PLC0415  after the limits are in force

        result = getattr(import_module(module), name)(spec, lambda event: send("event", event))
    except Exception as error:  # noqa: BLE001  FFmpeg and OpenCV raise anything on broken media
        import traceback  # noqa: PLC0415

        traceback.print_exc()
        send("error", _foreseen(error))
    else:
        send("result", result)


if __name__ == "__main__":
    _serve()
