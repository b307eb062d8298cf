"""Running the sandbox on a port: in the foreground, or beside a test in a thread."""

import contextlib
import threading
import time
from collections.abc import Iterator

import uvicorn

from uploadm8.dev.sandbox.app import SandboxApp, create_app
from uploadm8.dev.sandbox.config import SandboxConfig


def server(app: SandboxApp, host: str, port: int) -> uvicorn.Server:
    """A uvicorn server for the sandbox; port 0 takes a free one."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=2,
    )
    return uvicorn.Server(config)


def serve(app: SandboxApp, host: str, port: int) -> None:
    """Serve until interrupted."""
    server(app, host, port).run()


@contextlib.contextmanager
def running(config: SandboxConfig, port: int = 0) -> Iterator[str]:
    """A sandbox on the loopback interface while the block runs; yields its base address.

    Raises:
        RuntimeError: it did not start.
    """
    web = server(create_app(config), "127.0.0.1", port)
    thread = threading.Thread(target=web.run, name="sandbox", daemon=True)
    thread.start()
    try:
        while not web.started:
            if not thread.is_alive():
                raise RuntimeError("the sandbox did not start")
            time.sleep(0.005)
        address = web.servers[0].sockets[0].getsockname()
        yield f"http://127.0.0.1:{address[1]}"
    finally:
        web.should_exit = True
        thread.join(15)
