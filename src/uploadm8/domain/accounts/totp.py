"""Two-step sign-in: codes of an authenticator app, and recovery codes."""

import secrets
import time
from dataclasses import dataclass
from uuid import UUID

import pyotp

from uploadm8.domain.accounts.letters import LetterKind
from uploadm8.domain.accounts.post import Post
from uploadm8.domain.accounts.tables import RecoveryCode, User
from uploadm8.errors import ConflictError, InvalidRequestError, UnauthenticatedError
from uploadm8.infra.audit import origin
from uploadm8.infra.audit.actions import Action
from uploadm8.infra.audit.record import record_of_user
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.ids import new_id
from uploadm8.infra.security.cipher import Cipher
from uploadm8.infra.security.passwords import Passwords
from uploadm8.infra.security.signing import Signer

CHALLENGE_S = 300
_STEP_S = 30
_CODES = 10
# No 0/O, 1/I/L: codes are typed from paper. 31 characters, so ten of them hold 49.5 bits.
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


class SecondFactorRequiredError(UnauthenticatedError):
    """The password is right; send a code of the authenticator app as well."""

    code = "second_factor_required"


class WrongCodeError(InvalidRequestError):
    """The code is wrong, or was used before."""

    code = "invalid_code"


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """Turns two-step sign-in on and off, and checks codes.

    Attributes:
        window: how many steps of 30 s before the current one are accepted too.
    """

    cipher: Cipher
    signer: Signer
    passwords: Passwords
    post: Post
    window: int = 1

    def required(self, user_id: UUID) -> SecondFactorRequiredError:
        """The answer to a right password: a challenge to send back with the code."""
        return SecondFactorRequiredError(
            action="Send challenge and code to POST /api/auth/login/code within 5 minutes.",
            extra={"challenge": self.signer.ticket("second factor", user_id, CHALLENGE_S)},
        )

    def challenged(self, challenge: str) -> UUID:
        """The user a challenge was made for.

        Raises:
            BadTicketError: not ours, or expired.
        """
        return self.signer.read_ticket("second factor", challenge)

    async def begin(self, user_id: UUID) -> tuple[str, str]:
        """A new secret, not yet in force, and the otpauth URI to show as a QR code.

        Raises:
            ConflictError: it is on already.
        """
        secret = pyotp.random_base32()
        sealed = self.cipher.encrypt(secret, table="users", row=user_id, field="totp_secret")
        rows = await User.raw(
            "UPDATE users SET totp_secret_enc={}, totp_last_step=0"
            " WHERE id={} AND totp_enabled_at IS NULL RETURNING email",
            sealed,
            user_id,
        )
        if not rows:
            raise ConflictError("Two-step sign-in is on already.", code="two_step_on")
        uri = pyotp.TOTP(secret).provisioning_uri(name=rows[0]["email"], issuer_name="UploadM8")
        return secret, uri

    async def activate(self, user_id: UUID, code: str) -> list[str]:
        """Turn it on with a first good code; returns the recovery codes, shown this once.

        Raises:
            WrongCodeError: the code does not fit the secret.
        """
        codes, hashes = await self._new_codes()
        async with transaction():
            if not await self._accept_totp(user_id, code, enabled=False):
                raise WrongCodeError(action="Check the clock of your device.")
            await User.raw("UPDATE users SET totp_enabled_at=now() WHERE id={}", user_id)
            await self._store_codes(user_id, hashes)
            await self.post.notify(user_id, LetterKind.TOTP_ENABLED)
            await record_of_user(Action.TWO_STEP_ON, user_id)
        return codes

    async def renew_codes(self, user_id: UUID, code: str) -> list[str]:
        """Replace all recovery codes.

        Raises:
            WrongCodeError: the code is wrong or used.
        """
        codes, hashes = await self._new_codes()
        async with transaction():
            if not await self._accept_totp(user_id, code, enabled=True):
                raise WrongCodeError
            await self._store_codes(user_id, hashes)
            await record_of_user(Action.RECOVERY_CODES_MADE, user_id)
        return codes

    async def turn_off(self, user_id: UUID, code: str) -> None:
        """Turn it off.

        Raises:
            WrongCodeError: the code is wrong or used.
        """
        if not await self.accept(user_id, code):
            raise WrongCodeError
        async with transaction():
            await User.raw(
                "UPDATE users SET totp_secret_enc=NULL, totp_enabled_at=NULL WHERE id={}", user_id
            )
            await RecoveryCode.raw('DELETE FROM recovery_codes WHERE "user"={}', user_id)
            await self.post.notify(user_id, LetterKind.TOTP_DISABLED)
            await record_of_user(Action.TWO_STEP_OFF, user_id)

    async def accept(self, user_id: UUID, code: str) -> bool:
        """Consume a code of the authenticator or a recovery code; each is good once."""
        if code.isascii() and code.isdigit() and len(code) == 6:
            return await self._accept_totp(user_id, code, enabled=True)
        return await self._accept_recovery(user_id, code)

    async def _accept_totp(self, user_id: UUID, code: str, *, enabled: bool) -> bool:
        rows = await User.raw(
            "SELECT totp_secret_enc FROM users WHERE id={} AND totp_secret_enc IS NOT NULL"
            " AND (totp_enabled_at IS NOT NULL) = {}",
            user_id,
            enabled,
        )
        if not rows:
            return False
        sealed = rows[0]["totp_secret_enc"]
        secret = self.cipher.decrypt(sealed, table="users", row=user_id, field="totp_secret")
        step = self._step_of(secret, code)
        if step is None:
            return False
        # pyotp accepts a code as often as it is sent; the stored step makes it good once.
        used = await User.raw(
            "UPDATE users SET totp_last_step={} WHERE id={} AND totp_last_step < {} RETURNING id",
            step,
            user_id,
            step,
        )
        return bool(used)

    def _step_of(self, secret: str, code: str) -> int | None:
        now_step = int(time.time()) // _STEP_S
        totp = pyotp.TOTP(secret)
        for step in range(now_step - self.window, now_step + 1):
            if secrets.compare_digest(totp.generate_otp(step), code):
                return step
        return None

    async def _accept_recovery(self, user_id: UUID, code: str) -> bool:
        position, _, rest = code.strip().upper().partition("-")
        if not (position.isascii() and position.isdigit() and len(position) <= 2):
            return False
        rows = await RecoveryCode.raw(
            "SELECT id, code_hash FROM recovery_codes"
            ' WHERE "user"={} AND position={} AND used_at IS NULL',
            user_id,
            int(position),
        )
        stored = rows[0]["code_hash"] if rows else None
        if not await self.passwords.verify(stored, rest):
            return False
        async with transaction():
            used = await RecoveryCode.raw(
                "UPDATE recovery_codes SET used_at=now() WHERE id={} AND used_at IS NULL RETURNING id",
                rows[0]["id"],
            )
            if used:
                await self.post.notify(user_id, LetterKind.RECOVERY_CODE_USED)
                await record_of_user(Action.RECOVERY_CODE_USED, user_id, actor=origin.user(user_id))
        return bool(used)

    async def _new_codes(self) -> tuple[list[str], list[str]]:
        bodies = ["-".join(_group() for _ in range(2)) for _ in range(_CODES)]
        hashes = [await self.passwords.hash(body) for body in bodies]
        return [f"{position}-{body}" for position, body in enumerate(bodies, 1)], hashes

    async def _store_codes(self, user_id: UUID, hashes: list[str]) -> None:
        await RecoveryCode.raw('DELETE FROM recovery_codes WHERE "user"={}', user_id)
        for position, code_hash in enumerate(hashes, 1):
            await RecoveryCode.raw(
                'INSERT INTO recovery_codes (id, "user", position, code_hash) VALUES ({}, {}, {}, {})',
                new_id(),
                user_id,
                position,
                code_hash,
            )


def _group() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(5))
