"""The language of caption templates: `{variable}` and `{variable|text instead}`. Pure.

A line that names a variable without a value, and without a text instead, is left out, so that a
video without telemetry gets no empty phrases. `{{` and `}}` stand for braces.
"""

import re
from collections.abc import Mapping

from uploadm8.domain.captions.variables import VARIABLES

Values = Mapping[str, str | None]

_PART = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_BLANKS = re.compile(r"\n{3,}")


def problems(text: str) -> list[str]:
    """What is wrong with a template, a sentence each; empty when it can be used."""
    found = []
    for match in _PART.finditer(text):
        if match[0] in ("{{", "}}"):
            continue
        if match[1] is None:
            found.append(f"a {match[0]} stands alone at character {match.start() + 1}; double it")
        elif (name := match[1].partition("|")[0].strip()) not in VARIABLES:
            found.append(f"{{{name}}} is no variable")
    return found


def render(text: str, values: Values) -> str:
    """The caption, from a template without problems."""
    lines = [line for raw in text.split("\n") if (line := _line(raw, values)) is not None]
    return _BLANKS.sub("\n\n", "\n".join(lines)).strip()


def _line(raw: str, values: Values) -> str | None:
    missing = False

    def put(match: re.Match[str]) -> str:
        nonlocal missing
        if match[0] in ("{{", "}}"):
            return match[0][0]
        name, has_instead, instead = (match[1] or "").partition("|")
        value = values.get(name.strip())
        if not value and not has_instead:
            missing = True
        return value or instead

    line = _PART.sub(put, raw)
    return None if missing else line
