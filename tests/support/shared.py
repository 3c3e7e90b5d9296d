"""Files of others that are too large or not ours to copy; tests that read them skip, visibly, where they are missing."""

import os
from pathlib import Path

import pytest

PLACE = Path(os.environ.get("OLIGOSCOPE_SHARED", Path(__file__).parents[3] / "shared"))


def shared(name: str) -> Path:
    """The folder or file of that name; skips the test where it is not there."""
    found = PLACE / name
    if not found.exists():
        pytest.skip(f"{found} is not here (set OLIGOSCOPE_SHARED)")
    return found
