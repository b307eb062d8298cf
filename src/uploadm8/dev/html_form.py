"""The first form of an HTML page, filled in as it is shown: enough to say yes on a consent page."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

_Attributes = list[tuple[str, str | None]]


@dataclass(slots=True)
class Form:
    """Where a form goes and what it sends.

    Attributes:
        action: address, relative to the page's.
        method: GET or POST.
        fields: values by name; of buttons the first, of alternatives the checked or first one.
    """

    action: str = ""
    method: str = "GET"
    fields: dict[str, str] = field(default_factory=dict)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.form: Form | None = None
        self._open = False
        self._pressed = False

    def handle_starttag(self, tag: str, attrs: _Attributes) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "form" and self.form is None:
            method = told.get("method", "get").upper()
            self.form, self._open = Form(told.get("action", ""), method), True
        elif self._open and self.form is not None and tag in ("input", "button", "select"):
            self._field(self.form, tag, told)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = False

    def _field(self, form: Form, tag: str, told: dict[str, str]) -> None:
        name, kind = told.get("name", ""), told.get("type", "submit" if tag == "button" else "text")
        if not name:
            return
        value = told.get("value", "on" if kind == "checkbox" else "")
        if kind in ("submit", "image"):
            if not self._pressed:
                form.fields[name], self._pressed = value, True
        elif kind == "radio" and "checked" not in told:
            form.fields.setdefault(name, value)
        else:
            form.fields[name] = value


def first_form(page: str) -> Form | None:
    """Read the first form of a page; None without one."""
    reader = _Reader()
    reader.feed(page)
    return reader.form
