"""Where the shared real-world samples are, when they are here at all."""

import os
from pathlib import Path

import pytest

_DEFAULT = Path(__file__).resolve().parents[2] / "shared" / "samples"


def sample(name: str) -> Path:
    """The path of a sample file; skips the test when the sample folder is not on this machine."""
    path = Path(os.environ.get("UPLOADM8_SAMPLES", _DEFAULT)) / name
    if not path.exists():
        pytest.skip(f"sample {name} is not here; set UPLOADM8_SAMPLES to the folder of samples")
    return path
