"""What the house holds its own code to: short functions, and types that say something."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src"
LONGEST = 45
MOST_ANY = 57
IGNORED = re.compile(r"#\s*type:\s*ignore(?:\[[^\]]*\])?\s*(?P<why>#.*\S)?")


def trees() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(SOURCE.rglob("*.py")):
        yield str(path.relative_to(SOURCE)), ast.parse(path.read_text("utf-8"))


def test_no_function_is_longer_than_a_screen() -> None:
    functions = [
        (f"{file}: {node.name}", (node.end_lineno or 0) - node.lineno + 1)
        for file, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]
    assert len(functions) > 2_000
    assert {name: length for name, length in functions if length > LONGEST} == {}


def test_any_stands_where_nothing_is_known_and_hardly_elsewhere() -> None:
    found = [
        f"{file}:{node.lineno}"
        for file, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and node.id == "Any"
    ]
    assert 0 < len(found) <= MOST_ANY, found


def test_every_type_that_is_ignored_has_its_reason() -> None:
    lines = [
        (f"{path.relative_to(SOURCE)}:{number}", match)
        for path in sorted(SOURCE.rglob("*.py"))
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if (match := IGNORED.search(line))
    ]
    assert len(lines) > 5
    assert [where for where, match in lines if not match["why"]] == []
