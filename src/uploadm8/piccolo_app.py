"""The one Piccolo app: every table of the product and their single linear history."""

from pathlib import Path

from piccolo.conf.apps import AppConfig, AppRegistry, table_finder

from uploadm8.infra.db.engine import DB

_TABLE_MODULES = [
    "uploadm8.domain.accounts.tables",
    "uploadm8.domain.workspaces.tables",
    "uploadm8.domain.settings.tables",
    "uploadm8.infra.db.idempotency",
    "uploadm8.infra.jobs.tables",
    "uploadm8.infra.processes",
    "uploadm8.infra.audit.tables",
    "uploadm8.domain.uploads.tables",
    "uploadm8.domain.renditions.tables",
    "uploadm8.domain.platforms.tables",
    "uploadm8.domain.publishing.tables",
    "uploadm8.domain.publishing.rollups.tables",
    "uploadm8.domain.billing.tables",
    "uploadm8.domain.notifications.tables",
    "uploadm8.domain.captions.tables",
    "uploadm8.domain.admin.tables",
]

APP_CONFIG = AppConfig(
    app_name="uploadm8",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=table_finder(modules=_TABLE_MODULES, exclude_imported=True),
    migration_dependencies=[],
    commands=[],
)

# With PICCOLO_CONF=uploadm8.piccolo_app, Piccolo finds these wherever the command is started.
APP_REGISTRY = AppRegistry(apps=["uploadm8.piccolo_app"])

__all__ = ["APP_CONFIG", "APP_REGISTRY", "DB"]
