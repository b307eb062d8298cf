"""The Dramatiq broker on Redis, with our middleware in the order that matters."""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Coroutine
from typing import Any

import dramatiq
import structlog
from dramatiq.asyncio import EventLoopThread, get_event_loop_thread, set_event_loop_thread
from dramatiq.brokers.redis import RedisBroker
from dramatiq.middleware import AgeLimit, AsyncIO, CurrentMessage, Middleware, ShutdownNotifications

from uploadm8.errors import UnfitError

log = structlog.get_logger(__name__)

HEARTBEAT_MS = 30_000
ALWAYS = 1_000_000  # maintenance chance in millionths: the default of 0.1 % leaves dead rings for minutes


class TermOnce(Middleware):
    """Take the first SIGTERM only.

    A supervisor that signals the process group sends a second, on which Dramatiq 2.2 skips the
    graceful stop and hangs.
    """

    def before_worker_boot(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            previous = signal.getsignal(number)

            def once(received: int, frame: Any, previous: Any = previous) -> None:
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
                signal.signal(signal.SIGINT, signal.SIG_IGN)
                if callable(previous):
                    previous(received, frame)

            with contextlib.suppress(ValueError):  # not the main thread: a worker inside a test
                signal.signal(number, once)


class DaemonLoop(AsyncIO):
    """Dramatiq's event loop thread as a daemon: it must never keep a dead worker alive."""

    def before_worker_boot(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        thread = EventLoopThread(self.logger)
        thread.loop.close()
        thread.loop = _new_loop()
        thread.daemon = True
        thread.start(timeout=1.0)
        set_event_loop_thread(thread)


def _new_loop() -> asyncio.AbstractEventLoop:
    """Make libuv's loop where it is installed (the extra `fast`), as uvicorn chooses it for the API."""
    try:
        import uvloop  # noqa: PLC0415
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


Step = Callable[[], Coroutine[Any, Any, None]]


class Lifespan(Middleware):
    """Open the collaborators on the worker's loop at boot, close them at shutdown.

    Placed after DaemonLoop, so that `after_` hooks, which run reversed, still find the loop.
    """

    def __init__(self, start: Step, drain: Step, close: Step) -> None:
        self._start, self._drain, self._close = start, drain, close

    def before_worker_boot(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """Start, or end the process: Dramatiq would log the failure and run on without us."""
        try:
            _on_loop(self._start)
        except Exception as error:
            trace = None if isinstance(error, UnfitError) else error  # that one explains itself
            log.critical("worker_did_not_start", error=str(error), exc_info=trace)
            raise SystemExit(1) from error

    def before_worker_shutdown(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        _on_loop(self._drain)

    def after_worker_shutdown(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        _on_loop(self._close)


def _on_loop(step: Step) -> None:
    thread = get_event_loop_thread()
    if thread is None:
        raise RuntimeError("the worker has no event loop yet")
    thread.run_coroutine(asyncio.wait_for(step(), 20))


def build_broker(url: str, namespace: str, middleware: tuple[Middleware, ...] = ()) -> RedisBroker:
    """A broker whose only job is to ring; retries, results and delays are not installed.

    Args:
        url: redis:// or rediss://.
        namespace: prefix of the Redis keys, the part before the colon of UPLOAD_JOB_QUEUE.
        middleware: the worker's own, after ours.
    """
    return RedisBroker(  # type: ignore[no-untyped-call]
        url=url,
        namespace=namespace,
        maintenance_chance=ALWAYS,
        heartbeat_timeout=HEARTBEAT_MS,
        socket_timeout=10,
        socket_connect_timeout=3,
        middleware=[
            TermOnce(),
            AgeLimit(max_age=3_600_000),
            ShutdownNotifications(notify_shutdown=True),
            CurrentMessage(),
            DaemonLoop(),
            *middleware,
        ],
    )
