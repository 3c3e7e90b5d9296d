"""The ipd commands: patients out of a published curve, a curve out of its picture, rebuilt trials pooled."""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

from oligoscope.cli.common import (
    Commands,
    UsageError,
    add_command,
    add_json,
    complain,
    field_and_value,
    once,
    print_result,
)

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
    _add_method(ipd)
    ipd.add_argument(
        "--evidence-draft",
        type=Path,
        metavar="STUDY.yaml",
        help="write a study file too, named by the study, its results with the status computed",
    )
    ipd.add_argument("--endpoint", default="OS", metavar="NAME", help="of that file: OS (default), PFS …")
    ipd.add_argument("-o", "--output", type=Path, metavar="DIR", help=f"write {', '.join(FILES)} into this folder")
    add_json(ipd)
    _add_figure(commands)
    _add_pool(commands)


def _add_method(ipd: argparse.ArgumentParser) -> None:
    ipd.add_argument("--sets", default=40, metavar="N", help="how many sets of patients are drawn (default 40)")
    ipd.add_argument(
        "--seed", default=1, metavar="N", help="of the draws: the same seed, the same patients (default 1)"
    )
    ipd.add_argument(
        "--method",
        default="constrained",
        metavar="NAME",
        help="constrained (default), or guyot or iterative: the methods of others, one set each",
    )


def _add_pool(commands: Commands) -> None:
    pool = add_command(
        commands,
        "ipd pool",
        _pool,
        "oligoscope ipd pool rebuilt-one/ rebuilt-two/",
        "Rebuilt trials pooled by patients, one stage beside two.",
    )
    pool.add_argument(
        "trials", nargs="+", type=Path, metavar="DIR", help="folders of two arms that `oligoscope ipd -o` wrote"
    )
    add_json(pool)


def _add_figure(commands: Commands) -> None:
    figure = add_command(
        commands,
        "ipd figure",
        _figure,
        "oligoscope ipd figure km.png --curve control=#1f77b4 new=#ff7f0e -o read/",
        "A curve out of its picture: the file that `ipd` reads, and an overlay to check it by eye.",
    )
    figure.add_argument(
        "picture",
        type=Path,
        metavar="KM.png",
        help="the figure: PNG, JPEG or another picture, or a drawing, SVG or PDF, whose lines are read as drawn",
    )
    figure.add_argument(
        "--axes",
        nargs="+",
        default=[],
        metavar="x=AXIS",
        help="x and y, each 0:30 (values of the first and last tick mark) or 0@97,30@560 (two values with their "
        "places, from the left or from the top); y up to 1, or up to 100 for per cent; left out, an axis is "
        "read by its numbers: of a drawing as text, of a picture by tesseract",
    )
    figure.add_argument("--page", type=int, default=1, metavar="N", help="the page of a PDF (default 1)")
    figure.add_argument(
        "--curve",
        nargs="+",
        default=[],
        metavar="NAME=COLOUR",
        help="the colour of each arm, such as control=#1f77b4 (default: every colour that spans the plot, and black "
        "curves, those of one colour by their dashes; of a drawing every line that falls in steps)",
    )
    figure.add_argument(
        "-o", "--output", type=Path, metavar="DIR", help="write curve.csv and overlay.png (of a drawing .svg) there"
    )
    add_json(figure)


def _ipd(arguments: argparse.Namespace) -> int:
    from oligoscope import api
    from oligoscope.report.ipd import ipd_files
    from oligoscope.report.ipd_draft import ipd_draft

    draft = arguments.evidence_draft
    if draft and draft.exists():
        raise UsageError(f"{draft}: this file is there already and is left as it is; give another name")
    _try(draft.parent if draft else None, [draft.name] if draft else [], [arguments.curve, arguments.at_risk])
    _try(arguments.output, FILES, [arguments.curve, arguments.at_risk])
    found = api.ipd(
        arguments.curve,
        arguments.at_risk,
        events=arguments.events,
        reported=once(map(field_and_value, arguments.reported)),
        sets=arguments.sets,
        seed=arguments.seed,
        method=arguments.method,
    )
    files = {draft: ipd_draft(found.found, draft.stem, arguments.endpoint)} if draft else {}
    if arguments.output:
        _write(arguments.output, ipd_files(found.found))
    for path, text in files.items():
        _write(path.parent, {path.name: text})
    return print_result(arguments, found)


def _figure(arguments: argparse.Namespace) -> int:
    from oligoscope import api

    _try(arguments.output, ("curve.csv", "overlay.png", "overlay.svg"), [arguments.picture])
    axes, curves = (once(map(field_and_value, words)) for words in (arguments.axes, arguments.curve))
    found = api.ipd_figure(arguments.picture, axes=axes, curves=curves, page=arguments.page)
    if arguments.output:
        _write(arguments.output, found.found.files())
    return print_result(arguments, found)


def _pool(arguments: argparse.Namespace) -> int:
    from oligoscope import api

    return print_result(arguments, api.pool_rebuilt(arguments.trials))


def _try(folder: Path | None, names: Sequence[str], inputs: Sequence[Path]) -> None:
    """Refuse a folder that cannot be written into, before any work is done."""
    from oligoscope.api.output import check_outputs

    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        check_outputs((), [folder / name for name in names], inputs)


def _write(folder: Path, files: Mapping[str, str | bytes]) -> None:
    from oligoscope.api.output import write_file

    for name, content in files.items():
        write_file(folder / name, content)
        complain(f"wrote {folder / name}")
