"""The literature commands: simulate."""

import argparse
from pathlib import Path

from oligoscope.cli.common import Commands, add_command, add_group, add_json, print_result


def add_commands(commands: Commands) -> None:
    """`oligoscope literature …`."""
    literature = add_group(commands, "literature", "The living review: rank records, and know when to stop reading.")
    _add_simulate(literature)


def _add_simulate(literature: Commands) -> None:
    command = add_command(
        literature,
        "simulate",
        _simulate,
        "oligoscope literature simulate labels.csv --seed 1",
        "How much reading the ranking would have saved in a review whose decisions are known.",
        positional=("labels",),
    )
    command.add_argument("--seed", type=int, default=1, metavar="N", help="of starts and random samples (default 1)")
    command.add_argument("--runs", type=int, default=5, metavar="N", help="readings, each from a start (default 5)")
    add_json(command)


def _simulate(arguments: argparse.Namespace) -> int:
    from tqdm import tqdm

    from oligoscope import api

    labels: Path = arguments.labels
    with tqdm(total=arguments.runs, unit="readings", leave=False, disable=None) as bar:
        found = api.simulate_screening(labels, seed=arguments.seed, runs=arguments.runs, on_run=bar.update)
    return print_result(arguments, found)
