"""The trials commands: list, show, match."""

import argparse
import datetime
import sys
from pathlib import Path
from typing import Any

from oligoscope.cli.common import (
    DONE,
    SOME_REJECTED,
    Commands,
    UsageError,
    add_command,
    add_group,
    add_json,
    add_packs,
    knowledge_of,
    print_json,
    unknown,
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
    match.add_argument("case", type=Path, metavar="CASE", help="a case (.yaml), or a cohort: folder, .csv or .parquet")
    match.add_argument("-o", "--output", type=Path, metavar="FILE", help="for a cohort: the CSV with a column a trial")


def _command(commands: Commands, name: str, run: Any, example: str, text: str) -> argparse.ArgumentParser:
    command = add_command(commands, name, run, example, text)
    add_packs(command)
    add_json(command)
    return command


def _list(arguments: argparse.Namespace) -> int:
    from oligoscope.report.trials import list_text

    trials = knowledge_of(arguments).trials
    if arguments.json:
        return print_json([trial.model_dump(mode="json") for trial in trials])
    sys.stdout.write(list_text(trials))
    return DONE


def _show(arguments: argparse.Namespace) -> int:
    from oligoscope.report.trials import trial_text

    trials = {trial.trial: trial for trial in knowledge_of(arguments).trials}
    if arguments.trial not in trials:
        raise unknown("trial", arguments.trial, list(trials))
    trial = trials[arguments.trial]
    if arguments.json:
        return print_json(trial.model_dump(mode="json"))
    sys.stdout.write(trial_text(trial))
    return DONE


def _match(arguments: argparse.Namespace) -> int:
    if arguments.case.is_dir() or arguments.case.suffix in (".csv", ".parquet"):
        return _match_cohort(arguments)
    from oligoscope import api

    matches = api.match(arguments.case, knowledge=knowledge_of(arguments))
    if arguments.json:
        return print_json(matches.model_dump())
    sys.stdout.write(str(matches))
    return DONE


def _match_cohort(arguments: argparse.Namespace) -> int:
    if not arguments.output:
        raise UsageError(f"{arguments.case}: a cohort's matches need a file, give -o matches.csv")
    from oligoscope.cohort.trials import run_matching

    knowledge = knowledge_of(arguments)
    matched = run_matching(arguments.case, arguments.output, knowledge, datetime.date.today())
    print(matched, file=sys.stderr)
    return SOME_REJECTED if matched.n_rejected else DONE
