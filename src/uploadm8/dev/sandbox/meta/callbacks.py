"""Meta's callbacks to the app: changes, deauthorization, and the request to delete data."""

import base64
import hashlib
import hmac
import time
from typing import Any
from urllib.parse import urlencode

import httpx

from uploadm8.dev.sandbox.config import META_CLIENT
from uploadm8.dev.sandbox.kit.forms import FORM
from uploadm8.dev.sandbox.kit.identity import META
from uploadm8.dev.sandbox.kit.runtime import Runtime, compact_json
from uploadm8.dev.sandbox.meta.tables import FbVideo

_HEADERS = {"content-type": FORM}


class Callbacks:
    """Signed requests about a user."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime

    def announce_removed(self, account: str) -> None:
        """Call the deauthorize callback."""
        url = self.runtime.settings.meta_webhook_url
        self.runtime.post_webhook(url, self._form(account), _HEADERS)
        user = self.runtime.accounts(META)[account].id
        change = {"field": "connected", "value": {"verb": "revoked"}}
        self._announce("permissions", user, change)

    def announce_video(self, video: FbVideo) -> None:
        """Tell that a page's video is ready."""
        value = {"id": video.id, "status": {"video_status": "ready"}}
        self._announce("page", video.page_id, {"field": "videos", "value": value})

    def _announce(self, about: str, node: str, change: dict[str, Any]) -> None:
        entry = {"id": node, "time": int(time.time()), "changes": [change]}
        body = compact_json({"object": about, "entry": [entry]})
        proof = hmac.new(META_CLIENT.secret.encode(), body, hashlib.sha256).hexdigest()
        url = self.runtime.settings.meta_events_url
        self.runtime.post_webhook(url, body, {"x-hub-signature-256": f"sha256={proof}"})

    async def request_deletion(self, account: str) -> dict[str, Any]:
        """Call the data-deletion callback; returns its status and JSON answer.

        Raises:
            httpx.HTTPError: the app does not answer.
        """
        url = self.runtime.settings.meta_deletion_url
        async with httpx.AsyncClient(timeout=20, trust_env=False) as client:
            answer = await client.post(url, content=self._form(account), headers=_HEADERS)
        return {"status": answer.status_code, "answer": answer.json()}

    def _form(self, account: str) -> bytes:
        # Signed with the machine's time: the app does not follow the sandbox's clock.
        body = {
            "algorithm": "HMAC-SHA256",
            "issued_at": int(time.time()),
            "user_id": self.runtime.accounts(META)[account].id,
        }
        part = _base64url(compact_json(body))
        digest = hmac.new(META_CLIENT.secret.encode(), part.encode(), hashlib.sha256).digest()
        return urlencode({"signed_request": f"{_base64url(digest)}.{part}"}).encode()


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
