"""A process of its own that asks for an account's token at a given moment; prints what it gets."""

import asyncio
import sys
import time
from uuid import UUID

from platform_clients import clients_of
from sandbox_flows import Sandbox
from uploadm8.domain.platforms.tokens import TokenKeeper
from uploadm8.domain.platforms.vault import Vault
from uploadm8.infra.db.engine import DB
from uploadm8.infra.security.cipher import Cipher


async def main(database: str, base: str, account: str, start: float) -> None:
    DB.configure(database, application="refresher")
    await DB.open(4)
    async with clients_of(Sandbox(base, None)) as clients:  # type: ignore[arg-type]
        keeper = TokenKeeper(clients.oauth, Vault(Cipher({1: bytes(range(32))}, 1)))
        await asyncio.sleep(max(0.0, start - time.time()))
        found = await asyncio.gather(*[keeper.access(UUID(account)) for _ in range(3)])
        sys.stdout.write(" ".join({one.token for one in found}) + "\n")
    await DB.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4])))
