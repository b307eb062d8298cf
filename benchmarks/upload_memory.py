"""Memory that one upload takes, whatever its size: a large object, from object storage to a platform.

python benchmarks/upload_memory.py [--megabytes 600] [--json]

Each way of uploading runs in a process of its own, which reads ranges of a sparse object from an S3
server and sends them to the sandbox. `grown` is the peak of the process's resident memory during
the upload over what it was before it, in MiB, by the kernel's own count.
"""

import argparse
import asyncio
import json
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import fields
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from uploadm8.dev.embedded import ACCESS_KEY, SECRET_KEY, start_objectstore
from uploadm8.dev.sandbox import SandboxConfig, Settings, sandbox_env
from uploadm8.dev.sandbox.serve import running
from uploadm8.domain.platforms.clients.base import Access, Draft, MediaFacts, Platform
from uploadm8.domain.platforms.clients.endpoints import AppCredentials, Apps, Endpoints
from uploadm8.domain.platforms.clients.options import read_options
from uploadm8.domain.platforms.clients.registry import Clients, build_clients
from uploadm8.domain.publishing.media import StoredMedia
from uploadm8.infra.http import open_http
from uploadm8.infra.storage.s3 import open_storage

BUCKET, KEY = "media", "large.mp4"
CALLBACK = "https://auth.example.com/oauth/callback"
MIB = 1 << 20
LIMIT_MIB = 32
WAYS: dict[str, tuple[Platform, dict[str, Any]]] = {
    "tiktok": (Platform.TIKTOK, {"privacy": "SELF_ONLY"}),
    "youtube": (Platform.YOUTUBE, {}),
    "instagram": (Platform.INSTAGRAM, {}),
    "facebook reel": (Platform.FACEBOOK, {"kind": "reel"}),
    "facebook video": (Platform.FACEBOOK, {"kind": "video"}),
}


def memory(name: str) -> float:
    """VmRSS or VmHWM of this process, in MiB."""
    found = re.search(rf"^{name}:\s+(\d+) kB", Path("/proc/self/status").read_text(), re.M)
    return int(found[1]) / 1024 if found else 0.0


def watched() -> float:
    """Start the peak anew; returns what is resident now."""
    Path("/proc/self/clear_refs").write_text("5")
    return memory("VmRSS")


async def access_of(clients: Clients, base: str, platform: Platform) -> Access:
    """Connect the sandbox's first account."""
    oauth = clients.oauth[platform]
    verifier = "v" * 64 if oauth.uses_pkce(CALLBACK) else None
    url = oauth.authorize_url(redirect_uri=CALLBACK, state="s", verifier=verifier)
    async with httpx.AsyncClient() as http:
        told = await http.get(f"{base}/_sandbox/consent", params={"url": url, "account": ""})
    back = parse_qs(urlsplit(told.json()["callback_url"]).query)
    tokens = await oauth.exchange(back["code"][0], redirect_uri=CALLBACK, verifier=verifier)
    profile = (await oauth.profiles(tokens))[0]
    return Access(profile.tokens.access, profile.external_id, profile.username)


async def upload(way: str, base: str, store: str, bucket: str = BUCKET) -> dict[str, Any]:
    """Upload once and tell what it took."""
    platform, options = WAYS[way]
    env = sandbox_env(base)
    hosts = {
        item.name: env[f"{item.name.upper()}_BASE_URL"]
        for item in fields(Endpoints)
        if item.name != "meta_version"
    }
    ends = Endpoints(**hosts)
    apps = Apps(
        tiktok=AppCredentials(env["TIKTOK_CLIENT_KEY"], env["TIKTOK_CLIENT_SECRET"]),
        google=AppCredentials(env["GOOGLE_CLIENT_ID"], env["GOOGLE_CLIENT_SECRET"]),
        meta=AppCredentials(env["META_APP_ID"], env["META_APP_SECRET"]),
    )
    async with (
        open_http(ends.base_urls()) as http,
        open_storage(store, ACCESS_KEY, SECRET_KEY, bucket) as storage,
    ):
        clients = build_clients(http, ends, apps)
        access = await access_of(clients, base, platform)
        info = await storage.head(KEY)
        media = StoredMedia(storage, KEY, info.etag, info.size)
        facts = MediaFacts("mp4", "h264", 1080, 1920, 30.0, 60.0, info.size)
        draft = Draft(access, media, facts, "Large", read_options(platform, options), "0")
        publisher = clients.publishers[platform]
        await publisher.limits(access)
        before, started = watched(), time.perf_counter()

        async def report(_sent: int) -> None:
            """Nobody reads it."""

        handle = await publisher.transfer(draft, await publisher.prepare(draft), report)
        if platform is not Platform.INSTAGRAM:  # which has all bytes by now
            await publisher.commit(draft, handle)
        seconds = time.perf_counter() - started
        return {
            "way": way,
            "megabytes": info.size // 1_000_000,
            "grown": round(memory("VmHWM") - before, 1),
            "seconds": round(seconds, 1),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megabytes", type=int, default=600)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--ways", nargs=4, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.ways:
        ways, *where = asked.ways
        for way in ways.split(","):
            sys.stdout.write(json.dumps(asyncio.run(upload(way, *where))) + "\n")
        return
    results = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = start_objectstore(folder / "store", BUCKET)
        with (folder / "store" / BUCKET / KEY).open("wb") as file:
            file.truncate(asked.megabytes * 1_000_000 + 123)
        quick = Settings(check_media=False)
        config = SandboxConfig(data=folder / "sandbox", settings=quick, remember=False)
        try:
            with running(config) as base:
                for way in WAYS:
                    command = [sys.executable, __file__, "--ways", way, base, store.url, BUCKET]
                    done = subprocess.run(command, capture_output=True, text=True, check=True)
                    results.append(json.loads(done.stdout.splitlines()[-1]))
                    if not asked.json:
                        told = "{way:15} {megabytes:6} MB  +{grown:5} MiB  {seconds:5} s\n"
                        sys.stdout.write(told.format(**results[-1]))
        finally:
            store.process.stop()
    most = max(result["grown"] for result in results)
    if asked.json:
        sys.stdout.write(json.dumps({"limit": LIMIT_MIB, "most": most, "ways": results}) + "\n")
    sys.exit(most >= LIMIT_MIB)


if __name__ == "__main__":
    main()
