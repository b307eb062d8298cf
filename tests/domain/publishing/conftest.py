"""A desk to publish from."""

from pathlib import Path

import pytest

from publishing_desk import Desk, build_desk
from sandbox_flows import Sandbox
from uploadm8.domain.platforms.clients.registry import Clients
from uploadm8.infra.storage.s3 import Storage


@pytest.fixture
async def desk(sandbox: Sandbox, clients: Clients, film: Path, storage: Storage, db: None) -> Desk:
    return build_desk(sandbox, clients, film, storage)


@pytest.fixture(autouse=True)
def _quick_second_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """Believe a lagging status after a moment instead of ten seconds."""
    monkeypatch.setattr("uploadm8.domain.publishing.confirmation.SECOND_LOOK_S", 0.3)
