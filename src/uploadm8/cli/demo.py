"""`uploadm8 demo`: the main job, end to end, on this machine."""

import secrets
import sys
import time
from pathlib import Path
from typing import Any

import click

_FINAL = {"published", "failed", "canceled", "unknown", "needs_reconnect", "held"}
_OPTIONS = {
    "tiktok": {"privacy": "PUBLIC_TO_EVERYONE", "allow_comments": True},
    "youtube": {"privacy": "public", "made_for_kids": False, "tags": ["drive", "telemetry"]},
    "instagram": {"share_to_feed": True},
    "facebook": {},
}


@click.command()
@click.option("--video", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--telemetry", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--home", type=click.Path(path_type=Path), default=Path(".uploadm8/demo"), show_default=True
)
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("demo-output"), show_default=True
)
def demo(video: Path | None, telemetry: Path | None, home: Path, out: Path) -> None:
    """Upload a drive once; see it with its HUD on four platforms."""
    from rich.console import Console

    from uploadm8.dev.processes import StackError
    from uploadm8.dev.rest_client import ApiProblemError

    console = Console(highlight=False)
    began = time.monotonic()
    try:
        _run(console, video, telemetry, home, out)
    except (StackError, ApiProblemError, RuntimeError) as error:
        console.print(f"[red]The demo failed:[/] {error}")
        console.print(f"Logs are in {home / 'logs'}.")
        sys.exit(1)
    console.print(f"Done in {time.monotonic() - began:.0f} s.")


def _run(console: Any, video: Path | None, telemetry: Path | None, home: Path, out: Path) -> None:
    from uploadm8.dev.rest_client import RestClient
    from uploadm8.dev.seed import connect_all
    from uploadm8.dev.stack import running_stack, wait_until_ready

    out.mkdir(parents=True, exist_ok=True)
    if video is None:
        with console.status("Filming a drive"):
            video, telemetry = _film(out)
    with running_stack(home) as stack:
        wait_until_ready(stack.api_url)
        console.print(
            f"[bold]1[/] The stack runs: API {stack.api_url}, platforms {stack.sandbox_url}/posts"
        )
        client = RestClient(stack.api_url)
        email = f"creator-{secrets.token_hex(4)}@example.com"
        client.register(email, "a long drive home")
        client.call(
            "POST",
            "/api/admin/entitlements/grant",
            json={"email": email, "tier": "creator", "reason": "four accounts for the demo"},
            headers={"X-Admin-Key": stack.env["ADMIN_API_KEY"]},
        )
        accounts = connect_all(stack, client)
        console.print(f"[bold]2[/] {email} is registered and connected to {', '.join(accounts)}")
        upload = _send(console, client, video, telemetry, accounts)
        detail = _follow(console, client, upload)
        _show(console, client, detail, out)


def _film(out: Path) -> tuple[Path, Path]:
    from uploadm8.dev.sample import write_sample

    made = write_sample(out)
    return made.video, made.telemetry


def _send(
    console: Any, client: Any, video: Path, telemetry: Path | None, accounts: dict[str, str]
) -> str:
    from rich.progress import Progress

    presigned = client.call(
        "POST",
        "/api/uploads/presign",
        json={
            "filename": video.name,
            "content_type": "video/quicktime" if video.suffix.lower() == ".mov" else "video/mp4",
            "size_bytes": video.stat().st_size,
            "title": "An evening drive",
            "caption": "One upload, every platform.",
            "hashtags": ["drive", "telemetry"],
            "targets": [
                {"account_id": account, "options": _OPTIONS[platform]}
                for platform, account in accounts.items()
            ],
        },
    )
    with Progress(console=console, transient=True) as bar:
        total = video.stat().st_size + (telemetry.stat().st_size if telemetry else 0)
        task = bar.add_task("Sending", total=total)
        client.put_file(presigned, video, lambda n: bar.advance(task, n))
        if telemetry is not None:
            told = client.call(
                "POST",
                f"/api/uploads/{presigned['id']}/telemetry",
                json={"filename": telemetry.name, "size_bytes": telemetry.stat().st_size},
            )
            client.put_file(told, telemetry, lambda n: bar.advance(task, n))
            client.call("POST", f"/api/uploads/{presigned['id']}/telemetry/complete")
    client.call("POST", f"/api/uploads/{presigned['id']}/complete")
    files = video.name if telemetry is None else f"{video.name} and {telemetry.name}"
    console.print(f"[bold]3[/] {files} went straight to storage")
    return str(presigned["id"])


def _follow(console: Any, client: Any, upload_id: str) -> dict[str, Any]:
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description:>10}"),
        BarColumn(),
        TextColumn("{task.fields[state]}"),
    )
    with Progress(*columns, TimeElapsedColumn(), console=console) as bar:
        tasks = {"render": bar.add_task("render", total=1.0, state="")}

        def watch(detail: dict[str, Any]) -> None:
            bar.update(tasks["render"], completed=detail["progress"], state=detail["state"])
            for post in detail["publications"]:
                name = post["platform"]
                if name not in tasks:
                    tasks[name] = bar.add_task(name, total=1.0, state="")
                bar.update(tasks[name], completed=post["progress"], state=post["state"])

        def done(detail: dict[str, Any]) -> bool:
            ended = all(post["state"] in _FINAL for post in detail["publications"])
            urls = all(
                post["public_url"]
                for post in detail["publications"]
                if post["state"] == "published"
            )
            return detail["state"] in {"rejected", "canceled", "expired"} or (
                detail["state"] == "ready" and ended and urls
            )

        detail: dict[str, Any] = client.follow(upload_id, watch, done)
        return detail


def _show(console: Any, client: Any, detail: dict[str, Any], out: Path) -> None:
    if detail["problem"]:
        problem = detail["problem"]
        raise RuntimeError(f"{problem['code']}: {problem['detail']} {problem['action'] or ''}")
    console.print("[bold]4[/] Renditions")
    for rendition in detail["renditions"]:
        file, picture = out / f"{rendition['name']}.mp4", out / f"{rendition['name']}.jpg"
        client.download(rendition["download_url"], file)
        client.download(rendition["still_url"], picture)
        size = f"{rendition['width']}x{rendition['height']}"
        console.print(f"    {size:>10}  {file}  still {picture}")
    console.print("[bold]5[/] Posts")
    failed = []
    for post in detail["publications"]:
        if post["state"] == "published":
            console.print(f"    {post['platform']:>10}  {post['public_url']}", soft_wrap=True)
        else:
            failed.append(f"{post['platform']} is {post['state']}: {post['problem']}")
    if failed or not detail["publications"]:
        raise RuntimeError("; ".join(failed) or "nothing was published")
