"""`uploadm8 dev`: the whole stack for development, until Ctrl-C."""

import sys
import time
from pathlib import Path

import click

_COLOURS = {"web": "cyan", "worker": "magenta", "sandbox": "yellow"}


@click.command()
@click.option(
    "--home", type=click.Path(path_type=Path), default=Path(".uploadm8"), show_default=True
)
@click.option("--port", type=int, default=8000, show_default=True, help="Port of the API.")
def dev(home: Path, port: int) -> None:
    """Run API, worker, sandbox platforms and embedded servers; Ctrl-C stops them all."""
    from uploadm8.dev.processes import StackError
    from uploadm8.dev.seed import DEMO_EMAIL, DEMO_PASSWORD, seed
    from uploadm8.dev.stack import running_stack, wait_until_ready

    def show(name: str, line: str) -> None:
        click.echo(f"{click.style(f'{name:>8}', fg=_COLOURS.get(name))} | {line}")

    try:
        with running_stack(home, on_line=show, api_port=port) as stack:
            wait_until_ready(stack.api_url)
            seed(stack)
            rows = {
                "API": stack.api_url,
                "API reference": f"{stack.api_url}/schema",
                "Platforms": f"{stack.sandbox_url}/posts",
                "PostgreSQL": stack.env["DATABASE_URL"],
                "Valkey": stack.env["REDIS_URL"],
                "Storage": stack.env["R2_ENDPOINT_URL"],
                "Login": f"{DEMO_EMAIL} / {DEMO_PASSWORD}",
            }
            for name, value in rows.items():
                click.echo(f"{click.style(f'{name:>14}', bold=True)}  {value}")
            while True:
                for process in stack.processes:
                    if process.returncode is not None:
                        raise StackError(f"{process.name} ended; see {process.log}")
                time.sleep(0.5)
    except KeyboardInterrupt:
        click.echo("Stopped.")
    except StackError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(1)
