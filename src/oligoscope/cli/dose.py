"""The dose commands: bed, regimens, constraints, dvh, check."""

import argparse
import re
from pathlib import Path

from oligoscope.cli.common import (
    Commands,
    UsageError,
    add_command,
    add_group,
    add_json,
    add_packs,
    field_and_value,
    knowledge_of,
    once,
    print_result,
    try_outputs,
    write,
)


def add_commands(commands: Commands) -> None:
    """`oligoscope dose …`."""
    dose = add_group(commands, "dose", "Doses of radiotherapy in numbers that can be compared.")
    bed = add_command(
        dose,
        "bed",
        _bed,
        "oligoscope dose bed 54Gy/3fx",
        "BED and EQD2 of a course; of several courses also their sum.",
    )
    # `-54Gy/3fx` is a course to be refused in words, not an option that nobody knows.
    bed._negative_number_matcher = re.compile(r"-\d")
    bed.add_argument(
        "courses",
        nargs="+",
        metavar="COURSE",
        help="total dose with its unit and the fractions: 54Gy/3fx, '54 Gy in 3', 18Gyx3, 5400cGy/3fx",
    )
    whose = bed.add_mutually_exclusive_group()
    whose.add_argument("--alpha-beta", metavar="GY", help="alpha/beta in Gy (default: that of the tumour, 10)")
    whose.add_argument("--tissue", metavar="TISSUE", help="the tissue whose alpha/beta is taken, such as spinal_cord")
    add_json(bed, "the doses")
    _add_regimens(dose)
    limits = add_command(
        dose,
        "constraints",
        _constraints,
        "oligoscope dose constraints --fractions 5 --organ oesophagus",
        "What each source allows organs at risk in so many fractions, side by side.",
    )
    limits.add_argument("--fractions", required=True, metavar="N", help="of the whole course; never interpolated")
    limits.add_argument("--organ", metavar="ORGAN", help="only this organ, such as spinal_cord")
    add_packs(limits)
    add_json(limits, "the limits")
    _add_dvh(dose)


def _add_regimens(dose: Commands) -> None:
    regimens = add_command(
        dose,
        "regimens",
        _regimens,
        "oligoscope dose regimens --organ lung --zone central --size-cm 3.5",
        "Published doses for a lesion, those that must not be used, and what to know, without a case.",
    )
    regimens.add_argument("--organ", required=True, metavar="ORGAN", help="of the lesion, as a case has it")
    regimens.add_argument("--zone", metavar="ZONE", help="of a lung lesion: peripheral, central or ultracentral")
    regimens.add_argument("--size-cm", metavar="S", help="longest diameter; an interval such as '>5' or '2..4', too")
    regimens.add_argument("--n-brain", metavar="N", help="how many metastases the brain has, of a brain lesion")
    regimens.add_argument(
        "fields",
        nargs="*",
        default=[],
        metavar="FIELD=VALUE",
        help="more of the lesion or the patient: location=spine, distance_chest_wall_cm=0.5, ecog=1 …",
    )
    add_packs(regimens)
    add_json(regimens, "the doses")


def _add_dvh(dose: Commands) -> None:
    dvh = add_command(
        dose,
        "dvh",
        _dvh,
        "oligoscope dose dvh RTSTRUCT.dcm RTDOSE.dcm --metric D95% --metric V20Gy%",
        "Volume and dose of every structure of a plan, each number with its precision band.",
    )
    dvh.add_argument("structures", type=Path, metavar="RTSTRUCT", help="the DICOM file of the structures")
    dvh.add_argument("dose", type=Path, metavar="RTDOSE", help="the DICOM file of the dose, in Gy")
    # An option that may be repeated: not the action that refuses a second time.
    dvh.add_argument(
        "--metric",
        action="append",
        metavar="M",
        help="D95%%, D0.03cc, Dmean, Dmax, Dmin, V20Gy (cc), V20Gy%%, CV12.5Gy (cc that stay below); may be given more "
        "than once (default: Dmean, D95%%, D0.03cc, Dmax)",
    )
    add_json(dvh, "the numbers")
    _add_check(dose)


def _add_check(dose: Commands) -> None:
    check = add_command(
        dose,
        "check",
        _check,
        "oligoscope dose check RTSTRUCT.dcm RTDOSE.dcm RTPLAN.dcm --html check.html",
        "Hold a plan against the limits of its organs, every source side by side.",
    )
    check.add_argument("structures", type=Path, nargs="?", metavar="RTSTRUCT", help="the file of the structures")
    check.add_argument("dose", type=Path, nargs="?", metavar="RTDOSE", help="the file of the dose, in Gy")
    check.add_argument(
        "plan", type=Path, nargs="?", metavar="RTPLAN", help="the DICOM file of the plan, for the number of fractions"
    )
    check.add_argument(
        "--dvh",
        type=Path,
        metavar="FILE",
        help="histograms that another system exported, in place of the DICOM files: Eclipse's text, or CSV with the "
        "columns structure, dose_gy, volume_cc",
    )
    check.add_argument("--fractions", metavar="N", help="of the whole course, where no plan is given")
    check.add_argument(
        "--names",
        type=Path,
        metavar="MAP.yaml",
        help="which organ a structure is that has no standard name: names: {Cord 5mm: spinal_cord, Couch: null}",
    )
    _add_courses(check)
    check.add_argument("--html", type=Path, metavar="FILE", help="write one page with the curves, to print")
    add_packs(check)
    add_json(check, "the verdicts")


def _add_courses(check: argparse.ArgumentParser) -> None:
    """What else was or is given."""
    check.add_argument(
        "--irradiated-before",
        action="append",
        default=[],
        metavar="ORGAN[=DOSE]",
        help="an organ that had radiotherapy before, to which limits do not apply; with the highest dose it had "
        "(spinal_cord=30Gy/10fx) both courses are held against what is published of two; may be given more than once",
    )
    check.add_argument(
        "--course",
        type=Path,
        nargs="+",
        action="append",
        default=[],
        metavar="FILE",
        help="another course beside this one: its RTDOSE, with its RTPLAN and, if drawn anew, its RTSTRUCT; may be "
        "given more than once",
    )
    check.add_argument(
        "--together",
        action="store_true",
        help="all courses are given in the same sessions: the sum of their doses is judged",
    )


def _bed(arguments: argparse.Namespace) -> int:
    from oligoscope import api

    return print_result(arguments, api.bed(arguments.courses, alpha_beta=arguments.alpha_beta, tissue=arguments.tissue))


def _regimens(arguments: argparse.Namespace) -> int:
    from oligoscope import api

    found = api.regimens(
        arguments.organ,
        zone=arguments.zone,
        size_cm=arguments.size_cm,
        n_brain=arguments.n_brain,
        fields=once(map(field_and_value, arguments.fields)),
        knowledge=knowledge_of(arguments),
    )
    return print_result(arguments, found)


def _constraints(arguments: argparse.Namespace) -> int:
    from oligoscope import api

    knowledge = knowledge_of(arguments)
    return print_result(arguments, api.constraints(arguments.fractions, arguments.organ, knowledge=knowledge))


def _dvh(arguments: argparse.Namespace) -> int:
    from oligoscope import api

    metrics = {"metrics": arguments.metric} if arguments.metric else {}
    return print_result(arguments, api.dvh(arguments.structures, arguments.dose, **metrics))


def _check(arguments: argparse.Namespace) -> int:
    from oligoscope import api

    given = (arguments.structures, arguments.dose)
    if (None in given) if arguments.dvh is None else any(given):
        raise UsageError("dose check: give RTSTRUCT and RTDOSE, or --dvh FILE in place of them")
    if arguments.dvh is not None and (arguments.course or arguments.together):
        raise UsageError("dose check: exported histograms cannot be added up: --course and --together need DICOM files")
    others = [file for course in arguments.course for file in course]
    try_outputs(arguments, *given, arguments.plan, arguments.names, arguments.dvh, *others)
    options = {
        "fractions": arguments.fractions,
        "names": arguments.names,
        "irradiated_before": arguments.irradiated_before,
        "knowledge": knowledge_of(arguments),
    }
    if arguments.dvh is None:
        options |= {"courses": arguments.course, "together": arguments.together}
        found = api.check_plan(*given, arguments.plan, **options)
    else:
        found = api.check_tables(arguments.dvh, **options)
    if arguments.html:
        write(arguments.html, found.page())
    return print_result(arguments, found)
