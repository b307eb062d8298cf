"""uploadm8 inspect, as a user runs it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from telemetry_files import FILES
from uploadm8.cli import main


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "morning ride.txt"
    path.write_text(FILES["vbox"][1]())
    return path


def test_it_prints_what_was_found(log: Path) -> None:
    result = CliRunner().invoke(main, ["inspect", str(log)])
    assert result.exit_code == 0
    assert "vbox" in result.output
    assert "54.0 km/h" in result.output


def test_json_is_one_object(log: Path) -> None:
    result = CliRunner().invoke(main, ["inspect", "--json", str(log)])
    assert result.exit_code == 0
    facts = json.loads(result.output)
    assert facts["format"] == "vbox"
    assert facts["points"] == facts["valid_points"] == 201
    assert facts["start_utc"] == "2024-05-01T10:00:00.000Z"


def test_a_plot_is_written_on_request(log: Path, tmp_path: Path) -> None:
    plot = tmp_path / "out.png"
    assert CliRunner().invoke(main, ["inspect", str(log), "--plot", str(plot)]).exit_code == 0
    assert plot.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "telemetry_empty"), (b"dear diary", "telemetry_unknown_format")],
)
def test_an_unreadable_file_is_an_error_object_and_exit_code_1(
    tmp_path: Path, content: bytes, code: str
) -> None:
    path = tmp_path / "log.gpx"
    path.write_bytes(content)
    result = CliRunner().invoke(main, ["inspect", "--json", str(path)])
    assert result.exit_code == 1
    error = json.loads(result.output)["error"]
    assert error["code"] == code
    assert error["message"].endswith(".")


def test_a_missing_file_is_said_in_a_sentence(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["inspect", str(tmp_path / "nothing")])
    assert result.exit_code == 1
    assert "cannot be opened" in result.output
