"""`uploadm8 doctor`: is everything set up as it must be."""

import asyncio
import json
from dataclasses import asdict

import click

_COLOURS = {"ok": "green", "warning": "yellow", "red": "red"}
_SIGNS = {"ok": "✓", "warning": "!", "red": "✗"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@click.option("--quick", is_flag=True, help="Ask no platform, Stripe or Mailgun.")
def doctor(*, as_json: bool, quick: bool) -> None:
    """Check settings, servers, machine and outside parties; exit code 1 if anything is red."""
    from uploadm8.doctor.findings import Level

    found = _examine(quick=quick)
    if as_json:
        worst = [level for level in reversed(Level) if any(one.level is level for one in found)]
        click.echo(
            json.dumps(
                {
                    "status": worst[0].value if worst else Level.OK.value,
                    "findings": [asdict(one) for one in found],
                },
                indent=1,
            )
        )
    else:
        for one in found:
            sign = click.style(_SIGNS[one.level.value], fg=_COLOURS[one.level.value], bold=True)
            click.echo(f"{sign} {one.check:<12} {one.says}")
            if one.action and one.level is not Level.OK:
                click.echo(f"  {'':<12} → {one.action}")
    if any(one.level is Level.RED for one in found):
        raise SystemExit(1)


def _examine(*, quick: bool):  # type: ignore[no-untyped-def]
    from pydantic import ValidationError

    from uploadm8.config import Config
    from uploadm8.doctor.examine import examine
    from uploadm8.doctor.findings import red
    from uploadm8.infra.logging import configure_logging
    from uploadm8.starting import problems_of

    configure_logging("CRITICAL", json=False)
    try:
        config = Config()
    except ValidationError as error:
        see = "See docs/configuration.md."
        return [red("settings", f"{problem}.", see) for problem in problems_of(error)]
    return asyncio.run(examine(config, outside=not quick))
