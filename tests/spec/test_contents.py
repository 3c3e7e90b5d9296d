"""The contents of the book name every chapter by its title, and nothing else."""

import importlib
import re
from pathlib import Path

from oligoscope.tables.operators import LIST_OPERATORS, PLAIN_OPERATORS

BOOK = Path(__file__).parent
CHAPTERS = [path for path in BOOK.glob("test_*.py") if path.name != Path(__file__).name]


def test_contents_are_the_chapters() -> None:
    listed = dict(re.findall(r"^\| \[.*\]\((.*)\) \| (.*) \|$", (BOOK / "README.md").read_text(), re.MULTILINE))
    titles = {path.name: importlib.import_module(f"tests.spec.{path.stem}").title for path in CHAPTERS}
    assert listed == titles


def test_every_operator_has_its_paragraphs() -> None:
    text = "".join(path.read_text() for path in CHAPTERS)
    operators = (*LIST_OPERATORS, *PLAIN_OPERATORS)
    assert [name for name in operators if not re.search(rf"\b{name}: ", text) and f'"{name}"' not in text] == []
