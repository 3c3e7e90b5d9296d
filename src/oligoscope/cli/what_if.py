"""`oligoscope what-if`: what changes when fields of a case have other values."""

import argparse
import datetime
from typing import TYPE_CHECKING

from oligoscope.cli.common import (
    DONE,
    Commands,
    UsageError,
    add_command,
    add_json,
    add_parameters,
    knowledge_of,
    print_json,
)

if TYPE_CHECKING:
    from oligoscope.assess.patient import Assessment


def add_commands(commands: Commands) -> None:
    """`oligoscope what-if CASE FIELD=VALUE …`."""
    command = add_command(
        commands,
        "what-if",
        _run,
        "oligoscope what-if CASE.yaml ecog=2 primary.n=N0",
        "Show what changes when fields have other values.",
        ("case",),
    )
    add_parameters(command)
    command.add_argument("changes", nargs="+", metavar="FIELD=VALUE")
    add_json(command, "the changes")


def _run(arguments: argparse.Namespace) -> int:
    from oligoscope.assess.patient import assess
    from oligoscope.assess.what_if import changes
    from oligoscope.chart.document import read_case, with_fields

    today = datetime.date.today()
    knowledge = knowledge_of(arguments)
    pairs = dict(_field(text) for text in arguments.changes)
    before = assess(read_case(arguments.case, today), knowledge)
    after = assess(with_fields(arguments.case, pairs, today), knowledge)
    found = changes(before, after)
    if arguments.json:
        return print_json([{"column": c.column, "before": c.before, "after": c.after} for c in found])
    for change in found:
        if not change.column.endswith(("_possible", "_rule", "_needs")):
            print(
                f"{change.column}: {_shown(before, change.column, change.before)} → {_shown(after, change.column, change.after)}"
            )
    if not found:
        print("nothing changes")
    return DONE


def _shown(assessment: "Assessment", column: str, value: object) -> str:
    from oligoscope.assess.rows import answer_row

    if value is None and column.endswith(("_low", "_high")):
        return "none"
    if value is None:
        return f"undetermined ({str(answer_row(assessment).get(f'{column}_possible')).replace('|', ', ')})"
    return str(value) or "none"


def _field(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise UsageError(f"{text}: write FIELD=VALUE, for example ecog=2")
    return name, value
