"""docs/threats.md is complete, and what it names exists."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROWS = {
    cells[1].strip(): cells[4]
    for line in (ROOT / "docs" / "threats.md").read_text().splitlines()
    if re.match(r"\| T\d+ \|", line) and (cells := line.split("|"))
}


def named(cell: str) -> list[tuple[str, str]]:
    """(file, test) of every test in a cell; `::test` is in the file named before it."""
    found, file = [], ""
    for part in re.findall(r"`([^`]+)`", cell):
        path, _, test = part.partition("::")
        file = path or file
        found.append((file, test))
    return found


def functions_in(file: str) -> set[str]:
    tree = ast.parse((ROOT / file).read_text())
    return {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def test_every_threat_has_a_row() -> None:
    assert list(ROWS) == [f"T{number}" for number in range(1, 33)]


@pytest.mark.parametrize("row", ROWS)
def test_every_row_names_tests_that_exist(row: str) -> None:
    tests = named(ROWS[row])
    assert tests
    assert [one for one in tests if one[1] not in functions_in(one[0])] == []


def test_every_test_that_says_a_number_is_in_its_row() -> None:
    missing = []
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        path = str(file.relative_to(ROOT))
        for name in sorted(functions_in(path)):
            for number in re.findall(r"(?<=_)t(\d+)(?=_)", re.sub(r"^test", "", name)):
                if (path, name) not in named(ROWS[f"T{number}"]):
                    missing.append(f"T{number}: {path}::{name}")
    assert missing == []
