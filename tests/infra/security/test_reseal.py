"""The key ring can be rotated at any time, and never loses a secret."""

from uuid import UUID

import pytest

from uploadm8.domain.accounts.tables import User
from uploadm8.domain.platforms.tables import ConnectedAccount, OAuthFlow
from uploadm8.domain.workspaces.tables import Workspace
from uploadm8.infra.clock import now
from uploadm8.infra.ids import new_id
from uploadm8.infra.security.cipher import Cipher, KeyRingError
from uploadm8.infra.security.reseal import Reseal

pytestmark = pytest.mark.anyio
OLD = Cipher({1: bytes(range(32))}, 1)
BOTH = Cipher({1: bytes(range(32)), 2: bytes(range(1, 33))}, 2)
NEW = Cipher({2: bytes(range(1, 33))}, 2)


def seal(cipher: Cipher, text: str, row: UUID) -> str:
    return cipher.encrypt(text, table="connected_accounts", row=row, field="access_token")


async def store(count: int) -> list[UUID]:
    user, workspace = new_id(), new_id()
    await User.insert(User(id=user, email=f"{user}@example.com", password_hash="-"))
    await Workspace.insert(Workspace(id=workspace, name="A team"))
    made = []
    for position in range(count):
        row = new_id()
        await ConnectedAccount.insert(
            ConnectedAccount(
                id=row,
                workspace=workspace,
                platform="tiktok",
                external_id=str(position),
                access_token_enc=seal(OLD, f"token {position}", row),
            )
        )
        made.append(row)
    flow = new_id()
    sealed = OLD.encrypt("verifier", table="oauth_flows", row=flow, field="verifier")
    await OAuthFlow.insert(
        OAuthFlow(
            id=flow,
            state_hash="h",
            workspace=workspace,
            user=user,
            platform="youtube",
            verifier_enc=sealed,
            expires_at=now(),
        )
    )
    return made


async def test_rotation_covers_every_encrypted_column_and_can_be_repeated(db: None) -> None:
    ids = await store(5)
    assert dict((await Reseal(BOTH).status()).rows) == {1: 6}
    assert await Reseal(BOTH).rotate(batch=2) == 6
    assert await Reseal(BOTH).rotate(batch=2) == 0
    assert dict((await Reseal(BOTH).status()).rows) == {2: 6}
    rows = await ConnectedAccount.select().where(ConnectedAccount.id == ids[3])
    blob = rows[0]["access_token_enc"]
    opened = NEW.decrypt(blob, table="connected_accounts", row=ids[3], field="access_token")
    assert opened == "token 3"


async def test_a_ring_without_a_needed_key_is_refused_with_the_number_of_secrets(db: None) -> None:
    await store(2)
    with pytest.raises(KeyRingError, match=r"lacks v1 \(3 secrets\)"):
        await Reseal(NEW).require_keys()
    await Reseal(BOTH).rotate()
    await Reseal(NEW).require_keys()
