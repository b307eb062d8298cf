"""Column helpers shared by all tables."""

from enum import StrEnum
from uuid import UUID

from piccolo.columns.defaults.uuid import UUID7
from piccolo.constraints import Check

from uploadm8.infra.ids import new_id


class RowId(UUID7):
    """A UUIDv7 made in Python; rows inserted by hand get a random one on any Postgres.

    Migrations refer to this class by its import path: it must stay here.
    """

    @property
    def postgres(self) -> str:
        """The database default."""
        return "gen_random_uuid()"

    def python(self) -> UUID:
        """The default made in Python."""
        return new_id()


def one_of(column: str, values: type[StrEnum]) -> Check:
    """A CHECK that the column holds a member of the enum (Piccolo does not enforce choices)."""
    listed = ", ".join(f"'{member.value}'" for member in values)
    return Check(f"{column} IN ({listed})")
