"""A live stack with one user, and the log of a drive: what benchmarks of whole uploads begin with."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from uploadm8.dev.rest_client import RestClient
from uploadm8.dev.sample import START_UTC
from uploadm8.dev.sample_drive import Drive
from uploadm8.dev.sample_gpx import write_gpx
from uploadm8.dev.stack import Stack, running_stack, wait_until_ready


class Live(NamedTuple):
    """A running stack, its only user, and a GPX log."""

    stack: Stack
    client: RestClient
    log: Path


@contextmanager
def live(seconds: int) -> Iterator[Live]:
    """Run a stack for the length of the block; the log is of a drive of so many seconds."""
    folder = Path(tempfile.mkdtemp(prefix="um8bench"))
    folder.chmod(0o755)
    log = folder / "drive.gpx"
    write_gpx(log, Drive(seconds, seed=3), START_UTC, seconds, margin_s=0, offset_s=0)
    try:
        with running_stack(folder) as stack:
            wait_until_ready(stack.api_url)
            client = RestClient(stack.api_url)
            client.register("bench@example.com", "a film for a benchmark")
            yield Live(stack, client, log)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def stop_workers(stack: Stack) -> None:
    """Stop all there are."""
    for process in [p for p in stack.processes if p.name == "worker"]:
        process.stop()
        stack.processes.remove(process)


def send(client: RestClient, film: Path, log: Path) -> str:
    """Upload the film and its telemetry; returns the upload's id."""
    body: dict[str, Any] = {
        "filename": film.name,
        "content_type": "video/mp4",
        "size_bytes": film.stat().st_size,
        "renditions": {"aspects": ["16:9"]},
        "hud": {"theme": "glass", "offset_s": 0},
    }
    presigned = client.call("POST", "/api/uploads/presign", json=body)
    client.put_file(presigned, film, lambda _: None)
    upload = str(presigned["id"])
    size = {"filename": log.name, "size_bytes": log.stat().st_size}
    told = client.call("POST", f"/api/uploads/{upload}/telemetry", json=size)
    client.put_file(told, log, lambda _: None)
    client.call("POST", f"/api/uploads/{upload}/telemetry/complete")
    client.call("POST", f"/api/uploads/{upload}/complete")
    return upload
