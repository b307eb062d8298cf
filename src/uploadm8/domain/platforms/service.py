"""The platforms as one collaborator: clients, accounts, flows, tokens."""

from dataclasses import dataclass

from uploadm8.domain.platforms.accounts import Accounts, Hook, nothing
from uploadm8.domain.platforms.actors import PlatformJobs
from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.domain.platforms.clients.registry import Clients
from uploadm8.domain.platforms.flows import Flows
from uploadm8.domain.platforms.letters import Letters, Wanted
from uploadm8.domain.platforms.limits import AccountLimits
from uploadm8.domain.platforms.signals import PostHook, Signals, no_post
from uploadm8.domain.platforms.tokens import TokenKeeper
from uploadm8.domain.platforms.vault import Vault
from uploadm8.domain.platforms.views import PlatformViews
from uploadm8.infra.mail.mailer import Mailer
from uploadm8.infra.security.cipher import Cipher


@dataclass(frozen=True, slots=True)
class Platforms:
    """Everything about connected accounts that other subjects and controllers use."""

    clients: Clients
    accounts: Accounts
    flows: Flows
    keeper: TokenKeeper
    limits: AccountLimits
    views: PlatformViews
    jobs: PlatformJobs
    signals: Signals


def build_platforms(
    clients: Clients,
    cipher: Cipher,
    *,
    base_url: str,
    frontend_url: str,
    allow_account: Hook,
    mailer: Mailer,
    wants_mail: Wanted,
    connected: Hook = nothing,
    posts_moved: Hook = nothing,
    post_hidden: PostHook = no_post,
    verify_token: str = "",
) -> Platforms:
    """Wire the subject together.

    Args:
        clients: of the four platforms.
        cipher: the key ring for tokens.
        base_url: our public address.
        frontend_url: where the browser goes after a callback.
        allow_account: refuses one more account when a workspace's tier is full.
        mailer: sends the letters about accounts in trouble.
        wants_mail: whether a workspace wants these letters.
        connected: told of every account that was connected or reconnected.
        posts_moved: told of an account whose posts a platform says have moved on.
        post_hidden: told of a post that its platform says is no longer public.
        verify_token: what Meta proves itself with when it subscribes us to its webhooks.
    """
    vault = Vault(cipher)
    accounts = Accounts(vault, allow_account, connected)
    keeper = TokenKeeper(clients.oauth, vault)
    return Platforms(
        clients=clients,
        accounts=accounts,
        flows=Flows(clients, vault, accounts, base_url, frontend_url),
        keeper=keeper,
        limits=AccountLimits(clients, keeper),
        views=PlatformViews(clients, accounts),
        jobs=PlatformJobs(clients, vault, keeper, Letters(mailer, frontend_url, wants_mail)),
        signals=Signals(
            tiktok=clients.apps[Platform.TIKTOK],
            meta=clients.apps[Platform.FACEBOOK],
            keeper=keeper,
            posts_moved=posts_moved,
            post_hidden=post_hidden,
            verify_token=verify_token,
        ),
    )
