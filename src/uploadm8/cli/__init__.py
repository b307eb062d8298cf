"""The uploadm8 command: each subcommand is imported only when it is called."""

from importlib import import_module

import click

_COMMANDS = {
    "db": "uploadm8.cli.db:db",
    "demo": "uploadm8.cli.demo:demo",
    "dev": "uploadm8.cli.dev:dev",
    "doctor": "uploadm8.cli.doctor:doctor",
    "inspect": "uploadm8.cli.inspect:inspect",
    "jobs": "uploadm8.cli.jobs:jobs",
    "keys": "uploadm8.cli.keys:keys",
    "openapi": "uploadm8.cli.openapi:openapi",
    "preview": "uploadm8.cli.preview:preview",
    "render": "uploadm8.cli.render:render",
    "sandbox": "uploadm8.cli.sandbox:sandbox",
    "sample": "uploadm8.cli.sample:sample",
    "stripe": "uploadm8.cli.stripe:stripe",
}


class _LazyGroup(click.Group):
    """Commands named in a table and imported on use, so that `render` never loads a server."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        target = _COMMANDS.get(cmd_name)
        if target is None:
            return None
        module, _, name = target.partition(":")
        command = getattr(import_module(module), name)
        return command if isinstance(command, click.Command) else None


@click.command(cls=_LazyGroup)
@click.version_option(package_name="uploadm8")
def main() -> None:
    """One upload, a HUD in every frame, a post on every platform, exactly once."""
