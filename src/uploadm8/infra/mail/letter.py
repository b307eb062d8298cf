"""A letter: what is said, apart from how it looks; rendered as plain text and as HTML."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape


@dataclass(frozen=True, slots=True)
class Button:
    """The one thing the reader may want to do."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Letter:
    """What is said.

    Attributes:
        preview: the sentence that mail clients show beside the subject.
        paragraphs: plain text; escaped in HTML.
        facts: label and value pairs, shown as a small table.
        footnote: why the reader got this, or what to do if it was not expected.
    """

    subject: str
    heading: str
    preview: str
    paragraphs: Sequence[str]
    button: Button | None = None
    facts: Sequence[tuple[str, str]] = ()
    footnote: str = ""


@dataclass(frozen=True, slots=True)
class Mail:
    """A rendered letter on its way to one address."""

    to: str
    subject: str
    text: str
    html: str
    tag: str


def render(letter: Letter, to: str, tag: str) -> Mail:
    """Render a letter; the subject cannot carry further headers."""
    subject = " ".join(letter.subject.split())[:200]
    return Mail(
        to=to,
        subject=subject,
        text=_templates().get_template("letter.txt.j2").render(letter=letter),
        html=_templates().get_template("letter.html.j2").render(letter=letter),
        tag=tag,
    )


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("uploadm8.infra.mail"),
        autoescape=select_autoescape(["html.j2"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
