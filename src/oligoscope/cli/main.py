"""Parse, call one function of a room, render."""

import argparse
import datetime
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oligoscope import __version__
from oligoscope.cli.common import DONE, SOME_REJECTED, UNUSABLE, UsageError, add_command, write
from oligoscope.cli.evidence import add_evidence_commands
from oligoscope.cli.trials import add_trials_commands

if TYPE_CHECKING:
    from oligoscope.assess.patient import Assessment
    from oligoscope.knowledge.load import Knowledge

# No plug-in of another package hooks into the reading of a case; and looking for some costs time at every start.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

EPILOG = "Decision support for clinicians; not a medical device. Nothing leaves this machine."


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    arguments = _parser().parse_args(argv)
    from oligoscope.evidence import EvidenceError
    from oligoscope.tables.errors import TableError
    from oligoscope.vocabulary.problems import CaseError

    try:
        code: int = arguments.run(arguments)
        return code
    except (CaseError, TableError, EvidenceError, UsageError) as error:
        print(error, file=sys.stderr)
        return UNUSABLE
    except BrokenPipeError:
        sys.stderr.close()
        return DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="oligoscope",
        description="Oligometastatic NSCLC: one patient or a registry against decision tables with sources.",
        epilog=EPILOG,
    )
    parser.add_argument("--version", action="version", version=f"oligoscope {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    assess = _add(
        commands, "assess", _assess, "oligoscope assess CASE.yaml --html report.html", "Assess one case.", ["case"]
    )
    assess.add_argument("--json", action="store_true", help="print the answer as JSON")
    assess.add_argument("--html", type=Path, metavar="FILE", help="write a self-contained page")
    _add(
        commands,
        "explain",
        _explain,
        "oligoscope explain CASE.yaml lat-candidacy",
        "Follow one answer down to chart and source.",
        ["case"],
    ).add_argument("table")
    what_if = _add(
        commands,
        "what-if",
        _what_if,
        "oligoscope what-if CASE.yaml ecog=2 primary.n=N0",
        "Show what changes when fields have other values.",
        ["case"],
    )
    what_if.add_argument("changes", nargs="+", metavar="FIELD=VALUE")
    what_if.add_argument("--json", action="store_true", help="print the changes as JSON")
    vocabulary = _add(
        commands, "vocabulary", _vocabulary, "oligoscope vocabulary --json-schema", "List every field of a case.", []
    )
    vocabulary.add_argument("--json-schema", action="store_true", help="print the JSON Schema of a case file")
    _cohort_commands(commands)
    _knowledge_commands(commands)
    add_evidence_commands(commands)
    add_trials_commands(commands)
    return parser


def _add(commands: Any, name: str, run: Any, example: str, text: str, positional: list[str]) -> argparse.ArgumentParser:
    command = add_command(commands, name, run, example, text, positional)
    if name in ("assess", "explain", "what-if", "export"):
        command.add_argument(
            "--set",
            action="append",
            default=[],
            metavar="PARAMETER=NUMBER",
            help="for example max_lesions=3 or sync_threshold_months=3",
        )
    return command


def _cohort_commands(commands: Any) -> None:
    cohort = commands.add_parser("cohort", help="Assess a registry.").add_subparsers(
        title="cohort commands", required=True, metavar="COMMAND"
    )
    run = _add(
        cohort,
        "assess",
        _cohort_assess,
        "oligoscope cohort assess registry/ -o results/",
        "Assess every patient of a registry.",
        [],
    )
    run.add_argument(
        "input",
        type=Path,
        metavar="IN",
        help="folder with patients.csv (or .parquet), lesions, systemic_therapy; or one flat file",
    )
    run.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="OUT",
        help="folder for the answers, the summary and the rejects",
    )
    run.add_argument("--extra-columns", action="store_true", help="leave columns unread that are no field")
    template = _add(
        cohort,
        "template",
        _cohort_template,
        "oligoscope cohort template -o registry/",
        "Write an empty registry and its data dictionary.",
        [],
    )
    template.add_argument("-o", "--output", type=Path, required=True, metavar="FOLDER")
    template.add_argument("--format", choices=("csv", "parquet"), default="csv")


def _knowledge_commands(commands: Any) -> None:
    knowledge = commands.add_parser("knowledge", help="Read and export the decision tables.").add_subparsers(
        title="knowledge commands", required=True, metavar="COMMAND"
    )
    _add(knowledge, "list", _knowledge_list, "oligoscope knowledge list", "List tables with their questions.", [])
    export = _add(
        knowledge,
        "export",
        _knowledge_export,
        "oligoscope knowledge export omd-state --to dmn",
        "Write one table for readers or other engines.",
        [],
    )
    export.add_argument("table")
    export.add_argument("--to", choices=("md", "csv", "dmn"), default="md")


# ---- one patient ---------------------------------------------------------------------------------


def _assessment(arguments: argparse.Namespace) -> "Assessment":
    from oligoscope.assess.patient import assess
    from oligoscope.vocabulary.read import read_case

    return assess(read_case(arguments.case, datetime.date.today()), _knowledge(arguments))


def _knowledge(arguments: argparse.Namespace) -> "Knowledge":
    from oligoscope.knowledge.load import load_knowledge

    return load_knowledge(**dict(_number(text) for text in arguments.set))


def _number(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        return name, float(value)
    except ValueError:
        raise UsageError(f"--set {text}: write PARAMETER=NUMBER, for example max_lesions=3") from None


def _assess(arguments: argparse.Namespace) -> int:
    from oligoscope.assess.trial_match import match_trials
    from oligoscope.knowledge.trials import load_trials
    from oligoscope.report.trials import matches_json, summary_lines

    assessment = _assessment(arguments)
    matches = match_trials(assessment, load_trials(assessment.knowledge), datetime.date.today())
    if arguments.html:
        from oligoscope.report.html import render_html
        from oligoscope.report.view import view

        write(arguments.html, render_html(view(assessment, summary_lines(matches))))
        print(f"wrote {arguments.html}", file=sys.stderr)
    if arguments.json:
        import json

        from oligoscope.report.answer import as_json

        answer = {**as_json(assessment, datetime.date.today()), "trials": matches_json(matches)}
        print(json.dumps(answer, indent=1, ensure_ascii=False))
    elif not arguments.html:
        from oligoscope.report.terminal import render
        from oligoscope.report.view import view

        sys.stdout.write(render(view(assessment, summary_lines(matches))))
    return DONE


def _explain(arguments: argparse.Namespace) -> int:
    from oligoscope.report.explain import explain

    assessment = _assessment(arguments)
    sys.stdout.write(explain(assessment, _table(assessment.knowledge, arguments.table)))
    return DONE


def _table(knowledge: "Knowledge", name: str) -> Any:
    import difflib

    try:
        return knowledge.table(name)
    except KeyError:
        names = [table.name for table in knowledge.tables]
        close = difflib.get_close_matches(name, names, 1)
        hint = f"did you mean {close[0]}? " if close else ""
        raise UsageError(f"there is no table {name}: {hint}Allowed: {', '.join(names)}") from None


def _what_if(arguments: argparse.Namespace) -> int:
    from oligoscope.assess.patient import assess
    from oligoscope.assess.what_if import changes
    from oligoscope.vocabulary.read import read_case, with_fields

    today = datetime.date.today()
    knowledge = _knowledge(arguments)
    pairs = dict(_field(text) for text in arguments.changes)
    before = assess(read_case(arguments.case, today), knowledge)
    after = assess(with_fields(arguments.case, pairs, today), knowledge)
    found = changes(before, after)
    if arguments.json:
        import json

        print(json.dumps([{"column": c.column, "before": c.before, "after": c.after} for c in found], indent=1))
        return DONE
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


def _vocabulary(arguments: argparse.Namespace) -> int:
    from oligoscope.vocabulary.dictionary import json_schema, rows

    if arguments.json_schema:
        import json

        print(json.dumps(json_schema(), indent=1))
        return DONE
    for row in rows():
        print(f"{row['field']:<42}{row['allowed']}\n    {row['definition']}")
    return DONE


# ---- cohorts, knowledge, evidence ----------------------------------------------------------------


def _cohort_assess(arguments: argparse.Namespace) -> int:
    # Polars gives memory back after half a second, and each step of a cohort would have it cleared anew; it reads this
    # when it is first imported.
    os.environ.setdefault("_RJEM_MALLOC_CONF", "dirty_decay_ms:5000,muzzy_decay_ms:-1")
    from oligoscope.report.cohort_run import run_cohort

    rejected = run_cohort(
        arguments.input,
        arguments.output,
        _knowledge(arguments),
        datetime.date.today(),
        extra_columns=arguments.extra_columns,
    )
    return SOME_REJECTED if rejected else DONE


def _cohort_template(arguments: argparse.Namespace) -> int:
    from oligoscope.vocabulary.template import write_template

    for path in write_template(arguments.output, arguments.format):
        print(path)
    return DONE


def _knowledge_list(_: argparse.Namespace) -> int:
    from oligoscope.knowledge.load import load_knowledge

    for table in load_knowledge().tables:
        print(f"{table.name:<24}{table.kind:<10}{table.question}")
    return DONE


def _knowledge_export(arguments: argparse.Namespace) -> int:
    from oligoscope.tables.export import to_csv, to_markdown

    knowledge = _knowledge(arguments)
    table = _table(knowledge, arguments.table)
    if arguments.to == "dmn":
        from oligoscope.tables.dmn import to_dmn

        sys.stdout.write(to_dmn(table, knowledge.domains))
    else:
        sys.stdout.write(to_markdown(table) if arguments.to == "md" else to_csv(table))
    return DONE
