"""`uploadm8 dev`: one at a time, and nothing left behind when it ends."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from uploadm8.dev.processes import free_port

pytestmark = pytest.mark.slow


def start(home: Path, port: int) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "uploadm8", "dev", "--home", str(home), "--port", str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL")},
    )


def wait_for(process: "subprocess.Popen[str]", text: str) -> list[str]:
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if text in line:
            return lines
    raise AssertionError("".join(lines[-40:]))


@pytest.fixture
def home() -> Iterator[Path]:
    """Outside pytest's own folders, which PostgreSQL's system user may not enter."""
    folder = Path(tempfile.mkdtemp(prefix="um8dev"))
    folder.chmod(0o755)
    yield folder / "home"
    shutil.rmtree(folder, ignore_errors=True)


def test_the_stack_starts_once_and_leaves_nothing_behind(home: Path) -> None:
    first = start(home, free_port())
    try:
        wait_for(first, "Login")
        second = start(home, free_port())
        told, _ = second.communicate(timeout=60)
        assert second.returncode == 1
        assert "running already" in told
        children = psutil.Process(first.pid).children(recursive=True)
        assert len(children) >= 6
        first.send_signal(signal.SIGTERM)
        first.communicate(timeout=90)
        deadline = time.monotonic() + 10
        while any(child.is_running() for child in children) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert [child for child in children if child.is_running()] == []
        assert not (home / "dev.env").exists()
    finally:
        if first.poll() is None:
            first.kill()
