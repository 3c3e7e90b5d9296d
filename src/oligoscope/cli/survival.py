"""The survival commands: km, logrank."""

import argparse
from pathlib import Path
from typing import Any

from oligoscope.cli.common import Commands, add_command, add_group, add_json, print_result


def add_commands(commands: Commands) -> None:
    """`oligoscope survival …`."""
    survival = add_group(commands, "survival", "Survival analysis of any table, CSV or Parquet.")
    _add_km(survival)
    _add_logrank(survival)


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


def _command(commands: Commands, name: str, run: Any, example: str, text: str) -> argparse.ArgumentParser:
    """A command on a table of patients with times and events."""
    command = add_command(commands, name, run, example, text)
    command.add_argument("data", type=Path, metavar="FILE", help="one row per patient: .csv, .tsv or .parquet")
    command.add_argument("--time", required=True, metavar="COLUMN", help="how long each was followed, 0 or more")
    command.add_argument("--event", required=True, metavar="COLUMN", help="1 for an event at that time, 0 for none")
    command.add_argument("--entry", metavar="COLUMN", help="from when on each was followed (left truncation)")
    add_json(command)
    return command


def _asked(arguments: argparse.Namespace, *names: str) -> dict[str, Any]:
    """What was asked for, by the names that the library has for it."""
    return {name: getattr(arguments, name) for name in ("time", "event", "entry", *names)}


def _km(arguments: argparse.Namespace) -> int:
    from oligoscope.api import survival

    return print_result(arguments, survival.km(arguments.data, **_asked(arguments, "by", "at", "curve", "interval")))


def _logrank(arguments: argparse.Namespace) -> int:
    from oligoscope.api import survival

    return print_result(arguments, survival.logrank(arguments.data, **_asked(arguments, "by", "strata", "rho")))
