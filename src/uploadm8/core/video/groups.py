"""Find key pictures in streams whose container does not say where they are."""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import TypeVar

from av.packet import Packet
from av.video.stream import VideoStream

VideoPacket = TypeVar("VideoPacket", bound="Packet[VideoStream]")

_MOST_KEPT = 1_200  # packets: longer groups are decoded rather than kept in memory


def from_key(packets: Iterable[VideoPacket], wanted: int | None = None) -> Iterator[VideoPacket]:
    """Packets from a key picture on, without those before it, which cannot be decoded.

    Args:
        packets: in decoding order.
        wanted: the last key picture that is shown by then, in the packets' unit of time, is the
            first packet handed out; None is the first key picture there is.
    """
    rest = iter(packets)
    group: list[VideoPacket] = []
    keyed = False
    for packet in rest:
        due = wanted is None or packet.pts is None or packet.pts <= wanted
        if packet.is_keyframe and (due or not keyed):
            group.clear()
            keyed = True
        group.append(packet)
        passed = wanted is None or (packet.dts is not None and packet.dts > wanted)
        if (keyed and passed) or len(group) >= _MOST_KEPT:
            break
    return chain(group, rest)
