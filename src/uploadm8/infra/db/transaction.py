"""Transactions owned by services, with work to do once they have been committed."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from types import TracebackType
from typing import TYPE_CHECKING, Any, cast

import structlog
from piccolo.engine.postgres import PostgresTransaction

if TYPE_CHECKING:
    from uploadm8.infra.db.engine import Database

log = structlog.get_logger(__name__)

Hook = Callable[[], Awaitable[None]]
_hooks: ContextVar[list[Hook] | None] = ContextVar("after_commit_hooks", default=None)


class LeakProofTransaction(PostgresTransaction):
    """Piccolo's transaction, made to give its connection back whatever BEGIN, COMMIT or ROLLBACK say.

    Piccolo 1.38 keeps the pool slot when one of them fails or is canceled, and the context variable.
    """

    async def get_connection(self) -> Any:
        """The connection to work on."""
        return await cast("Database", self.engine).take()

    async def begin(self) -> None:
        """Start the transaction."""
        try:
            await super().begin()  # type: ignore[no-untyped-call]
        except BaseException:  # most of all a canceled job
            await self._give_back()
            raise

    async def __aexit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        """End the transaction."""
        if self._parent is not None:
            return False
        try:
            await super().__aexit__(exception_type, exception, traceback)
        except BaseException:
            self.engine.current_transaction.set(None)
            await self._give_back()
            raise
        return False

    async def _give_back(self) -> None:
        with suppress(Exception):
            self.connection.terminate()
        if self.engine.pool is not None:
            with suppress(Exception):
                await self.engine.pool.release(self.connection)


@asynccontextmanager
async def transaction() -> AsyncIterator[None]:
    """Run the body in one transaction; a nested call joins the outer one.

    No savepoint is made, so catching a database error inside poisons the whole transaction: use
    ON CONFLICT instead. Never gather queries inside: there is one connection.
    """
    from uploadm8.infra.db.engine import DB  # noqa: PLC0415  the engine needs this module first

    if DB.transaction_exists():
        yield
        return
    token = _hooks.set([])
    try:
        async with DB.transaction():
            yield
        hooks = _hooks.get() or []
    finally:
        _hooks.reset(token)
    for hook in hooks:
        try:
            await hook()
        except Exception:
            log.exception("after_commit_failed")


@asynccontextmanager
async def snapshot() -> AsyncIterator[None]:
    """A transaction of its own in which every statement sees the same moment.

    Raises:
        RuntimeError: inside another transaction, which has seen something already.
    """
    from uploadm8.infra.db.engine import DB  # noqa: PLC0415

    if DB.transaction_exists():
        raise RuntimeError("a snapshot must be the outermost transaction")
    async with transaction():
        await DB.rows("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


async def after_commit(hook: Hook) -> None:
    """Call `hook` once the current transaction has been committed, or now if there is none.

    The hook may only be an optimisation: a crash right after COMMIT loses it.
    """
    hooks = _hooks.get()
    if hooks is None:
        await hook()
    else:
        hooks.append(hook)
