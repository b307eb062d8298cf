"""docs/kpis.md names, for every definition in it, tests that count it by hand and that exist."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
DEFINITIONS, _, CHECKED = (
    (ROOT / "docs/kpis.md").read_text().partition("## Where each is counted by hand")
)
ROWS = {
    name.strip(): re.findall(r"`([^`]*::[^`]+)`", tests)
    for names, tests in re.findall(r"^\| ([A-Z][^|]+) \| (.*`.*`.*) \|$", CHECKED, re.M)
    for name in names.split(",")
}
# A definition is a bold word that begins with a capital, or a heading of its own.
DEFINED = [
    *(word.rstrip(".") for word in re.findall(r"\*\*([A-Z][A-Za-z ]+\.?)\*\*", DEFINITIONS)),
    *(re.sub(r" \(.*", "", heading) for heading in re.findall(r"^## (.+)$", DEFINITIONS, re.M)),
]
GROUPS = {"Key figures", "Analytics"}  # headings of what is defined below them


def test_every_definition_has_a_row() -> None:
    assert len(DEFINED) > 25
    assert {name for name in DEFINED if name not in ROWS} == GROUPS
    assert "Platforms (of the installation)" in ROWS
    assert DEFINED.count("Platforms") == 2


@pytest.mark.parametrize("name", ROWS)
def test_its_tests_exist(name: str) -> None:
    assert ROWS[name]
    file = ""
    for reference in ROWS[name]:
        path, _, test = reference.partition("::")
        file = path or file
        tree = ast.parse((ROOT / file).read_text())
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
        assert test in {node.name for node in ast.walk(tree) if isinstance(node, kinds)}
