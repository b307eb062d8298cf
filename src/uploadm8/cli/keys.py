"""`uploadm8 keys`: which key encrypts what, and re-encryption with the newest."""

import asyncio
from collections.abc import Awaitable, Callable

import click


@click.group()
def keys() -> None:
    """The key ring TOKEN_ENC_KEYS."""


@keys.command()
def status() -> None:
    """Count the stored secrets of every key version; exit 1 if one has not its key."""
    from uploadm8.infra.security.reseal import Reseal

    async def count(reseal: Reseal) -> None:
        found = await reseal.status()
        for version in sorted(found.rows.keys() | reseal.cipher.keys.keys()):
            role = "primary" if version == reseal.cipher.primary else "decrypts"
            if version not in reseal.cipher.keys:
                role = "MISSING from TOKEN_ENC_KEYS"
            elif version in found.wrong:
                role = "NOT THE KEY that sealed them"
            click.echo(f"v{version}: {found.rows.get(version, 0)} secrets ({role})")
        if found.missing or found.wrong:
            raise click.ClickException("put the right key back, or rotate while you have it")

    asyncio.run(_with_ring(count))


@keys.command()
@click.option("--batch", default=500, show_default=True, help="Secrets per statement.")
def rotate(batch: int) -> None:
    """Encrypt everything with the newest key; can be stopped and repeated at any time."""
    from uploadm8.infra.security.reseal import Reseal

    async def run(reseal: Reseal) -> None:
        changed = await reseal.rotate(batch)
        click.echo(f"{changed} secrets now use v{reseal.cipher.primary}")

    asyncio.run(_with_ring(run))


async def _with_ring(work: Callable[..., Awaitable[None]]) -> None:
    from uploadm8.infra.db.engine import DB
    from uploadm8.infra.security.cipher import Cipher
    from uploadm8.infra.security.reseal import Reseal
    from uploadm8.starting import read_config

    config = read_config()
    DB.configure(config.database_url.get_secret_value(), application="keys")
    await DB.open(2)
    try:
        await work(Reseal(Cipher.parse(config.token_enc_keys.get_secret_value())))
    finally:
        await DB.close()
