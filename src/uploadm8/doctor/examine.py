"""Look at everything, or at what must be right before a process may start."""

import asyncio
from collections.abc import Sequence

import structlog

from uploadm8.config import Config
from uploadm8.doctor.findings import Check, Finding, Level, red
from uploadm8.doctor.machine import check_disk, check_encoders
from uploadm8.doctor.outside import check_mail, check_platforms, check_stripe
from uploadm8.doctor.servers import check_database, check_redis, check_storage
from uploadm8.doctor.settings import check_settings
from uploadm8.errors import UnfitError

log = structlog.get_logger(__name__)

_PATIENCE_S = 10.0
AT_HOME: tuple[tuple[str, Check], ...] = (
    ("settings", check_settings),
    ("database", check_database),
    ("redis", check_redis),
    ("storage", check_storage),
    ("encoders", check_encoders),
    ("disk", check_disk),
)
OUTSIDE: tuple[tuple[str, Check], ...] = (
    ("platforms", check_platforms),
    ("stripe", check_stripe),
    ("mail", check_mail),
)


async def examine(config: Config, *, outside: bool = True) -> list[Finding]:
    """Run every check.

    Args:
        config: the settings.
        outside: also ask platforms, Stripe and Mailgun.
    """
    checks = AT_HOME + (OUTSIDE if outside else ())
    found = await asyncio.gather(*(_run(name, check, config) for name, check in checks))
    return [finding for findings in found for finding in findings]


async def require_fit(config: Config) -> None:
    """Refuse to start in production with anything red; say it in the log otherwise.

    Servers that are just away do not count: they may come back, and the process copes.

    Raises:
        UnfitError: naming all that is wrong and what to do.
    """
    if config.is_development:
        return
    found = await examine(config, outside=False)
    for one in found:
        if one.level is not Level.OK:
            log.warning("doctor", check=one.check, level=one.level.value, says=one.says)
    reasons = blocking(found)
    if reasons:
        told = "\n".join(f"  {one.check}: {one.says} {one.action}" for one in reasons)
        log.critical("unfit_to_start", reasons=[f"{one.check}: {one.says}" for one in reasons])
        raise UnfitError(f"UploadM8 refuses to start:\n{told}\nSee `uploadm8 doctor`.")


def blocking(found: Sequence[Finding]) -> list[Finding]:
    """What forbids a start."""
    return [one for one in found if one.level is Level.RED and not one.passing]


async def _run(name: str, check: Check, config: Config) -> list[Finding]:
    try:
        return await asyncio.wait_for(check(config), _PATIENCE_S)
    except TimeoutError:
        told = f"No answer within {_PATIENCE_S:.0f} s."
        action = "See that it runs, and that this machine reaches it."
        return [red(name, told, action, passing=True)]
    except Exception as error:  # noqa: BLE001  one check that breaks must not hide the others
        told = f"It cannot be looked at ({type(error).__name__})."
        return [red(name, told, "See that its settings are what docs/configuration.md says.")]
