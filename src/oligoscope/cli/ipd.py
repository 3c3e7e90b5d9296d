"""The ipd commands: patients out of a published curve, and a curve out of its picture."""

import argparse
from pathlib import Path

from oligoscope.cli.common import Commands, add_command, add_json, complain, field_and_value, once, print_result

FILES = ("ipd.csv", "quality.json", "overlay.svg")


def add_commands(commands: Commands) -> None:
    """`oligoscope ipd …`."""
    ipd = add_command(
        commands,
        "ipd",
        _ipd,
        "oligoscope ipd curve.csv --at-risk risk.csv --events 112,139 --reported hr=0.30 median=4.4,10.1 -o rebuilt/",
        "Patients out of a published Kaplan-Meier curve, with how far they can be trusted.",
    )
    ipd.add_argument(
        "curve",
        type=Path,
        metavar="CURVE.csv",
        help="readings of the figure: time, survival (or survival_percent), arm where there are several, and kind: "
        "curve, or censored for a mark",
    )
    ipd.add_argument(
        "--at-risk", required=True, type=Path, metavar="RISK.csv", help="the numbers below it: time, n_risk, and arm"
    )
    ipd.add_argument("--events", metavar="N", help="events of each arm, in the order of the curve: 112,139")
    ipd.add_argument(
        "--reported",
        nargs="+",
        default=[],
        metavar="WHAT=N",
        help="what the publication says: hr, hr_low, hr_high, p, and for each arm median and rate@TIME: "
        "hr=0.30 median=4.4,10.1 rate@12=0.61,0.35",
    )
    ipd.add_argument("--sets", default=40, metavar="N", help="how many sets of patients are drawn (default 40)")
    ipd.add_argument(
        "--seed", default=1, metavar="N", help="of the draws: the same seed, the same patients (default 1)"
    )
    ipd.add_argument("-o", "--output", type=Path, metavar="DIR", help=f"write {', '.join(FILES)} into this folder")
    add_json(ipd)


def _ipd(arguments: argparse.Namespace) -> int:
    from oligoscope import api
    from oligoscope.api.output import check_outputs, write_file
    from oligoscope.report.ipd import ipd_files

    folder: Path | None = arguments.output
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        check_outputs((), [folder / name for name in FILES], [arguments.curve, arguments.at_risk])
    found = api.ipd(
        arguments.curve,
        arguments.at_risk,
        events=arguments.events,
        reported=once(map(field_and_value, arguments.reported)),
        sets=arguments.sets,
        seed=arguments.seed,
    )
    if folder:
        for name, content in ipd_files(found.found).items():
            write_file(folder / name, content)
            complain(f"wrote {folder / name}")
    return print_result(arguments, found)
