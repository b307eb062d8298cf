"""A two-second clip with numbered pictures, its telemetry, and a desk to work on them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from conftest import Servers, wipe
from media import Clip, make
from render_desk import Desk, open_desk
from uploadm8.dev.sample import START_UTC
from uploadm8.dev.sample_drive import Drive
from uploadm8.dev.sample_gpx import write_gpx

SECONDS = 2


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = Clip(640, 360, frames=SECONDS * 30, gop=30)
    return make(tmp_path_factory.mktemp("desk") / "clip.mp4", made)


@pytest.fixture(scope="session")
def log(clip: Path) -> Path:
    path = clip.with_suffix(".gpx")
    drive = Drive(SECONDS, seed=3)
    write_gpx(path, drive, START_UTC, SECONDS, margin_s=0.0, offset_s=0.0)
    return path


@pytest.fixture(scope="module")
async def desk(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    async with open_desk(
        servers, tmp_path_factory.mktemp("scratch"), extra_containers="avi,mpegts"
    ) as opened:
        yield opened
        await wipe()
