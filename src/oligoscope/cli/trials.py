"""The trials commands: list, show, match."""

import argparse
from pathlib import Path

from oligoscope.cli.common import (
    DONE,
    SOME_REJECTED,
    Commands,
    UsageError,
    add_command,
    add_group,
    add_json,
    add_packs,
    add_today,
    complain,
    document,
    knowledge_of,
    print_result,
    try_outputs,
)


def add_commands(commands: Commands) -> None:
    """`oligoscope trials …`."""
    trials = add_group(commands, "trials", "Trials, their criteria, and who meets them.")
    _command(trials, "list", _list, "oligoscope trials list", "List the trials with their status.")
    _command(trials, "show", _show, "oligoscope trials show halt", "Show one trial with its criteria.").add_argument(
        "trial"
    )
    match = _command(
        trials, "match", _match, "oligoscope trials match CASE.yaml", "Hold one case, or a cohort, against every trial."
    )
    add_today(match)
    match.add_argument("case", type=Path, metavar="CASE", help="a case (.yaml), or a cohort: folder, .csv or .parquet")
    match.add_argument("-o", "--output", type=Path, metavar="FILE", help="for a cohort: the CSV with a column a trial")
    match.add_argument("--mapping", type=Path, metavar="MAP", help="CASE is an export of another system (see cohort)")


def _command(commands: Commands, name: str, run: object, example: str, text: str) -> argparse.ArgumentParser:
    command = add_command(commands, name, run, example, text)
    add_packs(command)
    add_json(command)
    return command


def _list(arguments: argparse.Namespace) -> int:
    from oligoscope import api

    return print_result(arguments, api.trials(knowledge=knowledge_of(arguments)))


def _show(arguments: argparse.Namespace) -> int:
    from oligoscope import api

    return print_result(arguments, api.trial(arguments.trial, knowledge=knowledge_of(arguments)))


def _match(arguments: argparse.Namespace) -> int:
    if arguments.mapping or arguments.case.is_dir() or arguments.case.suffix in (".csv", ".parquet"):
        return _match_cohort(arguments)
    if arguments.output:
        raise UsageError("-o is for a cohort: a folder, .csv or .parquet; the matches of one case are printed")
    from oligoscope import api

    return print_result(
        arguments, api.match(document(arguments), knowledge=knowledge_of(arguments), today=arguments.today)
    )


def _match_cohort(arguments: argparse.Namespace) -> int:
    if not arguments.output:
        raise UsageError(f"{arguments.case}: a cohort's matches need a file, give -o matches.csv")
    if arguments.json:
        raise UsageError("--json is for one case; a cohort's matches are written as CSV")
    try_outputs(arguments, arguments.case)
    from oligoscope import api

    matched = api.match_cohort(
        arguments.case,
        arguments.output,
        knowledge=knowledge_of(arguments),
        mapping=arguments.mapping,
        today=arguments.today,
    )
    complain(matched)
    return SOME_REJECTED if matched.n_rejected else DONE
