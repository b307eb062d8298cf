"""An administrator at work, over HTTP."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from api_client import Api, Someone
from uploadm8.domain.accounts.tables import User
from uploadm8.infra.audit.tables import AuditEntry

REASON = "ticket 4711"


@dataclass(frozen=True)
class Office:
    """A signed-in administrator."""

    api: Api
    boss: Someone

    async def get(self, path: str, status: int = 200) -> dict[str, Any]:
        answer = await self.api.http.get(f"/api/admin{path}", headers=self.boss.headers)
        assert answer.status_code == status, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def act(self, path: str, status: int = 200, **body: Any) -> dict[str, Any]:
        answer = await self.api.http.post(
            f"/api/admin{path}", headers=self.boss.headers, json={"reason": REASON, **body}
        )
        assert answer.status_code == status, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def log(self) -> list[dict[str, Any]]:
        """What stands in the audit log about acts of administrators, oldest first."""
        rows: list[dict[str, Any]] = await AuditEntry.raw(
            "SELECT * FROM audit_log WHERE action LIKE 'admin.%' AND action <> 'admin.read'"
            " ORDER BY id"
        )
        return rows


async def open_office(api: Api) -> Office:
    boss = await api.register("boss@example.com")
    await User.raw("UPDATE users SET role='admin' WHERE email='boss@example.com'")
    return Office(api, boss)


async def id_of(email: str) -> UUID:
    row = await User.select(User.id).where(User.email == email).first()
    assert row is not None
    found: UUID = row["id"]
    return found
