"""Publish over and over while workers are killed and frozen and platforms misbehave; count posts.

`python -m uploadm8.dev.soak --rounds 10 --seed 1` ends with one line of JSON. The lateness in it is
that of the rounds without faults, whose posts have a time; `wrong` counts posts with another video
or on another account than the database says.

With TIKTOK_API_BASE_URL, GOOGLE_API_BASE_URL or META_GRAPH_BASE_URL, and what belongs to them, in the
environment, the platforms at these are used instead of the sandbox's. Their faults are their own. Give
the address of their public posts as SOAK_LEDGER_URL; platforms without a ledger are judged by our own
records, `doubles` and `wrong` leave them out, and `not_counted` names them.
"""

import json
import logging
import os
import random
import secrets
import shutil
import signal
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import httpx

from uploadm8.dev.rest_client import RestClient
from uploadm8.dev.sample import write_sample
from uploadm8.dev.seed import connect_all
from uploadm8.dev.soak_faults import (
    ENV,
    OPTIONS,
    PLATFORM_OF,
    UNLIMITED,
    faults_of_a_round,
    kill_points,
)
from uploadm8.dev.soak_verdict import OVER, judge, read_ledger, rows_of, sha256_of, unfinished
from uploadm8.dev.stack import PLATFORM_BASES, Stack, running_stack, wait_until_ready

ROUND_PATIENCE_S = 300.0
CALM_EVERY = 4
"""Every fourth round is without faults, to measure how late posts with a time go out."""


class Soak:
    """One stack under fire."""

    def __init__(self, stack: Stack, rng: random.Random) -> None:
        self.stack, self.rng = stack, rng
        self.client = RestClient(stack.api_url)
        self.media: dict[str, str] = {}

    def begin(self, home: Path) -> list[str]:
        """Make a customer and the first four posts; returns their ids."""
        email = f"{secrets.token_hex(6)}@example.com"
        self.client.register(email, "a long drive home")
        grant = {"email": email, "tier": "agency", "reason": "a soak test"}
        key = {"X-Admin-Key": self.stack.env["ADMIN_API_KEY"]}
        self.client.call("POST", "/api/admin/entitlements/grant", json=grant, headers=key)
        self.sandbox("PUT", "config", UNLIMITED)
        accounts = connect_all(self.stack, self.client)
        clip = write_sample(home / "clip", seconds=3, width=640, height=360)
        body = {
            "filename": clip.video.name,
            "content_type": "video/mp4",
            "size_bytes": clip.video.stat().st_size,
            "renditions": {"short_side": 720},
            "targets": [{"account_id": a, "options": OPTIONS[p]} for p, a in accounts.items()],
        }
        told = self.client.call("POST", "/api/uploads/presign", json=body)
        self.client.put_file(told, clip.video, lambda _: None)
        self.client.call("POST", f"/api/uploads/{told['id']}/complete")
        done = self.client.follow(
            told["id"], lambda _: None, lambda d: all(p["state"] in OVER for p in d["publications"])
        )
        for row in self.rows():
            stored = self.stack.home / "objects" / "uploadm8-media" / row["object_key"]
            if stored.exists():
                self.media[row["object_key"]] = sha256_of([stored.read_bytes()])
        return [p["id"] for p in done["publications"]]

    def round_of_faults(self, first: list[str], each: int) -> None:
        """Post `each` times per platform while everything breaks that can."""
        for fault in faults_of_a_round(self.rng, each):
            if self.stack.sandboxed(PLATFORM_OF[fault["route"]]):
                self.sandbox("POST", "faults", fault)
        self.restart_worker(kill_points(self.rng))
        made = self.post(first, each)
        deadline, hit_at = time.monotonic() + ROUND_PATIENCE_S, time.monotonic() + 2
        while time.monotonic() < deadline and not self.over(made):
            dead = self.stack.process("worker").returncode is not None
            if dead or (hit_at and time.monotonic() > hit_at):
                self.strike(dead=dead)
                hit_at = 0.0 if self.rng.random() < 0.4 else time.monotonic() + 5
            time.sleep(0.5)
        self.sandbox("DELETE", "faults", None)

    def calm_round(self, first: list[str], each: int) -> None:
        """Post `each` times per platform at times of their own, with a worker that lives."""
        made = self.post_at(first, each, timedelta(seconds=60), 4.0 * each)
        deadline = time.monotonic() + ROUND_PATIENCE_S + len(made)
        while time.monotonic() < deadline and not self.over(made):
            time.sleep(1)

    def post_at(self, first: list[str], each: int, ahead: timedelta, span_s: float) -> list[str]:
        """Post the video again at random times in a span that begins `ahead` of now."""
        self.kill_workers()
        made = self.post(first, each)
        start = datetime.now(UTC) + ahead
        for publication in made:
            at = start + timedelta(seconds=self.rng.uniform(0, span_s))
            when = {"mode": "at", "at": at.isoformat(), "time_zone": "UTC"}
            path = f"/api/publications/{publication}/reschedule"
            self.client.call("POST", path, json={"schedule": when})
        self.stack.start_worker()
        return made

    def post(self, first: list[str], each: int) -> list[str]:
        """Post the video again on every account; returns the publications' ids."""
        paths = [f"/api/publications/{i}/post-again" for _ in range(each) for i in first]
        return [self.client.call("POST", path)["id"] for path in paths]

    def strike(self, *, dead: bool) -> None:
        """Kill the worker, or freeze it past its lease and let it wake up beside another one."""
        if dead or self.rng.random() < 0.7:
            self.restart_worker("")
            return
        frozen = self.stack.process("worker")
        os.killpg(frozen.popen.pid, signal.SIGSTOP)
        self.stack.start_worker()
        time.sleep(float(ENV["JOB_LEASE_SECONDS"]) + 6)
        os.killpg(frozen.popen.pid, signal.SIGCONT)

    def restart_worker(self, failpoints: str) -> None:
        """Kill -9 every worker and start another one, armed or not."""
        self.kill_workers()
        self.stack.start_worker(env={"FAILPOINTS": failpoints})

    def kill_workers(self) -> None:
        """Leave no worker alive."""
        for process in [p for p in self.stack.processes if p.name == "worker"]:
            process.kill()
            self.stack.processes.remove(process)

    def sandbox(self, method: str, path: str, body: dict[str, Any] | None) -> Any:
        """Call the sandbox's control room, if it is the sandbox that plays the platforms."""
        if not self.stack.sandbox_url:
            return None
        url = f"{self.stack.sandbox_url}/_sandbox/{path}"
        answer = httpx.request(method, url, json=body, timeout=60)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def rows(self) -> list[dict[str, Any]]:
        """Every publication as the database has it."""
        return rows_of(self.stack.env["DATABASE_URL"])

    def over(self, ids: list[str]) -> bool:
        """Whether these publications have all come to an end."""
        return not set(ids) & {str(row["id"]) for row in unfinished(self.rows())}

    def verdict(self) -> dict[str, Any]:
        """The rows held against the ledgers, where there are any."""
        told = self.sandbox("GET", "ledger", None)
        mine = {one for one in PLATFORM_BASES if self.stack.sandboxed(one)}
        posts = [post for post in (told or {"posts": []})["posts"] if post["platform"] in mine]
        counted = mine
        if address := os.environ.get("SOAK_LEDGER_URL"):
            foreign = read_ledger(httpx.get(address, timeout=60).raise_for_status().json())
            posts += [post for post in foreign if post["platform"] not in mine]
            counted = set(PLATFORM_BASES)
        return judge(self.rows(), posts, self.media, counted)


@click.command(help=__doc__)
@click.option("--rounds", default=10, show_default=True, help="Rounds of kills and faults")
@click.option("--each", default=15, show_default=True, help="Posts per platform and round")
@click.option("--seed", default=1, show_default=True, help="Of the random choices")
def main(rounds: int, each: int, seed: int) -> None:
    """Exit 1 when a post was doubled, lost or wrong."""
    logging.disable(logging.INFO)
    os.environ.update(ENV)
    home = Path(tempfile.mkdtemp(prefix="um8soak"))
    home.chmod(0o755)  # PostgreSQL's user must be able to enter
    with running_stack(home) as stack:
        wait_until_ready(stack.api_url)
        soak = Soak(stack, random.Random(seed))
        first = soak.begin(home)
        for number in range(1, rounds + 1):
            (soak.round_of_faults if number % CALM_EVERY else soak.calm_round)(first, each)
            click.echo(f"round {number}: {json.dumps(soak.verdict())}", err=True)
        verdict = soak.verdict()
    bad = verdict["doubles"] or verdict["lost"] or verdict["wrong"]
    if not bad:
        shutil.rmtree(home, ignore_errors=True)
    click.echo(json.dumps(verdict))
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
