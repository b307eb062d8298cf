"""Pages made from the code are up to date."""

from pathlib import Path

import pytest

from uploadm8.config import Config
from uploadm8.dev.reference import PAGES

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_what_the_code_says(name: str) -> None:
    assert (ROOT / name).read_text() == PAGES[name](), "run python -m uploadm8.dev.reference"


def test_the_example_names_every_setting_and_no_other() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    named = {
        line.lstrip("#").partition("=")[0] for line in lines if "=" in line and "# " not in line[:2]
    }
    assert named == {name.upper() for name in Config.model_fields}
