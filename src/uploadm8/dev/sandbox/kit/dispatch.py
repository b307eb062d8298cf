"""From an ASGI request to a party's route and back, with the scripted faults in between."""

import asyncio
from collections.abc import Sequence

from litestar.types import Receive, Scope, Send

from uploadm8.dev.sandbox.kit.faults import Fault, FaultKind
from uploadm8.dev.sandbox.kit.ledger import CallRecord
from uploadm8.dev.sandbox.kit.runtime import Runtime
from uploadm8.dev.sandbox.kit.wire import (
    Call,
    ClientGoneError,
    CutError,
    Handler,
    Party,
    RefusedError,
    Reply,
    make_call,
    reset_connection,
    send_reply,
    wait_for_disconnect,
)

_CANNED = {FaultKind.TOO_MANY: "429", FaultKind.SERVER_ERROR: "5xx", FaultKind.QUOTA: "quota"}
_CUT_STATUS = 0


class Dispatcher:
    """Finds the party and route of a request, plays faults, and keeps the call log."""

    def __init__(self, runtime: Runtime, parties: Sequence[Party]) -> None:
        self.runtime = runtime
        self._parties = {party.prefix: party for party in parties}

    def party_for(self, scope: Scope) -> Party | None:
        first = str(scope["path"]).split("/", 2)[1] if scope["path"] else ""
        return self._parties.get(f"/{first}")

    async def answer(self, party: Party, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request of a party."""
        await self.runtime.settle()
        call = make_call(scope, receive, party.prefix, self.runtime.base_url)
        method = "GET" if call.method == "HEAD" else call.method
        found = party.find(method, call.path)
        if found is None:
            call.route = "unknown"
            await self._finish(party, call, party.unknown(call), None, send)
            return
        route, call.params = found
        try:
            call.route = await route.refine(call) if route.refine else route.name
        except RefusedError as refusal:
            call.route = route.name
            await self._finish(party, call, refusal.reply, None, send)
            return
        except ClientGoneError:
            return
        call.account = party.subject(call)
        fault = self.runtime.faults.take(party.name, call.route, call.account)
        if fault and await self._before(party, call, fault, send):
            return
        await self._run(party, call, route.handler, fault, send)

    async def _before(self, party: Party, call: Call, fault: Fault, send: Send) -> bool:
        """Play a fault that comes before any effect; True when the request ends with it."""
        if fault.fault is FaultKind.RESET_BEFORE:
            self._record(party, call, _CUT_STATUS, fault)
            await reset_connection(call.receive, send)
            return True
        if fault.fault in _CANNED:
            reply = party.canned.get(_CANNED[fault.fault], Reply(fault.status))
            if fault.fault is FaultKind.SERVER_ERROR:
                reply = Reply(fault.status, reply.body, reply.headers)
            if fault.retry_after is not None:
                reply = reply.with_headers({"retry-after": f"{fault.retry_after:g}"})
            await self._finish(party, call, reply, fault, send)
            return True
        if fault.fault is FaultKind.SLOW:
            await asyncio.sleep(fault.delay_s)
        elif fault.fault is FaultKind.REVOKE and call.account:
            self.runtime.revoke_account(party.name, call.account)
        else:
            call.fault = fault.fault.value
        return False

    async def _run(
        self, party: Party, call: Call, handler: Handler, fault: Fault | None, send: Send
    ) -> None:
        try:
            reply = await handler(call)
        except RefusedError as refusal:
            reply = refusal.reply
        except ClientGoneError:
            self._record(party, call, _CUT_STATUS, fault)
            return
        except CutError:
            self._record(party, call, _CUT_STATUS, fault)
            await reset_connection(call.receive, send)
            return
        match fault.fault if fault else None:
            case FaultKind.ACCEPT_THEN_RESET:
                self._record(party, call, _CUT_STATUS, fault)
                await reset_connection(call.receive, send)
            case FaultKind.ACCEPT_THEN_HANG:
                self._record(party, call, _CUT_STATUS, fault)
                await wait_for_disconnect(call.receive)
                await reset_connection(call.receive, send)
            case FaultKind.ACCEPT_THEN_500 if fault:
                canned = party.canned.get("5xx", Reply())
                answer = Reply(fault.status, canned.body, canned.headers)
                await self._finish(party, call, answer, fault, send)
            case _:
                await self._finish(party, call, reply, fault, send)

    async def _finish(
        self, party: Party, call: Call, reply: Reply, fault: Fault | None, send: Send
    ) -> None:
        try:
            await call.drain()
        except (ClientGoneError, CutError):
            self._record(party, call, _CUT_STATUS, fault)
            return
        self._record(party, call, reply.status, fault)
        await send_reply(reply, send, head=call.method == "HEAD")

    def _record(self, party: Party, call: Call, status: int, fault: Fault | None) -> None:
        self.runtime.ledger.record(
            CallRecord(
                at=self.runtime.state.now(),
                party=party.name,
                route=call.route,
                status=status,
                account=call.account,
                fault=fault.fault.value if fault else None,
            )
        )
