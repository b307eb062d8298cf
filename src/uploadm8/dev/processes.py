"""Child processes that cannot outlive the stack that started them."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_PR_SET_PDEATHSIG = 1


class StackError(RuntimeError):
    """A part of the local stack did not come up."""


def free_port() -> int:
    """A TCP port on the loopback interface that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_port(port: int, process: "Process", timeout_s: float = 30) -> None:
    """Wait until something listens on the port.

    Raises:
        StackError: the process ended, or the time ran out.
    """
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            probe.settimeout(0.5)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.returncode is not None:
            break
        time.sleep(0.05)
    raise StackError(f"{process.name} did not come up on port {port}; see {process.log}")


@dataclass(slots=True)
class Process:
    """A running child with its log file."""

    name: str
    log: Path
    popen: "subprocess.Popen[str]"
    stop_signal: signal.Signals = signal.SIGTERM

    @property
    def returncode(self) -> int | None:
        """None while it runs."""
        return self.popen.poll()

    def stop(self, timeout_s: float = 30) -> None:
        """Ask it to end, wait, then kill it and its children."""
        if self.popen.poll() is not None:
            return
        self.popen.send_signal(self.stop_signal)
        try:
            self.popen.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """Kill -9, the whole process group."""
        if self.popen.poll() is None:
            os.killpg(self.popen.pid, signal.SIGKILL)
            self.popen.wait()


def spawn(
    name: str,
    command: Sequence[str],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    user: str | None = None,
    stop_signal: signal.Signals = signal.SIGTERM,
    on_line: Callable[[str, str], None] | None = None,
    cwd: Path | None = None,
) -> Process:
    """Start a child in a group of its own; the kernel kills it should this process die.

    Args:
        name: for messages.
        command: program and arguments.
        log: file that gets its output (appended).
        env: its environment; None inherits.
        user: run as this system user (needs root).
        stop_signal: how it is asked to end.
        on_line: called with (name, line) for each line of output as well.
        cwd: its working directory.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    file = log.open("a", buffering=1)
    piped = on_line is not None
    popen = subprocess.Popen(
        list(command),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if piped else file,
        stderr=subprocess.STDOUT,
        env=None if env is None else dict(env),
        user=user,
        cwd=cwd,
        text=True,
        errors="replace",
        start_new_session=True,
        preexec_fn=_die_with_parent if sys.platform == "linux" else None,
    )
    if on_line is not None and popen.stdout is not None:
        threading.Thread(
            target=_pump, args=(name, popen.stdout, file, on_line), daemon=True
        ).start()
    else:
        file.close()
    return Process(name, log, popen, stop_signal)


def _pump(name: str, stream: IO[str], file: IO[str], on_line: Callable[[str, str], None]) -> None:
    with file:
        for line in stream:
            file.write(line)
            on_line(name, line.rstrip("\n"))


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
