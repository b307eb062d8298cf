"""The consent screen: one page for people, and the same decision for scripts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

from uploadm8.dev.sandbox.kit.pages import render_page
from uploadm8.dev.sandbox.kit.wire import Call, RefusedError, Reply, html_reply, redirect_reply


@dataclass(frozen=True, slots=True)
class Choice:
    """An account to sign in with; `assets` are the pages that can be ticked (id to name)."""

    id: str
    label: str
    detail: str = ""
    assets: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Request:
    """A checked authorization request."""

    client_id: str
    redirect_uri: str
    state: str
    scopes: tuple[str, ...]
    challenge: str | None = None
    offline: bool = True
    first_offline: bool = True
    incremental: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What the person decides; None for scopes or assets means all that was asked for."""

    account: str
    deny: bool = False
    scopes: frozenset[str] | None = None
    assets: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Screen:
    """A party's consent screen.

    Attributes:
        brand: name shown on the page, and the party whose accounts are offered.
        parse: checks the query; raises RefusedError with an error page that never redirects.
        choices: the accounts that can sign in.
        grant: makes the callback URL of an approval.
        denial: makes the callback URL of a refusal.
    """

    brand: str
    parse: Callable[[Call], Request]
    choices: Callable[[], list[Choice]]
    grant: Callable[[Request, Decision], str]
    denial: Callable[[Request], str]

    async def show(self, call: Call) -> Reply:
        """GET of the authorize address."""
        asked = self.parse(call)
        page = render_page(
            "consent.html",
            brand=self.brand,
            asked=asked,
            host=urlsplit(asked.redirect_uri).netloc,
            choices=self.choices(),
            action=f"?{call.raw_query}",
        )
        return html_reply(page)

    async def submit(self, call: Call) -> Reply:
        """POST of the page's form."""
        asked = self.parse(call)
        pairs = parse_qsl((await call.body()).decode("utf-8", "replace"))
        form = dict(pairs)
        account = form.get("account", "")
        assets = {
            v.partition("/")[2] for k, v in pairs if k == "asset" and v.startswith(f"{account}/")
        }
        decision = Decision(
            account=account,
            deny=form.get("decision") == "deny",
            scopes=frozenset(v for k, v in pairs if k == "scope"),
            assets=frozenset(assets),
        )
        return redirect_reply(self.decide(asked, decision))

    def decide(self, asked: Request, decision: Decision) -> str:
        """The callback URL that a decision leads to.

        Raises:
            RefusedError: no such account.
        """
        if decision.deny:
            return self.denial(asked)
        if decision.account not in {choice.id for choice in self.choices()}:
            raise RefusedError(error_page(self.brand, f"no account {decision.account!r} here"))
        return self.grant(asked, decision)


def error_page(brand: str, reason: str, status: int = 400) -> Reply:
    """The page a platform shows instead of redirecting to an address it does not trust."""
    return html_reply(render_page("refused.html", brand=brand, reason=reason), status)


def check_redirect(uri: str, registered: tuple[str, ...]) -> str | None:
    """Why a redirect address cannot be used, or None."""
    parts = urlsplit(uri)
    if parts.scheme not in {"https", "http"} or not parts.netloc or parts.fragment:
        return "redirect_uri must be an absolute http(s) address without a fragment"
    if parts.scheme == "http" and parts.hostname not in {"localhost", "127.0.0.1", "::1"}:
        return "redirect_uri must use https"
    if registered and uri not in registered:
        return "redirect_uri is not registered for this client"
    return None
