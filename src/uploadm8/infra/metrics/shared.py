"""One view of all processes: each leaves its counts in Redis, and any may answer the scrape.

A scrape reaches one of several web processes by chance, and a worker has no port at all. So every
process writes a snapshot every few seconds, and whoever is scraped writes its own and answers with
all of them, told apart by the label ``process``.
"""

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec
import structlog
from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric
from redis.asyncio import Redis
from redis.exceptions import RedisError

from uploadm8.infra.metrics.catalog import REGISTRY
from uploadm8.infra.processes import process_name

log = structlog.get_logger(__name__)

EVERY_S = 5.0
KEPT_S = 60  # a scrape may still read the last counts of a process that has ended
_INDEX = "um8:metrics"


class Sample(msgspec.Struct, array_like=True):
    """One value of a series."""

    name: str
    labels: dict[str, str]
    value: float


class Family(msgspec.Struct, array_like=True):
    """A metric with its series, as one process counts them."""

    name: str
    kind: str
    meaning: str
    samples: list[Sample]


_pack = msgspec.msgpack.Encoder()
_unpack = msgspec.msgpack.Decoder(list[Family])


@dataclass(frozen=True, slots=True)
class SharedMetrics:
    """This process's counts, and everybody's.

    Attributes:
        process: name of this process: role, host and process id.
    """

    redis: Redis
    process: str
    registry: CollectorRegistry = field(default=REGISTRY)

    @classmethod
    def of(cls, redis: Redis, role: str) -> "SharedMetrics":
        """The counts of this very process."""
        return cls(redis, process_name(role))

    async def publish(self) -> None:
        """Leave a snapshot for whoever is scraped.

        Raises:
            RedisError: it could not be written.
        """
        packed = zlib.compress(_pack.encode(snapshot(self.registry)), 1)
        async with self.redis.pipeline(transaction=False) as pipe:
            pipe.set(f"{_INDEX}:{self.process}", packed, ex=KEPT_S)
            pipe.sadd(_INDEX, self.process)
            await pipe.execute()

    async def everyone(self) -> dict[str, list[Family]]:
        """The newest counts of every live process; without Redis only our own."""
        try:
            await self.publish()
            return await self._read()
        except (RedisError, OSError, TimeoutError) as error:
            log.warning("metrics_alone", error=type(error).__name__)
            return {self.process: snapshot(self.registry)}

    async def _read(self) -> dict[str, list[Family]]:
        names = sorted(_text(name) for name in await self.redis.smembers(_INDEX))
        packed: list[Any] = await self.redis.mget([f"{_INDEX}:{name}" for name in names])
        found = dict(zip(names, packed, strict=True))
        gone = [name for name, data in found.items() if data is None]
        if gone:
            await self.redis.srem(_INDEX, *gone)
        return {
            name: _unpack.decode(zlib.decompress(data))
            for name, data in found.items()
            if data is not None
        }


def _text(name: bytes | str) -> str:
    return name if isinstance(name, str) else name.decode()


def snapshot(registry: CollectorRegistry) -> list[Family]:
    """What a registry holds, as plain values."""
    return [
        Family(
            one.name,
            one.type,
            one.documentation,
            [Sample(s.name, dict(s.labels), float(s.value)) for s in one.samples],
        )
        for one in registry.collect()
    ]


@dataclass(frozen=True, slots=True)
class Merged:
    """Families of several processes as one collector; families of none (SQL) may stand beside."""

    processes: dict[str, list[Family]]
    common: Iterable[Metric] = ()

    def collect(self) -> Iterator[Any]:
        """One metric per name, as the exposition format wants it."""
        families: dict[str, Metric] = {}
        for process, counted in self.processes.items():
            for one in counted:
                metric = families.setdefault(one.name, Metric(one.name, one.meaning, one.kind))
                for sample in one.samples:
                    labels = {**sample.labels, "process": process}
                    metric.add_sample(sample.name, labels, sample.value)
        yield from families.values()
        yield from self.common
