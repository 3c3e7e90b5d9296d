"""The survival commands: km, logrank, cox, rmst, cuminc, finegray."""

import argparse
from pathlib import Path
from typing import Any

from oligoscope.cli.common import Commands, add_command, add_group, add_json, print_result

OUTCOME = ("time", "event", "entry")


def add_commands(commands: Commands) -> None:
    """`oligoscope survival …`."""
    survival = add_group(commands, "survival", "Survival analysis of any table, CSV or Parquet.")
    _add_km(survival)
    _add_logrank(survival)
    _add_cox(survival)
    _add_rmst(survival)
    _add_cuminc(survival)
    _add_finegray(survival)


def _add_km(survival: Commands) -> None:
    km = _command(
        survival,
        "km",
        _km,
        "oligoscope survival km patients.csv --time months --event dead --by arm --at 12,24",
        "Kaplan-Meier curves: survival, numbers at risk, median, follow-up.",
    )
    km.add_argument("--by", metavar="COLUMN", help="one curve for each of its groups")
    which = km.add_mutually_exclusive_group()
    which.add_argument("--at", metavar="TIMES", help="times such as 12,24 (default: some round ones)")
    which.add_argument("--curve", action="store_true", help="every step of the curve")
    km.add_argument("--interval", default="log-log", metavar="KIND", help="log-log (default), log or plain")


def _add_logrank(survival: Commands) -> None:
    logrank = _command(
        survival,
        "logrank",
        _logrank,
        "oligoscope survival logrank patients.csv --time months --event dead --by arm --strata centre",
        "The log-rank test: do groups survive alike?",
    )
    logrank.add_argument("--by", metavar="COLUMN", required=True, help="the groups that are compared")
    logrank.add_argument("--strata", metavar="COLUMN", help="compare within each of its groups")
    logrank.add_argument("--rho", default=0, metavar="R", help="weight by survival to this power (default 0; 1: Peto)")


def _add_cox(survival: Commands) -> None:
    cox = _command(
        survival,
        "cox",
        _cox,
        "oligoscope survival cox patients.csv --time months --event dead --covariates age,arm:factor=control",
        "Cox regression: hazard ratios, concordance, and whether hazards are proportional.",
    )
    cox.add_argument(
        "--covariates",
        required=True,
        metavar="COLUMNS",
        help="age,arm:factor: numbers, and groups (:factor) against the first of them or against that of :factor=NAME",
    )
    cox.add_argument("--strata", metavar="COLUMN", help="groups with baseline hazards of their own")
    cox.add_argument("--cluster", metavar="COLUMN", help="rows that belong together; errors are then robust")
    cox.add_argument("--weights", metavar="COLUMN", help="the weight of each row, above 0")
    cox.add_argument("--ties", default="efron", metavar="KIND", help="efron (default), breslow or exact")


def _add_rmst(survival: Commands) -> None:
    rmst = _command(
        survival,
        "rmst",
        _rmst,
        "oligoscope survival rmst patients.csv --time months --event dead --by arm --tau 24",
        "Restricted mean survival time, and the difference of two groups.",
    )
    rmst.add_argument(
        "--by", metavar="COLUMN", help="one mean for each of its groups; of two, the second less the first"
    )
    rmst.add_argument("--tau", required=True, metavar="TIME", help="the time up to which survival is averaged")


def _add_cuminc(survival: Commands) -> None:
    cuminc = _command(
        survival,
        "cuminc",
        _cuminc,
        "oligoscope survival cuminc patients.csv --time months --cause cause --by arm --at 12,24",
        "Cumulative incidence of each cause among competing ones.",
        outcome="cause",
    )
    cuminc.add_argument("--by", metavar="COLUMN", help="one curve for each of its groups")
    which = cuminc.add_mutually_exclusive_group()
    which.add_argument("--at", metavar="TIMES", help="times such as 12,24 (default: some round ones)")
    which.add_argument("--curve", action="store_true", help="every step of the curve")


def _command(
    commands: Commands, name: str, run: object, example: str, text: str, outcome: str = "event"
) -> argparse.ArgumentParser:
    """A command on a table of patients with times and events, or causes of them."""
    command = add_command(commands, name, run, example, text)
    command.add_argument(
        "data",
        type=Path,
        metavar="FILE",
        help="one row for each patient, or for each interval of one: .csv, .tsv or .parquet",
    )
    command.add_argument("--time", required=True, metavar="COLUMN", help="how long each was followed, 0 or more")
    if outcome == "cause":
        command.add_argument("--cause", required=True, metavar="COLUMN", help="0 for none, else 1, 2 … for each cause")
    else:
        command.add_argument("--event", required=True, metavar="COLUMN", help="1 for an event at that time, 0 for none")
        command.add_argument("--entry", metavar="COLUMN", help="from when on each was followed (left truncation)")
    add_json(command)
    return command


def _asked(arguments: argparse.Namespace, *names: str) -> dict[str, Any]:
    """What was asked for, by the names that the library has for it."""
    return {name: getattr(arguments, name) for name in names}


def _km(arguments: argparse.Namespace) -> int:
    from oligoscope.api import survival

    return print_result(
        arguments, survival.km(arguments.data, **_asked(arguments, *OUTCOME, "by", "at", "curve", "interval"))
    )


def _logrank(arguments: argparse.Namespace) -> int:
    from oligoscope.api import survival

    return print_result(
        arguments, survival.logrank(arguments.data, **_asked(arguments, *OUTCOME, "by", "strata", "rho"))
    )


def _cox(arguments: argparse.Namespace) -> int:
    from oligoscope.api import survival

    asked = _asked(arguments, *OUTCOME, "covariates", "strata", "cluster", "weights", "ties")
    return print_result(arguments, survival.cox(arguments.data, **asked))


def _rmst(arguments: argparse.Namespace) -> int:
    from oligoscope.api import survival

    return print_result(arguments, survival.rmst(arguments.data, **_asked(arguments, *OUTCOME, "by", "tau")))


def _cuminc(arguments: argparse.Namespace) -> int:
    from oligoscope.api import survival

    return print_result(
        arguments, survival.cuminc(arguments.data, **_asked(arguments, "time", "cause", "by", "at", "curve"))
    )


def _add_finegray(survival: Commands) -> None:
    finegray = _command(
        survival,
        "finegray",
        _finegray,
        "oligoscope survival finegray patients.csv --time months --cause cause --covariates age,arm:factor",
        "Fine and Gray's regression of the cumulative incidence of one cause.",
        outcome="cause",
    )
    finegray.add_argument("--of", default="1", metavar="CAUSE", help="the cause (default: 1)")
    finegray.add_argument("--covariates", required=True, metavar="NAMES", help="columns, such as age,arm:factor")


def _finegray(arguments: argparse.Namespace) -> int:
    from oligoscope.api import survival

    return print_result(
        arguments, survival.finegray(arguments.data, **_asked(arguments, "time", "cause", "covariates", "of"))
    )
