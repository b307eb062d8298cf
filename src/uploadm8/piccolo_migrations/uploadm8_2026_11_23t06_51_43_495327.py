"""Columns of what makes figures quick."""

from typing import Any

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.base import Column
from piccolo.columns.column_types import Array, BigInt, BigSerial, Integer, Varchar

ID = "2026-11-23T06:51:43:495327"
VERSION = "1.38.0"
DESCRIPTION = "outcomes of straddling uploads, counts of users and workspaces"

COLUMNS: dict[tuple[str, str], dict[str, tuple[type[Column], dict[str, Any]]]] = {
    ("Rollup", "rollups"): {
        "straddlers_have": (Array, {"default": None, "base_column": Integer(), "null": True}),
    },
    ("RowCount", "row_counts"): {
        "id": (BigSerial, {"null": False, "primary_key": True}),
        "name": (Varchar, {"length": 40, "default": None, "null": False}),
        "n": (BigInt, {"default": 0, "null": False}),
    },
}


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="uploadm8", description=DESCRIPTION)
    manager.add_table(class_name="RowCount", tablename="row_counts")
    for (table, tablename), columns in COLUMNS.items():
        for name, (kind, params) in columns.items():
            manager.add_column(
                table_class_name=table,
                tablename=tablename,
                column_name=name,
                db_column_name=name,
                column_class_name=kind.__name__,
                column_class=kind,
                params=params,
            )
    return manager
