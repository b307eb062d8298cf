from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from uploadm8.domain.publishing.tables import Approval

ID = "2026-11-23T01:07:29:247573"
VERSION = "1.38.0"
DESCRIPTION = "One open question about a publication"


async def add_index():
    await Approval.raw(
        "CREATE UNIQUE INDEX approvals_open ON approvals (publication)"
        " WHERE state IN ('pending', 'approved')"
    )
    await Approval.raw("CREATE INDEX approvals_of_workspace ON approvals (workspace, state, id)")


async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="uploadm8", description=DESCRIPTION)
    manager.add_raw(add_index)
    return manager
