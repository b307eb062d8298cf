"""Feed sound to several files, a little ahead of their pictures, so that they interleave well."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Protocol

from uploadm8.core.video.sound import RATE, Chunk, Pcm, Sound

_AHEAD_S = Fraction(1, 2)


class Listener(Protocol):
    """A file that takes sound."""

    def chunk(self, chunk: Chunk, /) -> None: ...

    def pcm(self, block: Pcm, /) -> None: ...


class SoundPump:
    """Hands the same sound to every file until that file's own end."""

    def __init__(self, sound: Sound | None, ends: Mapping[Listener, Fraction]) -> None:
        """`ends` holds the seconds after which a file takes no more sound."""
        self._ends = ends
        self._time = Fraction(0)
        self._blocks = _timed(sound) if sound is not None else iter(())
        self._open = sound is not None

    def until(self, time: Fraction) -> None:
        """Feed what is heard before `time`."""
        while self._open and self._time < time + _AHEAD_S:
            self._step()

    def rest(self) -> None:
        """Feed all that is left."""
        while self._open:
            self._step()

    def _step(self) -> None:
        block = next(self._blocks, None)
        if block is None:
            self._open = False
            return
        self._time, piece = block
        for listener, end in self._ends.items():
            if self._time >= end:
                continue
            if isinstance(piece, Chunk):
                listener.chunk(piece)
            else:
                listener.pcm(piece[:, : int((end - self._time) * RATE)])


def _timed(sound: Sound) -> Iterator[tuple[Fraction, Chunk | Pcm]]:
    if sound.copied:
        for chunk in sound.chunks():
            yield chunk.pts * chunk.base, chunk
        return
    made = 0
    for block in sound.pcm():
        yield Fraction(made, RATE), block
        made += block.shape[1]
