"""Named crash points for fault tests: FAILPOINTS=after_handle:kill makes that line a kill -9."""

import os
import signal
import time
from dataclasses import dataclass, field


@dataclass(slots=True)
class _Armed:
    actions: dict[str, str] = field(default_factory=dict)


_armed = _Armed()


def arm(setting: str) -> None:
    """Arm points from ``name:action[,name:action]``; actions are kill, freeze and error."""
    entries = (entry.partition(":") for entry in setting.split(",") if entry.strip())
    _armed.actions = {name.strip(): action.strip() or "kill" for name, _, action in entries}


def failpoint(name: str) -> None:
    """Do what was armed for this point, once; nothing in production."""
    action = _armed.actions.pop(name, None)
    if action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif action == "freeze":
        os.kill(os.getpid(), signal.SIGSTOP)
        time.sleep(0)
    elif action == "error":
        raise RuntimeError(f"failpoint {name}")
