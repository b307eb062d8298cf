"""Everything the sandbox remembers, in plain tables that survive a restart."""

import pickle
from collections import deque
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from heapq import heappop, heappush
from pathlib import Path
from time import time
from typing import Any, TypeVar, cast

T = TypeVar("T")


@dataclass(order=True, frozen=True, slots=True)
class DueEvent:
    """Something that happens by itself at a time of the sandbox's clock."""

    at: float
    sequence: int
    kind: str = field(compare=False)
    key: str = field(compare=False)


class State:
    """Named tables, sliding windows, a timeline, a counter, and a clock that tests can advance."""

    def __init__(self) -> None:
        self._tables: dict[str, dict[str, Any]] = {}
        self._windows: dict[str, deque[float]] = {}
        self._timeline: list[DueEvent] = []
        self._sequence = 0
        self._offset_s = 0.0

    def table(self, name: str, _of: type[T]) -> MutableMapping[str, T]:
        """The table called `name`, made on first use; its values are of type `_of`."""
        return cast("MutableMapping[str, T]", self._tables.setdefault(name, {}))

    def now(self) -> float:
        """Unix seconds by the sandbox's clock."""
        return time() + self._offset_s

    def advance(self, seconds: float) -> float:
        self._offset_s += seconds
        return self.now()

    def next_number(self) -> int:
        self._sequence += 1
        return self._sequence

    def schedule(self, delay_s: float, kind: str, key: str) -> None:
        """Let event `kind` happen to `key` in `delay_s` seconds."""
        self.schedule_at(self.now() + delay_s, kind, key)

    def schedule_at(self, at: float, kind: str, key: str) -> None:
        heappush(self._timeline, DueEvent(at, self.next_number(), kind, key))

    def pop_due(self) -> DueEvent | None:
        """The earliest event whose time has come."""
        if self._timeline and self._timeline[0].at <= self.now():
            return heappop(self._timeline)
        return None

    def window_count(self, key: str, period_s: float) -> int:
        """How many hits of `key` lie within the last `period_s` seconds."""
        hits = self._windows.setdefault(key, deque())
        horizon = self.now() - period_s
        while hits and hits[0] <= horizon:
            hits.popleft()
        return len(hits)

    def window_add(self, key: str) -> None:
        self._windows.setdefault(key, deque()).append(self.now())

    def window_take(self, key: str, limit: int, period_s: float) -> bool:
        """Count one hit unless `limit` is reached in the sliding window; whether it was counted."""
        if self.window_count(key, period_s) >= limit:
            return False
        self.window_add(key)
        return True

    def clear(self) -> None:
        """Forget everything and return to the time of the machine."""
        for table in self._tables.values():
            table.clear()
        self._windows.clear()
        self._timeline.clear()
        self._offset_s = 0.0

    def save(self, path: Path) -> None:
        """Write a snapshot, replacing the last one atomically."""
        partial = path.with_suffix(".partial")
        partial.write_bytes(pickle.dumps(self.__dict__, protocol=pickle.HIGHEST_PROTOCOL))
        partial.replace(path)

    @classmethod
    def load(cls, path: Path) -> "State":
        """The snapshot at `path`, or an empty state when there is none to read."""
        state = cls()
        try:
            state.__dict__.update(pickle.loads(path.read_bytes()))
        except (OSError, pickle.UnpicklingError, EOFError, AttributeError, ImportError):
            return cls()
        return state
