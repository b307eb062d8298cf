"""From settings to the collaborators around accounts; part of the composition of services."""

from dataclasses import dataclass

from uploadm8.config import Config, EmailVerification
from uploadm8.domain.accounts.attempts import Attempts
from uploadm8.domain.accounts.credentials import CredentialChanges
from uploadm8.domain.accounts.links import MailedLinks
from uploadm8.domain.accounts.post import Post
from uploadm8.domain.accounts.service import Accounts
from uploadm8.domain.accounts.sessions import Sessions
from uploadm8.domain.accounts.totp import SecondFactor
from uploadm8.domain.workspaces.api_keys import ApiKeys
from uploadm8.domain.workspaces.principals import DatabasePrincipals
from uploadm8.domain.workspaces.service import Workspaces
from uploadm8.infra.http import Http
from uploadm8.infra.mail.mailer import Mailer, Mailgun, Outbox
from uploadm8.infra.security.cipher import Cipher
from uploadm8.infra.security.passwords import Passwords
from uploadm8.infra.security.signing import Signer
from uploadm8.infra.security.tokens import AccessTokens, RefreshTokens


@dataclass(frozen=True, slots=True)
class People:
    """Everything about who a user is."""

    accounts: Accounts
    credentials: CredentialChanges
    second_factor: SecondFactor
    post: Post
    principals: DatabasePrincipals
    workspaces: Workspaces
    api_keys: ApiKeys
    signer: Signer


def build_people(config: Config, cipher: Cipher, passwords: Passwords, mailer: Mailer) -> People:
    """Put the collaborators together."""
    signer = Signer.derive(config.jwt_secret.get_secret_value().encode())
    access = access_tokens(config)
    links = MailedLinks(signer)
    post = Post(links, mailer, config.frontend_url)
    workspaces = Workspaces()
    attempts = Attempts(signer)
    second_factor = SecondFactor(cipher, signer, passwords, post, config.totp_window)
    sessions = Sessions(
        access,
        RefreshTokens.derive(cipher.keys, cipher.primary),
        post,
        config.refresh_token_days,
        config.refresh_grace_seconds,
    )
    accounts = Accounts(
        passwords,
        sessions,
        attempts,
        second_factor,
        post,
        on_registered=workspaces.create,
        must_verify=config.verification is EmailVerification.REQUIRED,
    )
    credentials = CredentialChanges(
        passwords, sessions, attempts, second_factor, post, links, config.bootstrap_admin_email
    )
    return People(
        accounts,
        credentials,
        second_factor,
        post,
        DatabasePrincipals(access),
        workspaces,
        ApiKeys(post),
        signer,
    )


def access_tokens(config: Config) -> AccessTokens:
    """The signer of access tokens, from the settings."""
    return AccessTokens.build(
        config.base_url,
        config.jwt_secret.get_secret_value(),
        config.jwt_secret_previous.get_secret_value(),
        config.access_token_minutes,
    )


def build_mailer(config: Config, http: Http) -> Mailer:
    """Mailgun when it is configured, else the log and a folder."""
    key = config.mailgun_api_key.get_secret_value()
    if key and config.mailgun_domain:
        return Mailgun(
            http, config.mailgun_api_base_url, config.mailgun_domain, key, config.mail_from
        )
    return Outbox(config.outbox_dir, config.mail_from)
