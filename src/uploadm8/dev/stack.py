"""The whole system on this machine: embedded servers, sandbox platforms, API and worker."""

import base64
import fcntl
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from dotenv import dotenv_values

from uploadm8.dev.embedded import (
    ACCESS_KEY,
    SECRET_KEY,
    Server,
    start_objectstore,
    start_postgres,
    start_valkey,
)
from uploadm8.dev.processes import Process, StackError, free_port, spawn, wait_for_port
from uploadm8.dev.sandbox import sandbox_env, webhook_urls

BUCKET = "uploadm8-media"
REPOSITORY = Path(__file__).resolve().parents[3]
PLATFORM_BASES = {
    "tiktok": "TIKTOK_API_BASE_URL",
    "youtube": "GOOGLE_API_BASE_URL",
    "instagram": "META_GRAPH_BASE_URL",
    "facebook": "META_GRAPH_BASE_URL",
}
"""The variable that tells who plays a platform."""
OnLine = Callable[[str, str], None]


@dataclass(slots=True)
class Stack:
    """A running stack.

    Attributes:
        home: folder with its data, logs and secrets.
        env: the environment its processes run with.
        api_url: where the API answers.
        sandbox_url: where the sandbox platforms answer; empty when others stand in.
        processes: newest last; stopped in reverse.
    """

    home: Path
    env: dict[str, str]
    api_url: str = ""
    sandbox_url: str = ""
    processes: list[Process] = field(default_factory=list)

    def sandboxed(self, platform: str) -> bool:
        """Whether the sandbox plays a platform, and not somebody else at an address from outside."""
        home = self.env.get(PLATFORM_BASES[platform], "")
        return bool(self.sandbox_url) and home.startswith(self.sandbox_url)

    def process(self, name: str) -> Process:
        """A running process by name."""
        return next(p for p in reversed(self.processes) if p.name == name)

    def start_worker(
        self, on_line: OnLine | None = None, env: Mapping[str, str] | None = None
    ) -> Process:
        """Start a (further) worker process."""
        process = spawn(
            "worker",
            [
                *(sys.executable, "-m", "dramatiq", "worker_main", "--processes", "1"),
                *("--threads", "10", "--worker-shutdown-timeout", "25000"),
            ],
            log=self.home / "logs" / "worker.log",
            env={**self.env, "dramatiq_queue_prefetch": "2", **(env or {})},
            on_line=on_line,
            cwd=REPOSITORY,
        )
        self.processes.append(process)
        return process

    def start_api(self, on_line: OnLine | None = None) -> Process:
        """Start the API and wait until it is ready."""
        port = int(self.env["PORT"])
        process = spawn(
            "web",
            [
                *(sys.executable, "-m", "uvicorn", "uploadm8.app:create_app", "--factory"),
                *("--host", "127.0.0.1", "--port", str(port), "--no-server-header"),
                *("--timeout-graceful-shutdown", "5", "--log-level", "warning"),
            ],
            log=self.home / "logs" / "web.log",
            env=self.env,
            on_line=on_line,
        )
        self.processes.append(process)
        wait_for_port(port, process, 60)
        return process

    def stop(self) -> None:
        """Stop every process, the newest first."""
        while self.processes:
            self.processes.pop().stop()


@contextmanager
def running_stack(
    home: Path, *, on_line: OnLine | None = None, api_port: int | None = None
) -> Iterator[Stack]:
    """Start the stack in `home`, and leave nothing behind.

    DATABASE_URL, REDIS_URL and R2_ENDPOINT_URL in the environment replace the embedded servers.
    TIKTOK_API_BASE_URL, GOOGLE_API_BASE_URL or META_GRAPH_BASE_URL, with the other base URLs and the
    credentials of that party, put somebody else in the place of the sandbox's platforms.

    Raises:
        StackError: a part does not come up, or the stack runs already.
    """
    home.mkdir(parents=True, exist_ok=True)
    with _only_one(home), _terminable():
        stack = Stack(home, dict(os.environ))
        try:
            _start_servers(stack)
            if not all(stack.env.get(name) for name in PLATFORM_BASES.values()):
                _start_sandbox(stack, on_line)
            stack.env |= _secrets(home) | _addresses(stack, api_port)
            _write_env(stack)
            if stack.sandbox_url:
                _introduce_sandbox(stack)
            _migrate(stack)
            stack.api_url = stack.env["BASE_URL"]
            stack.start_worker(on_line)
            stack.start_api(on_line)
            yield stack
        finally:
            stack.stop()
            (home / "dev.env").unlink(missing_ok=True)


def _start_servers(stack: Stack) -> None:
    # In this thread: the kernel ends a child when the thread that started it ends.
    home, env = stack.home, stack.env
    if not env.get("DATABASE_URL"):
        _keep(stack, "DATABASE_URL", start_postgres(home / "postgres"))
    if not env.get("REDIS_URL"):
        _keep(stack, "REDIS_URL", start_valkey(home / "valkey"))
    if not env.get("R2_ENDPOINT_URL"):
        _keep(stack, "R2_ENDPOINT_URL", start_objectstore(home / "objects", BUCKET))
        env["R2_ACCESS_KEY_ID"], env["R2_SECRET_ACCESS_KEY"] = ACCESS_KEY, SECRET_KEY
        env["R2_BUCKET_NAME"] = BUCKET


def _keep(stack: Stack, variable: str, server: Server) -> None:
    stack.processes.append(server.process)
    stack.env[variable] = server.url


def _start_sandbox(stack: Stack, on_line: OnLine | None) -> None:
    port = free_port()
    process = spawn(
        "sandbox",
        [
            *(sys.executable, "-m", "uploadm8", "sandbox", "--port", str(port)),
            *("--data", str((stack.home / "sandbox").resolve())),
        ],
        log=stack.home / "logs" / "sandbox.log",
        env=stack.env,
        on_line=on_line,
    )
    stack.processes.append(process)
    wait_for_port(port, process, 60)
    stack.sandbox_url = f"http://127.0.0.1:{port}"
    stack.env = sandbox_env(stack.sandbox_url) | {k: v for k, v in stack.env.items() if v}


def _introduce_sandbox(stack: Stack) -> None:
    """Tell the sandbox where webhooks go, and let the tiers be made at its Stripe meanwhile."""
    urls = webhook_urls(stack.env["BASE_URL"])
    answer = httpx.put(f"{stack.sandbox_url}/_sandbox/config", json=urls, trust_env=False)
    answer.raise_for_status()
    threading.Thread(target=_set_up_stripe, args=(dict(stack.env),), daemon=True).start()


def _set_up_stripe(env: dict[str, str]) -> None:
    command = [sys.executable, "-m", "uploadm8", "stripe", "setup"]
    subprocess.run(command, env=env, capture_output=True, check=False)


def _addresses(stack: Stack, api_port: int | None) -> dict[str, str]:
    port = api_port or free_port()
    home = stack.home.resolve()
    return {
        "APP_ENV": "development",
        "PICCOLO_CONF": "uploadm8.piccolo_app",
        "PORT": str(port),
        "BASE_URL": f"http://127.0.0.1:{port}",
        "FRONTEND_URL": stack.sandbox_url or f"http://127.0.0.1:{port}",
        "WEBHOOK_PRIVATE_ADDRESSES": "1",
        "SCRATCH_DIR": str(home / "scratch"),
        "OUTBOX_DIR": str(home / "outbox"),
        "JOB_LEASE_SECONDS": stack.env.get("JOB_LEASE_SECONDS", "20"),
        "EMAIL_VERIFICATION": stack.env.get("EMAIL_VERIFICATION", "optional"),
        "ACCOUNT_SPACING_SECONDS": stack.env.get("ACCOUNT_SPACING_SECONDS", "0"),
        "RATE_LIMIT_MAX": stack.env.get("RATE_LIMIT_MAX", "600"),
    }


def _secrets(home: Path) -> dict[str, str]:
    """The secrets of this stack, made once and kept with its data."""
    file = home / "secrets.env"
    if not file.exists():
        made = {
            "JWT_SECRET": secrets.token_urlsafe(48),
            "TOKEN_ENC_KEYS": f"v1:{base64.b64encode(secrets.token_bytes(32)).decode()}",
            "ADMIN_API_KEY": secrets.token_urlsafe(36),
        }
        file.touch(mode=0o600)
        file.write_text("".join(f"{name}={value}\n" for name, value in made.items()))
    return {name: value for name, value in dotenv_values(file).items() if value}


def _write_env(stack: Stack) -> None:
    """Leave the settings for other commands, such as `piccolo migrations`, while this runs."""
    mine = {name: value for name, value in stack.env.items() if os.environ.get(name) != value}
    file = stack.home / "dev.env"
    file.touch(mode=0o600)
    file.write_text("".join(f"{name}='{value}'\n" for name, value in sorted(mine.items())))


def _migrate(stack: Stack) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "uploadm8", "db", "upgrade"],
        env=stack.env,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise StackError(f"migrations failed: {(done.stderr or done.stdout)[-800:]}")


@contextmanager
def _only_one(home: Path) -> Iterator[None]:
    with (home / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            raise StackError(
                f"The stack in {home} is running already (process {lock.read().strip()})."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


@contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM and SIGHUP unwind like Ctrl-C, so that everything is stopped."""

    def leave(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    previous = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def wait_until_ready(api_url: str, timeout_s: float = 60) -> None:
    """Wait until the API says that its database, Redis and bucket answer.

    Raises:
        StackError: it does not in time.
    """
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{api_url}/readyz", timeout=5).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    raise StackError("The API did not become ready.")
