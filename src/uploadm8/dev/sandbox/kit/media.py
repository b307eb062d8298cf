"""Received media: one file per distinct content, and what PyAV says about it."""

import asyncio
import hashlib
from dataclasses import dataclass
from io import BufferedRandom
from pathlib import Path
from uuid import uuid4

import av
import httpx

from uploadm8.dev.sandbox.kit.state import State
from uploadm8.dev.sandbox.kit.wire import BodyBrokenError, Call

_WEB_TYPES = {
    "mp4": "video/mp4",
    "mov": "video/mp4",
    "webm": "video/webm",
    "matroska": "video/webm",
}


@dataclass(frozen=True, slots=True)
class Probe:
    """What a decoder sees; `ok` is False when there is no readable video stream."""

    ok: bool
    duration_s: float = 0.0
    width: int = 0
    height: int = 0
    fps: float = 0.0
    content_type: str = "application/octet-stream"

    @property
    def is_vertical_or_square(self) -> bool:
        return self.height >= self.width


@dataclass(frozen=True, slots=True)
class Media:
    """A stored file."""

    sha256: str
    size: int
    probe: Probe


class MediaStore:
    """A folder of files named by their SHA-256, and a folder of uploads under way."""

    def __init__(self, folder: Path, state: State) -> None:
        self._media, self.uploads = folder / "media", folder / "uploads"
        self._known = state.table("media", Media)
        for place in (self._media, self.uploads):
            place.mkdir(parents=True, exist_ok=True)

    def path(self, sha256: str) -> Path:
        return self._media / sha256

    def get(self, sha256: str) -> Media | None:
        return self._known.get(sha256)

    def new_upload(self) -> Path:
        """The path of a new, empty file for bytes to come."""
        path = self.uploads / uuid4().hex
        path.touch()
        return path

    async def adopt(self, path: Path) -> Media:
        """Move a complete upload into the store (once per content) and probe it."""
        return await asyncio.to_thread(self._adopt, path)

    def _adopt(self, path: Path) -> Media:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        known = self._known.get(sha256)
        if known and self.path(sha256).exists():
            path.unlink()
            return known
        size = path.stat().st_size
        path.replace(self.path(sha256))
        media = Media(sha256, size, probe(self.path(sha256)))
        self._known[sha256] = media
        return media


async def append_body(call: Call, path: Path, offset: int, limit: int | None = None) -> int:
    """Write the body into the file at `offset`; returns bytes written.

    `limit` stops writing (not reading) after that many bytes. Nothing is truncated, so that two
    attempts at the same bytes never leave a hole.

    Raises:
        BodyBrokenError: the body ended early; its `written` bytes are in the file.
    """
    written = 0
    with _open_at(path, offset) as file:
        try:
            async for chunk in call.stream():
                room = len(chunk) if limit is None else max(0, min(len(chunk), limit - written))
                written += file.write(chunk[:room])
        except BodyBrokenError as broken:
            broken.written = written
            raise
    return written


def _open_at(path: Path, offset: int) -> BufferedRandom:
    file = path.open("r+b")
    file.seek(offset)
    return file


class DownloadError(Exception):
    """The address did not answer with a file; `status` is 0 when it did not answer at all."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


async def download(url: str, path: Path, *, follow_redirects: bool) -> int:
    """Stream a file from an address to `path`; returns its size in bytes.

    Raises:
        DownloadError: anything but 200, or no answer.
    """
    size = 0
    agent = {"user-agent": "facebookexternalhit/1.1"}
    try:
        async with (
            httpx.AsyncClient(timeout=60, trust_env=False) as client,
            client.stream("GET", url, headers=agent, follow_redirects=follow_redirects) as answer,
        ):
            if answer.status_code != 200:
                raise DownloadError(answer.status_code)
            with _open_at(path, 0) as file:
                async for chunk in answer.aiter_bytes(1 << 18):
                    size += file.write(chunk)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise DownloadError(0) from error
    return size


def size_of(path: str | Path) -> int:
    """Bytes of a file."""
    return Path(path).stat().st_size


def probe(path: Path) -> Probe:
    """Open a file and read what its first video stream says; never raises for bad media."""
    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            seconds = (container.duration or 0) / av.time_base
            names = container.format.name.split(",")
            kinds = [_WEB_TYPES[name] for name in names if name in _WEB_TYPES]
            return Probe(
                ok=True,
                duration_s=float(seconds),
                width=stream.codec_context.width,
                height=stream.codec_context.height,
                fps=float(stream.average_rate or 0),
                content_type=kinds[0] if kinds else "application/octet-stream",
            )
    except (av.FFmpegError, IndexError, ValueError, OSError):
        return Probe(ok=False)
