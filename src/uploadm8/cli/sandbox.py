"""uploadm8 sandbox: serve every outside party on one port."""

from pathlib import Path

import click


@click.command()
@click.option("--port", default=8090, show_default=True, help="Port on the loopback interface.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Interface to listen on.")
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(".uploadm8/sandbox"),
    show_default=True,
    help="Folder for received media and the memory of the sandbox.",
)
@click.option("--app", "app_url", help="BASE_URL of the UploadM8 that webhooks go to.")
@click.option("--env", "show_env", is_flag=True, help="Print the product's variables and stop.")
def sandbox(port: int, host: str, data: Path, app_url: str | None, *, show_env: bool) -> None:
    """Serve TikTok, Google, Meta, Mailgun and Discord as strict, stateful stand-ins."""
    from uploadm8.dev.sandbox.config import sandbox_env

    base = f"http://{host}:{port}"
    if show_env:
        for name, value in sandbox_env(base).items():
            click.echo(f"{name}={value}")
        return
    import msgspec

    from uploadm8.dev.sandbox import SandboxConfig, Settings, create_app
    from uploadm8.dev.sandbox.config import webhook_urls
    from uploadm8.dev.sandbox.serve import serve

    click.echo(f"Sandbox at {base}, posts at {base}/posts")
    settings = msgspec.convert(webhook_urls(app_url) if app_url else {}, Settings)
    serve(create_app(SandboxConfig(data=data, settings=settings)), host, port)
