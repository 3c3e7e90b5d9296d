"""The mistakes that `make mutants` plants: each still has the code that it changes, which nobody runs every day."""

from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PLANTED = yaml.safe_load((ROOT / "benchmarks/planted_mutants.yaml").read_text("utf-8"))


@pytest.mark.parametrize("mistake", PLANTED, ids=[each["what"] for each in PLANTED])
def test_a_planted_mistake_changes_code_that_is_there(mistake: dict[str, str]) -> None:
    source = (ROOT / mistake["file"]).read_text("utf-8")
    assert source.count(mistake["find"]) == 1
    assert mistake["find"] != mistake["replace"]
