"""Calls that run in order on a thread of their own, beside whoever makes them."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec

P = ParamSpec("P")


class InOrder:
    """Runs calls one after the other; what one of them raises, the next wait raises."""

    def __init__(self, name: str) -> None:
        """`name` is the thread's."""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._under_way: deque[Future[None]] = deque()

    def put(self, call: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
        """Ask for a call, after all earlier ones."""
        self._under_way.append(self._thread.submit(call, *args, **kwargs))

    def wait(self, left: int = 0) -> None:
        """Until at most `left` calls are waiting or running."""
        while len(self._under_way) > left:
            self._under_way.popleft().result()

    def end(self) -> None:
        """Drop the calls that have not begun, and return when the last one has ended."""
        self._under_way.clear()
        self._thread.shutdown(cancel_futures=True)
