"""What a person who follows an upload is told, and how true and fresh that turned out to be."""

import json
import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from uploadm8.dev.rest_client import RestClient


class Told:
    """The events of one upload from now on, each with the time at which it came.

    Attributes:
        events: times of the monotonic clock, and what was told.
    """

    def __init__(self, client: RestClient, upload: str) -> None:
        self.events: list[tuple[float, dict[str, Any]]] = []
        self._url = f"{client.api_url}/api/uploads/{upload}/events"
        self._client = client
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def until_ready(self, most_s: float = 600) -> None:
        """Wait until there is nothing more to tell."""
        self._thread.join(most_s)

    def longest_silence_s(self) -> float:
        """Between two events of a running render."""
        return max((b[0] - a[0] for a, b in pairwise(self._moving())), default=0.0)

    def errors_s(self) -> Iterator[tuple[float, float]]:
        """At each tenth of the render: its share, and the time left as told less the true one."""
        end = self.events[-1][0]
        for tenth in range(1, 10):
            near = [(at, e) for at, e in self._moving() if abs(e["progress"] * 10 - tenth) < 0.5]
            if near:
                at, event = min(near, key=lambda one: abs(one[1]["progress"] * 10 - tenth))
                yield event["progress"], event["seconds_left"] - (end - at)

    def _moving(self) -> list[tuple[float, dict[str, Any]]]:
        return [(at, event) for at, event in self.events if "seconds_left" in event]

    def _listen(self) -> None:
        headers = dict(self._client.http.headers)
        with self._client.http.stream("GET", self._url, headers=headers, timeout=600) as answer:
            for line in answer.iter_lines():
                if line.startswith("data:"):
                    event = json.loads(line[5:])
                    self.events.append((time.monotonic(), event))
                    if event.get("state") not in ("rendering", None):
                        return
