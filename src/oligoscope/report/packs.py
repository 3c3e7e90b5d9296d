"""The tables of the knowledge, and the check of a pack, as text and data."""

from dataclasses import asdict

from oligoscope.assess.check import PackCheck
from oligoscope.files.documents import Plain
from oligoscope.knowledge import Knowledge


def tables_text(knowledge: Knowledge) -> str:
    """One line per table: name, kind, question."""
    return "".join(
        f"{table.name:<24}{table.kind:<10}{table.question}\n" for table in (*knowledge.tables, *knowledge.item_tables)
    )


def tables_json(knowledge: Knowledge) -> dict[str, Plain]:
    """The same as data."""
    tables = [
        {"table": t.name, "kind": t.kind, "title": t.title, "question": t.question}
        for t in (*knowledge.tables, *knowledge.item_tables)
    ]
    return {"knowledge": knowledge.version, "tables": tables}


def check_text(check: PackCheck) -> str:
    """One line per problem, then how many, and how the worked examples went."""
    n = len(check.problems)
    problems = "1 problem" if n == 1 else f"{n or 'no'} problems"
    examples = f"{check.passed} of {check.run} worked examples pass" if check.run else "no worked examples were run"
    lines = [*map(str, check.problems), f"{problems}; {examples}"]
    return "\n".join(lines) + "\n"


def check_json(check: PackCheck) -> dict[str, Plain]:
    """The same as data."""
    return {
        "ok": check.ok,
        "problems": [asdict(problem) for problem in check.problems],
        "examples": {"run": check.run, "passed": check.passed},
    }
