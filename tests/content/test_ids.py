"""The program names nothing of the pack: no table, fact, rule, trial or study, so that another pack can take its place."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from oligoscope.knowledge import load
from oligoscope.knowledge.model import Knowledge
from oligoscope.tables.facts import Fact

SOURCE = Path(__file__).parents[2] / "src/oligoscope"
EXAMPLE = "oligoscope "
"""Strings of cli/ that begin so are the examples which a command's help shows: they name things that there are."""


def ids(knowledge: Knowledge) -> Iterator[str]:
    for step in knowledge.steps:
        yield step.name
        if not isinstance(step, Fact):
            yield from (rule.id for part in step.parts for rule in part.rules)
            yield from (part.id for part in step.parts)
    yield from (trial.trial for trial in knowledge.trials)
    yield from knowledge.evidence.ids


def distinctive(name: str) -> bool:
    """Whether a name is no word of English ("core", "stop", "brain"): those cannot be told from their use in a text."""
    return bool(re.search(r"[-_\d]", name)) or name != name.lower()


def strings(path: Path) -> Iterator[tuple[int, str]]:
    """The strings of a module that are no docstrings, with their lines; of a template every line."""
    if path.suffix != ".py":
        yield from enumerate(path.read_text("utf-8").splitlines(), 1)
        return
    tree = ast.parse(path.read_text("utf-8"))
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node.lineno, node.value


def test_no_name_of_the_pack_stands_in_the_program() -> None:
    names = sorted({name for name in ids(load()) if distinctive(name)})
    assert len(names) > 200
    pattern = re.compile(rf"(?<![\w-])({'|'.join(map(re.escape, names))})(?![\w-])")
    files = [path for path in SOURCE.rglob("*") if path.suffix in (".py", ".html", ".css", ".js")]
    found = [
        f"{path.relative_to(SOURCE)}:{line}: {match[0]}"
        for path in files
        if "packs" not in path.parts
        for line, text in strings(path)
        if not (path.parent.name == "cli" and text.startswith(EXAMPLE))
        for match in pattern.finditer(text)
    ]
    assert found == []
