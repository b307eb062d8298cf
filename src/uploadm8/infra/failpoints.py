"""Named crash points for fault tests: FAILPOINTS=after_handle@tiktok:kill makes that line a kill -9."""

import os
import signal
import time
from dataclasses import dataclass, field


@dataclass(slots=True)
class _Armed:
    actions: dict[str, str] = field(default_factory=dict)


_armed = _Armed()


def arm(setting: str) -> None:
    """Arm points from ``name[@subject]:action[,...]``; actions are kill, freeze and error."""
    entries = (entry.partition(":") for entry in setting.split(",") if entry.strip())
    _armed.actions = {name.strip(): action.strip() or "kill" for name, _, action in entries}


def failpoint(name: str, subject: str = "") -> None:
    """Do what was armed for this point (of this subject), once; nothing in production."""
    action = _armed.actions.pop(f"{name}@{subject}", None) or _armed.actions.pop(name, None)
    if action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif action == "freeze":
        os.kill(os.getpid(), signal.SIGSTOP)
        time.sleep(0)
    elif action == "error":
        raise RuntimeError(f"failpoint {name}")
