"""A callback address that keeps the webhooks it gets."""

import contextlib
import http.server
import json
import queue
import threading
from collections.abc import Iterator


class Inbox:
    """Webhooks as they arrive."""

    def __init__(self, port: int, status: int = 200) -> None:
        self.status = status
        self.url = f"http://127.0.0.1:{port}/hook"
        self.arrived: queue.Queue[tuple[dict[str, str], bytes]] = queue.Queue()

    def wait(self) -> tuple[dict[str, str], bytes]:
        """The headers and the body of the next one."""
        return self.arrived.get(timeout=20)


@contextlib.contextmanager
def webhook_inbox(
    answer: object = None, *, status: int = 200, location: str = ""
) -> Iterator[Inbox]:
    """A callback address on this machine."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            inbox.arrived.put(({k.lower(): v for k, v in self.headers.items()}, body))
            self.send_response(inbox.status)
            if location:
                self.send_header("Location", location)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        inbox = Inbox(server.server_port, status)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield inbox
        server.shutdown()
