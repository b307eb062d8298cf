"""Models and migrations agree."""

import pytest
from piccolo.apps.migrations.commands.new import AutoMigrationManager

from uploadm8.infra.db.upgrade import pending, upgrade
from uploadm8.piccolo_app import APP_CONFIG

pytestmark = pytest.mark.anyio


async def test_the_tables_are_what_the_migrations_make() -> None:
    statements = await AutoMigrationManager().get_alter_statements(app_config=APP_CONFIG)
    changes = [line for group in statements for line in group.statements]
    assert changes == []


async def test_upgrading_twice_changes_nothing(db: None) -> None:
    await upgrade()
    assert await pending() == []
