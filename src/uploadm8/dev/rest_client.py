"""A REST client as any customer would write it: HTTP and nothing else."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from uploadm8.dev.html_form import first_form

MIB = 1 << 20
Watch = Callable[[dict[str, Any]], None]


class ApiProblemError(RuntimeError):
    """The API refused a request; its problem document says why."""

    def __init__(self, answer: httpx.Response) -> None:
        try:
            self.problem: dict[str, Any] = answer.json()
        except ValueError:
            self.problem = {"detail": answer.text[:300]}
        detail = self.problem.get("detail", "")
        action = self.problem.get("action") or ""
        super().__init__(
            f"{answer.status_code} {self.problem.get('code', '')}: {detail} {action}".strip()
        )


@dataclass(slots=True)
class RestClient:
    """One signed-in user."""

    api_url: str
    http: httpx.Client = field(
        default_factory=lambda: httpx.Client(timeout=60, follow_redirects=False)
    )

    def call(self, method: str, path: str, **kwargs: Any) -> Any:
        """One request; its JSON, or an ApiProblemError."""
        answer = self.http.request(method, self.api_url + path, **kwargs)
        if answer.is_error:
            raise ApiProblemError(answer)
        return answer.json() if answer.content else None

    def register(self, email: str, password: str) -> None:
        """Make an account and stay signed in."""
        self._signed_in(
            self.call("POST", "/api/auth/register", json={"email": email, "password": password})
        )

    def log_in(self, email: str, password: str) -> None:
        """Sign in."""
        self._signed_in(
            self.call("POST", "/api/auth/login", json={"email": email, "password": password})
        )

    def connect(self, platform: str, consent_url: str, account: str) -> str:
        """Connect an account by the OAuth flow, with `consent_url` in the place of a person.

        An empty `consent_url` stands for a platform whose consent page says yes by itself, or by
        its first form as it is.
        """
        started = self.call("GET", f"/oauth/{platform}/start")
        where = started["authorize_url"]
        if consent_url:
            params = {"url": where, "account": account}
            decided = httpx.get(consent_url, params=params, timeout=30)
            if decided.is_error:
                raise ApiProblemError(decided)
            where = decided.json()["callback_url"]
        else:
            where = self._redirected(where)
        back = self.http.get(where)
        told = parse_qs(urlsplit(back.headers.get("location", "")).query)
        if "error" in told or back.status_code not in (302, 303):
            raise RuntimeError(
                f"Connecting {platform} failed: {told.get('error', [back.text[:200]])[0]}"
            )
        return self._account(platform)

    def _redirected(self, url: str) -> str:
        """The address at the API that a chain of redirects and forms leads to."""
        with httpx.Client(timeout=30) as person:
            answer = person.get(url)
            for _ in range(10):
                if answer.has_redirect_location:
                    url = str(answer.url.join(answer.headers["location"]))
                    if url.startswith(self.api_url):
                        return url
                    answer = person.get(url)
                    continue
                form = first_form(answer.text)
                if form is None:
                    break
                target, get = answer.url.join(form.action), form.method == "GET"
                answer = person.request(
                    form.method,
                    target,
                    params=form.fields if get else None,
                    data=None if get else form.fields,
                )
        raise RuntimeError(
            f"The consent page at {answer.url} did not lead back to the API:"
            f" {answer.status_code} {answer.text[:200]}"
        )

    def _account(self, platform: str) -> str:
        told = self.call("GET", "/api/platforms")
        entry = next(item for item in told["items"] if item["platform"] == platform)
        if not entry["accounts"]:
            choice = entry["choices"][0]
            picked = {"external_ids": [choice["accounts"][0]["external_id"]]}
            self.call("POST", f"/api/platforms/choices/{choice['id']}", json=picked)
            return self._account(platform)
        return str(entry["accounts"][0]["id"])

    def put_file(self, presigned: dict[str, Any], path: Path, watch: Callable[[int], None]) -> None:
        """Send a file to its presigned URL, streaming."""

        def blocks() -> Iterator[bytes]:
            with path.open("rb") as file:
                while block := file.read(MIB):
                    yield block
                    watch(len(block))

        answer = httpx.put(
            presigned["upload_url"], content=blocks(), headers=presigned["headers"], timeout=600
        )
        if answer.is_error:
            raise RuntimeError(f"Storage answered {answer.status_code}: {answer.text[:300]}")

    def follow(
        self, upload_id: str, watch: Watch, done: Callable[[dict[str, Any]], bool]
    ) -> dict[str, Any]:
        """Ask for the upload until `done` says so, telling `watch` each time."""
        while True:
            detail: dict[str, Any] = self.call("GET", f"/api/uploads/{upload_id}")
            watch(detail)
            if done(detail):
                return detail
            time.sleep(0.5)

    def download(self, url: str, path: Path) -> None:
        """Fetch a file."""
        with httpx.stream("GET", url, timeout=600) as answer, path.open("wb") as file:
            answer.raise_for_status()
            for block in answer.iter_bytes(MIB):
                file.write(block)

    def _signed_in(self, told: dict[str, Any]) -> None:
        self.http.headers["Authorization"] = f"Bearer {told['access_token']}"
