"""How long finding one of a million people takes: ``python benchmarks/admin_search.py [PEOPLE]``."""

import asyncio
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("PICCOLO_CONF", "uploadm8.piccolo_app")

from made_people import fill_people
from uploadm8.dev.embedded import start_postgres
from uploadm8.domain.accounts.tables import User
from uploadm8.domain.admin.people import People
from uploadm8.infra.db.engine import DB
from uploadm8.infra.db.upgrade import upgrade

_TIMES = 200


async def main(people: int) -> None:
    await upgrade()
    await DB.open(2)
    await fill_people(people)
    known = (await User.raw("SELECT id FROM users WHERE email LIKE 'person0000777%' LIMIT 1"))[0]
    sought = {
        "three letters (everybody)": ("per", None),
        "page in the middle": ("person", f"person{people // 2:07d}@example.com"),
        "one person": ("person0000777", None),
        "nobody": ("zzz", None),
        "an id": (str(known["id"]), None),
        "a customer": (f"cus_{known['id']}", None),
    }
    for name, (text, after) in sought.items():
        took, found = [], await People().search(text, 21, after)
        for _ in range(_TIMES):
            began = time.perf_counter()
            await People().search(text, 21, after)
            took.append((time.perf_counter() - began) * 1000)
        cut = statistics.quantiles(took, n=20)
        print(f"{name:<28} {len(found):>3} found  p50 {cut[9]:6.2f} ms  p95 {cut[18]:6.2f} ms")
    await DB.close()


if __name__ == "__main__":
    folder = Path(tempfile.mkdtemp(prefix="um8bench"))
    folder.chmod(0o755)
    server = start_postgres(folder / "postgres")
    try:
        DB.configure(server.url, application="benchmark", statement_timeout_s=600)
        asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000))
    finally:
        server.process.stop()
