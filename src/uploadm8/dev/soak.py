"""Publish over and over while the worker is killed and the platforms misbehave; count the posts.

`python -m uploadm8.dev.soak --rounds 10 --seed 1` ends with one line of JSON.
"""

import asyncio
import json
import logging
import os
import random
import secrets
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import asyncpg
import click
import httpx

from uploadm8.dev.rest_client import RestClient
from uploadm8.dev.sample import write_sample
from uploadm8.dev.seed import connect_all
from uploadm8.dev.stack import Stack, running_stack, wait_until_ready

OPTIONS: dict[str, dict[str, Any]] = {
    "tiktok": {"privacy": "PUBLIC_TO_EVERYONE"},
    "youtube": {"privacy": "public", "made_for_kids": False},
    "instagram": {},
    "facebook": {},
}
COMMITS = {
    "tiktok": ("tiktok", "chunk"),
    "youtube": ("google", "upload_bytes"),
    "instagram": ("meta", "ig_publish"),
    "facebook": ("meta", "reel_finish"),
}
FAULTS = ("accept_then_reset", "accept_then_500", "reset_before", "5xx", "429", "slow")
STEPS = (
    "after_prepare",
    "after_handle",
    "after_transfer",
    "after_intent",
    "after_commit",
    "before_check",
    "before_published",
)
OVER = {"published", "failed", "canceled", "unknown", "held", "needs_reconnect"}
UNLIMITED = {
    "youtube_inserts_per_day": 10**6,
    "youtube_units_per_day": 10**9,
    "youtube_channel_uploads_per_day": 10**6,
    "instagram_quota_total": 10**6,
    "instagram_containers_per_day": 10**6,
    "facebook_reels_per_day": 10**6,
    "tiktok_daily_posts": 10**6,
    "tiktok_init_per_minute": 10**6,
    "tiktok_status_per_minute": 10**6,
    "tiktok_creator_info_per_minute": 10**6,
    "tiktok_processing_s": 0,
    "tiktok_moderation_s": 0,
    "youtube_processing_s": 0,
    "instagram_processing_s": 0,
    "facebook_processing_s": 0,
}
ENV = {
    "JOB_LEASE_SECONDS": "5",
    "ACCOUNT_SPACING_SECONDS": "0",
    "ACCOUNT_DAILY_CAPS": "",
    "RATE_LIMIT_MAX": "1000000",
}
ROUND_PATIENCE_S = 240.0


class Soak:
    """One stack under fire."""

    def __init__(self, stack: Stack, rng: random.Random) -> None:
        self.stack, self.rng = stack, rng
        self.client = RestClient(stack.api_url)
        self.ids: list[str] = []

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
        self.ids = [p["id"] for p in done["publications"]]
        return list(self.ids)

    def round(self, first: list[str], each: int) -> None:
        """Post `each` times per platform under faults, killing the worker at random."""
        for party, route in COMMITS.values():
            for _ in range(self.rng.randint(1, 3)):
                fault = {
                    "party": party,
                    "route": route,
                    "fault": self.rng.choice(FAULTS),
                    "after": self.rng.randint(0, 3 * each),
                    "retry_after": 1,
                }
                self.sandbox("POST", "faults", fault)
        steps = self.rng.sample(STEPS, 2)
        self.restart_worker(",".join(f"{s}@{self.rng.choice(list(COMMITS))}:kill" for s in steps))
        made = [
            self.client.call("POST", f"/api/publications/{i}/post-again")["id"]
            for _ in range(each)
            for i in first
        ]
        self.ids += made
        deadline, kill_at = time.monotonic() + ROUND_PATIENCE_S, time.monotonic() + 2
        while time.monotonic() < deadline and not self._over(made):
            dead = self.stack.process("worker").returncode is not None
            if dead or (kill_at and time.monotonic() > kill_at):
                self.restart_worker("")
                kill_at = 0.0 if self.rng.random() < 0.5 else time.monotonic() + 4
            time.sleep(0.5)
        self.sandbox("DELETE", "faults", None)

    def _over(self, ids: list[str]) -> bool:
        return not (set(ids) & {str(row["id"]) for row in self.rows() if row["state"] not in OVER})

    def restart_worker(self, failpoints: str) -> None:
        """Kill -9 the worker and start another one, armed or not."""
        for process in [p for p in self.stack.processes if p.name == "worker"]:
            process.kill()
            self.stack.processes.remove(process)
        self.stack.start_worker(env={"FAILPOINTS": failpoints})

    def sandbox(self, method: str, path: str, body: dict[str, Any] | None) -> Any:
        """Call the sandbox's control room."""
        url = f"{self.stack.sandbox_url}/_sandbox/{path}"
        answer = httpx.request(method, url, json=body, timeout=30)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def rows(self) -> list[dict[str, Any]]:
        """Every publication as the database has it."""
        return asyncio.run(_rows(self.stack.env["DATABASE_URL"]))

    def verdict(self) -> dict[str, Any]:
        """Compare the rows with the ledger of public posts."""
        rows = self.rows()
        posts = Counter(post["platform"] for post in self.sandbox("GET", "ledger", None)["posts"])
        states = {p: Counter(r["state"] for r in rows if r["platform"] == p) for p in COMMITS}
        doubles = sum(max(0, posts[p] - s["published"] - s["unknown"]) for p, s in states.items())
        unposted = sum(max(0, s["published"] - posts[p]) for p, s in states.items())
        late = sorted(float(row["late_s"]) for row in rows if row["late_s"] is not None)
        return {
            "publications": len(rows),
            "doubles": doubles,
            "lost": unposted + sum(row["state"] not in OVER for row in rows),
            "unknown": sum(s["unknown"] for s in states.values()),
            "late_p50_s": round(late[len(late) // 2], 2) if late else None,
            "late_p99_s": round(late[int(len(late) * 0.99)], 2) if late else None,
            "failed": sum(s["failed"] for s in states.values()),
        }


async def _rows(url: str) -> list[dict[str, Any]]:
    connection = await asyncpg.connect(url)
    try:
        found = await connection.fetch(
            "SELECT id, platform, state, CASE WHEN slot > 0 THEN extract(epoch FROM first_commit_at"
            " - COALESCE(publish_at, accepted_at)) END AS late_s FROM publications"
        )
    finally:
        await connection.close()
    return [dict(row) for row in found]


@click.command(help=__doc__)
@click.option("--rounds", default=10, show_default=True, help="Rounds of kills and faults")
@click.option("--each", default=5, show_default=True, help="Posts per platform and round")
@click.option("--seed", default=1, show_default=True, help="Of the random choices")
def main(rounds: int, each: int, seed: int) -> None:
    """Exit 1 when a post was doubled or lost."""
    logging.disable(logging.INFO)
    os.environ.update(ENV)
    home = Path(tempfile.mkdtemp(prefix="um8soak"))
    home.chmod(0o755)  # PostgreSQL's user must be able to enter
    with running_stack(home) as stack:
        wait_until_ready(stack.api_url)
        soak = Soak(stack, random.Random(seed))
        first = soak.begin(home)
        for number in range(1, rounds + 1):
            soak.round(first, each)
            click.echo(f"round {number}: {json.dumps(soak.verdict())}", err=True)
        verdict = soak.verdict()
    shutil.rmtree(home, ignore_errors=True)
    click.echo(json.dumps(verdict))
    sys.exit(1 if verdict["doubles"] or verdict["lost"] else 0)


if __name__ == "__main__":
    main()
