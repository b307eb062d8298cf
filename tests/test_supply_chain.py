"""What is installed is what was locked."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOCK = tomllib.loads((ROOT / "uv.lock").read_text())
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_t31_every_locked_file_has_a_hash() -> None:
    files = [
        (package["name"], file)
        for package in LOCK["package"]
        if "registry" in package["source"]
        for file in (
            *package.get("wheels", ()),
            *([package["sdist"]] if "sdist" in package else ()),
        )
    ]
    assert len(files) > 100
    assert [name for name, file in files if not file.get("hash", "").startswith("sha256:")] == []


def test_t31_nothing_comes_from_anywhere_but_the_registry() -> None:
    sources = {next(iter(package["source"])) for package in LOCK["package"]}
    assert sources <= {"registry", "editable"}


def test_t31_every_dependency_is_locked_and_installed_frozen() -> None:
    locked = {package["name"] for package in LOCK["package"]}
    groups = PROJECT["project"]["optional-dependencies"].values()
    wanted = [*PROJECT["project"]["dependencies"], *(one for group in groups for one in group)]
    names = {re.split(r"[\[<>=,! ]", one)[0].lower().replace("_", "-") for one in wanted}
    assert names <= locked
    assert "--frozen" in (ROOT / "Makefile").read_text()
