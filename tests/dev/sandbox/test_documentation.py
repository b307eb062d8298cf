"""docs/sandbox.md names everything that can be switched, scripted or called."""

from pathlib import Path

import msgspec
import pytest

from sandbox_flows import Sandbox
from uploadm8.dev.sandbox import Settings
from uploadm8.dev.sandbox.kit.faults import FaultKind

TEXT = (Path(__file__).resolve().parents[3] / "docs" / "sandbox.md").read_text()


@pytest.mark.parametrize("name", [field.name for field in msgspec.structs.fields(Settings)])
def test_every_switch_is_documented(name: str) -> None:
    assert f"`{name}`" in TEXT


@pytest.mark.parametrize("fault", list(FaultKind))
def test_every_fault_is_documented(fault: FaultKind) -> None:
    assert f"| `{fault.value}` |" in TEXT


def test_every_base_url_and_account_is_documented(sandbox: Sandbox) -> None:
    for name in (name for name in sandbox.env if name.endswith("_BASE_URL")):
        assert f"`{name}`" in TEXT
    for party, accounts in sandbox.control("GET", "accounts").items():
        for account in accounts:
            assert f"| {party} | `{account['account']}` |" in TEXT
