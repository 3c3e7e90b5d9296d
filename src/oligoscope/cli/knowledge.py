"""`oligoscope knowledge …`: the decision tables."""

import argparse
import sys
from dataclasses import asdict

from oligoscope.cli.common import (
    DONE,
    SOME_REJECTED,
    Commands,
    UsageError,
    add_command,
    add_group,
    add_json,
    add_packs,
    add_parameters,
    knowledge_of,
    print_json,
    table_of,
)


def add_commands(commands: Commands) -> None:
    """`oligoscope knowledge list | check | export`."""
    knowledge = add_group(commands, "knowledge", "Read and export the decision tables.")
    add_packs(add_command(knowledge, "list", _list, "oligoscope knowledge list", "List tables with their questions."))
    check = add_command(
        knowledge,
        "check",
        _check,
        "oligoscope knowledge check examples/hospital_pack",
        "Verify a pack of your own rules and run its worked examples.",
        ("pack",),
    )
    add_packs(check)
    add_json(check, "the problems")
    export = add_command(
        knowledge,
        "export",
        _export,
        "oligoscope knowledge export omd-state --to dmn",
        "Write one table for readers or other engines.",
    )
    export.add_argument("table")
    export.add_argument("--to", choices=("md", "csv", "dmn"), default="md")
    add_parameters(export)


def _check(arguments: argparse.Namespace) -> int:
    from oligoscope.assess.check import check_pack

    if not arguments.pack.is_dir():
        raise UsageError(f"{arguments.pack}: there is no such folder; give the folder that holds release.yaml")
    found = check_pack(arguments.pack, arguments.knowledge, arguments.evidence)
    if arguments.json:
        print_json(
            {
                "schema": 1,
                "ok": found.ok,
                "problems": [asdict(problem) for problem in found.problems],
                "examples": {"run": found.run, "passed": found.passed},
            }
        )
    else:
        for problem in found.problems:
            print(problem)
        n = len(found.problems)
        problems = "1 problem" if n == 1 else f"{n or 'no'} problems"
        print(f"{problems}; {found.passed} of {found.run} worked examples pass")
    return DONE if found.ok else SOME_REJECTED


def _list(arguments: argparse.Namespace) -> int:
    for table in knowledge_of(arguments).tables:
        print(f"{table.name:<24}{table.kind:<10}{table.question}")
    return DONE


def _export(arguments: argparse.Namespace) -> int:
    from oligoscope.tables.export import to_csv, to_markdown

    knowledge = knowledge_of(arguments)
    table = table_of(knowledge, arguments.table)
    if arguments.to == "dmn":
        from oligoscope.tables.dmn import to_dmn

        sys.stdout.write(to_dmn(table, knowledge.domains))
    else:
        sys.stdout.write(to_markdown(table) if arguments.to == "md" else to_csv(table))
    return DONE
