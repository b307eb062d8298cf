"""`uploadm8 keys` against a real database."""

import base64

import pytest
from click.testing import CliRunner

from conftest import Servers
from uploadm8.cli.keys import keys


@pytest.fixture
def environment(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (base64.b64encode(bytes(range(n, n + 32))).decode() for n in (0, 1))
    for name, value in {
        "APP_ENV": "development",
        "DATABASE_URL": servers.database_url,
        "REDIS_URL": servers.redis_url,
        "JWT_SECRET": "test-secret-" * 4,
        "TOKEN_ENC_KEYS": f"v1:{first},v2:{second}",
    }.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize(
    ("command", "said"), [("status", "v2: 0 secrets (primary)"), ("rotate", "0 secrets now use v2")]
)
def test_the_commands_run_on_an_empty_database(environment: None, command: str, said: str) -> None:
    result = CliRunner().invoke(keys, [command])
    assert result.exit_code == 0, result.output
    assert said in result.output
