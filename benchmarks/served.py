"""The product's web process on embedded servers, for benchmarks."""

import base64
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from uploadm8.dev.embedded import (
    ACCESS_KEY,
    SECRET_KEY,
    start_objectstore,
    start_postgres,
    start_valkey,
)
from uploadm8.dev.processes import free_port

# As the Procfile says: the edge reads forwarded addresses itself.
_AS_DEPLOYED = ("--no-proxy-headers", "--no-server-header")


@contextmanager
def servers() -> Iterator[dict[str, str]]:
    """PostgreSQL with the schema, Valkey and an object store; yields the environment."""
    folder = Path(tempfile.mkdtemp(prefix="um8bench"))
    folder.chmod(0o755)
    started = [
        start_postgres(folder / "postgres"),
        start_valkey(folder / "valkey"),
        start_objectstore(folder / "objects", "uploadm8-media"),
    ]
    env = {
        **os.environ,
        "DATABASE_URL": started[0].url,
        "REDIS_URL": started[1].url,
        "R2_ENDPOINT_URL": started[2].url,
        "R2_ACCESS_KEY_ID": ACCESS_KEY,
        "R2_SECRET_ACCESS_KEY": SECRET_KEY,
        "JWT_SECRET": "benchmark " * 5,
        "TOKEN_ENC_KEYS": "v1:" + base64.b64encode(os.urandom(32)).decode(),
        "RATE_LIMIT_MAX": "10000000",
        "LOG_LEVEL": "ERROR",
        "OUTBOX_DIR": str(folder / "outbox"),
    }
    try:
        uploadm8 = str(Path(sys.executable).with_name("uploadm8"))
        subprocess.run([uploadm8, "db", "upgrade"], env=env, check=True, stdout=subprocess.DEVNULL)
        yield env
    finally:
        for server in started:
            server.process.stop()


@contextmanager
def serving(target: str, env: dict[str, str], workers: int = 2) -> Iterator[int]:
    """A uvicorn with this application factory; yields its port."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", target, "--factory", "--workers", str(workers)]
    process = subprocess.Popen(
        [
            *command,
            "--port",
            str(port),
            "--log-level",
            "critical",
            "--no-access-log",
            *_AS_DEPLOYED,
        ],
        env=env,
        stdout=subprocess.DEVNULL,
        cwd=Path(__file__).parents[1],
    )
    try:
        _wait(port)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def _wait(port: int) -> None:
    for _ in range(300):
        try:
            httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=2)
        except httpx.HTTPError:
            time.sleep(0.2)
        else:
            return
    raise TimeoutError("the server did not start")
