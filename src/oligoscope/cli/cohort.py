"""`oligoscope cohort …`: many patients."""

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
    add_parameters,
    add_today,
    complain,
    field_and_value,
    knowledge_of,
    once,
    print_json,
    print_result,
    say,
)


def add_commands(commands: Commands) -> None:
    """`oligoscope cohort assess | check | mapping | template | report | validate | simulate | against`."""
    cohort = add_group(commands, "cohort", "Assess a registry.")
    _add_assess(cohort)
    _add_check(cohort)
    _add_mapping(cohort)
    _add_template(cohort)
    _add_report(cohort)
    _add_validate(cohort)
    _add_simulate(cohort)
    _add_against(cohort)


def _add_assess(cohort: Commands) -> None:
    run = add_command(
        cohort,
        "assess",
        _assess,
        "oligoscope cohort assess registry/ -o results/",
        "Assess every patient of a registry.",
    )
    run.add_argument(
        "input",
        type=Path,
        metavar="IN",
        help="folder with patients.csv (or .parquet) and a file per list (lesions …); or one flat file",
    )
    run.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="OUT",
        help="folder for the answers, the summary and the rejects",
    )
    add_parameters(run)
    add_today(run)
    _add_reading(run)


def _add_reading(run: argparse.ArgumentParser) -> None:
    """How the registry is read."""
    run.add_argument(
        "--engine",
        choices=("polars", "duckdb", "spark"),
        default="polars",
        help="where the registry lives: files (polars), files or a .duckdb file (duckdb), files or tables (spark)",
    )
    run.add_argument(
        "--by-exception",
        action="store_true",
        help="an empty cell means unremarkable, where the field has such a value; answers list what they rest on",
    )
    run.add_argument(
        "--mapping",
        type=Path,
        metavar="MAP",
        help="IN is an export of another system: how to read its columns and codes (YAML)",
    )
    run.add_argument(
        "--repair",
        type=Path,
        metavar="REPAIR",
        help="the repair.csv of an earlier run, with its column correction filled in",
    )
    run.add_argument("--extra-columns", action="store_true", help="leave columns unread that are no field")


def _add_check(cohort: Commands) -> None:
    check = add_command(
        cohort,
        "check",
        _check,
        "oligoscope cohort check export.csv --mapping map.yaml",
        "Read a registry without assessing it: what was understood, column by column.",
    )
    check.add_argument("input", type=Path, metavar="IN", help="as for cohort assess")
    check.add_argument(
        "--mapping", type=Path, metavar="MAP", help="IN is an export of another system (see cohort assess)"
    )
    add_today(check)
    add_json(check)


def _add_mapping(cohort: Commands) -> None:
    mapping = add_command(
        cohort,
        "mapping",
        _mapping,
        "oligoscope cohort mapping --from export.csv -o map.yaml",
        "Draft the mapping of an export: guesses are marked, codes are left to be filled in.",
    )
    mapping.add_argument("--from", dest="export", type=Path, required=True, metavar="FILE", help="a file, or a folder")
    mapping.add_argument("-o", "--output", type=Path, required=True, metavar="MAP")


def _add_template(cohort: Commands) -> None:
    template = add_command(
        cohort,
        "template",
        _template,
        "oligoscope cohort template -o registry/",
        "Write an empty registry and its data dictionary.",
    )
    template.add_argument("-o", "--output", type=Path, required=True, metavar="FOLDER")
    template.add_argument("--format", choices=("csv", "parquet"), default="csv")


def _add_report(cohort: Commands) -> None:
    report = add_command(
        cohort,
        "report",
        _report,
        "oligoscope cohort report registry/ -o report/ --endpoint OS --from omd_dx_date",
        "What decides survival in a registry: curves, models, local therapy, on one page.",
    )
    report.add_argument("input", type=Path, metavar="IN", help="as for cohort assess")
    report.add_argument(
        "-o", "--output", type=Path, required=True, metavar="OUT", help="folder for page, data, figures and rejects"
    )
    report.add_argument("--endpoint", metavar="ENDPOINT", help="OS (default), PFS, LC or DSS")
    report.add_argument(
        "--from",
        dest="origin",
        metavar="FIELD",
        help="the day that time counts from: omd_dx_date, primary_dx_date, first_lat or assessed",
    )
    report.add_argument("--factors", default="", metavar="NAMES", help="of the Cox models, such as age,ecog,primary.n")
    report.add_argument("--divided-by", default="", metavar="NAMES", help="whose groups have curves")
    report.add_argument("--table-by", default="", metavar="NAME", help="whose groups stand in the first table")
    report.add_argument("--data-cut", metavar="DATE", help="the last day that counts: later events are not seen")
    report.add_argument("--plan", type=Path, metavar="PLAN", help="a written plan (YAML); departures are printed")
    report.add_argument(
        "--full",
        action="store_true",
        help="impute, clone and compare subgroups of all patients, not of a seeded sample",
    )
    report.add_argument("--pdf", action="store_true", help="report.pdf too; needs Chromium on this machine")
    report.add_argument("--mapping", type=Path, metavar="MAP", help="IN is an export of another system")
    add_parameters(report)
    add_today(report)
    add_json(report, "report.json")


def _add_validate(cohort: Commands) -> None:
    held = add_command(
        cohort,
        "validate",
        _validate,
        "oligoscope cohort validate registry/ -o validation/ --from omd_dx_date",
        "Hold a registry against the published survival of prognostic groups.",
    )
    held.add_argument("input", type=Path, metavar="IN", help="as for cohort assess")
    held.add_argument("-o", "--output", type=Path, required=True, metavar="OUT", help="folder for page, data, figures")
    held.add_argument("--endpoint", metavar="ENDPOINT", help="OS (default), PFS, LC or DSS")
    held.add_argument("--from", dest="origin", metavar="FIELD", help="the day that time counts from")
    held.add_argument("--tables", default="", metavar="NAMES", help="prognostic tables (default: those of the pack)")
    held.add_argument("--mapping", type=Path, metavar="MAP", help="IN is an export of another system")
    add_parameters(held)
    add_today(held)
    add_json(held, "validation.json")


def _validate(arguments: argparse.Namespace) -> int:
    from oligoscope import api

    result = api.validate_cohort(
        arguments.input,
        arguments.output,
        endpoint=arguments.endpoint,
        origin=arguments.origin,
        tables=arguments.tables,
        mapping=arguments.mapping,
        knowledge=knowledge_of(arguments),
        today=arguments.today,
    )
    if arguments.json:
        print_json(result.model_dump())
    complain(result)
    return SOME_REJECTED if result.n_rejected else DONE


def _add_against(cohort: Commands) -> None:
    held = add_command(
        cohort,
        "against",
        _against,
        "oligoscope cohort against sindas registry/ --curve curve.csv --at-risk risk.csv -o against/",
        "The patients who meet a trial's criteria, over its arms rebuilt from a published figure.",
    )
    held.add_argument("trial", metavar="TRIAL", help="a trial of `knowledge list`, or a study that names it")
    held.add_argument("input", type=Path, metavar="IN", help="as for cohort assess")
    held.add_argument("--curve", required=True, type=Path, metavar="CURVE.csv", help="as for ipd, times in months")
    held.add_argument("--at-risk", required=True, type=Path, metavar="RISK.csv", help="as for ipd, times in months")
    held.add_argument("--events", metavar="N", help="as for ipd")
    held.add_argument("--reported", nargs="+", default=[], metavar="WHAT=N", help="as for ipd")
    held.add_argument("-o", "--output", type=Path, required=True, metavar="OUT", help="folder for page, data, figure")
    held.add_argument("--leave-out", default="", metavar="IDS", help="criteria that nobody need meet; the page says so")
    held.add_argument(
        "--baseline", type=Path, metavar="BASELINE.yaml", help="published means and shares to weight the registry to"
    )
    held.add_argument("--endpoint", metavar="ENDPOINT", help="OS (default) or PFS: that of the figure")
    held.add_argument("--from", dest="origin", metavar="FIELD", help="the day that time counts from")
    held.add_argument("--mapping", type=Path, metavar="MAP", help="IN is an export of another system")
    add_parameters(held)
    add_today(held)
    add_json(held, "against.json")


def _against(arguments: argparse.Namespace) -> int:
    from oligoscope import api

    result = api.cohort_against(
        arguments.trial,
        arguments.input,
        arguments.output,
        curve=arguments.curve,
        at_risk=arguments.at_risk,
        events=arguments.events,
        reported=once(map(field_and_value, arguments.reported)),
        leave_out=arguments.leave_out,
        baseline=arguments.baseline,
        endpoint=arguments.endpoint,
        origin=arguments.origin,
        mapping=arguments.mapping,
        knowledge=knowledge_of(arguments),
        today=arguments.today,
    )
    if arguments.json:
        print_json(result.model_dump())
    complain(result)
    return SOME_REJECTED if result.n_rejected else DONE


def _add_simulate(cohort: Commands) -> None:
    made = add_command(
        cohort,
        "simulate",
        _simulate,
        "oligoscope cohort simulate -o simulated/ --patients 600 --seed 1 --therapy-ratio 0.7",
        "Write a synthetic registry whose truth is known, to try the report on.",
    )
    made.add_argument("-o", "--output", type=Path, required=True, metavar="FOLDER")
    made.add_argument("--patients", type=int, default=600, metavar="N")
    made.add_argument("--seed", type=int, default=1, metavar="SEED")
    for name, default, what in (
        ("factor-ratio", 1.5, "of men's hazard to women's"),
        ("therapy-ratio", 0.7, "of the hazard from the first local therapy on"),
        ("treated", 0.5, "the share meant to be treated"),
        ("indication", 1.0, "how many times as often ECOG 0 is treated as ECOG 2"),
        ("missing", 0.0, "the share of outcomes not recorded"),
    ):
        made.add_argument(f"--{name}", type=float, default=default, metavar="NUMBER", help=f"{what} ({default:g})")


def _simulate(arguments: argparse.Namespace) -> int:
    from oligoscope import api

    names = ("patients", "seed", "factor_ratio", "therapy_ratio", "treated", "indication", "missing")
    for path in api.simulate_cohort(arguments.output, **{name: getattr(arguments, name) for name in names}):
        say(f"{path}\n")
    return DONE


def _assess(arguments: argparse.Namespace) -> int:
    from oligoscope import api

    result = api.write_cohort(
        arguments.input,
        arguments.output,
        knowledge=knowledge_of(arguments),
        engine=arguments.engine,
        today=arguments.today,
        extra_columns=arguments.extra_columns,
        by_exception=arguments.by_exception,
        mapping=arguments.mapping,
        repair=arguments.repair,
    )
    complain(result)
    return SOME_REJECTED if result.summary.n_rejected else DONE


def _check(arguments: argparse.Namespace) -> int:
    from oligoscope import api

    result = api.check_cohort(arguments.input, mapping=arguments.mapping, today=arguments.today)
    print_result(arguments, result)
    return SOME_REJECTED if result.found.n_rejected else DONE


def _mapping(arguments: argparse.Namespace) -> int:
    from oligoscope import api
    from oligoscope.api.output import check_outputs, write_file

    if arguments.output.exists():
        raise UsageError(f"{arguments.output}: this file is there already and is left as it is; give another name")
    check_outputs([], [arguments.output], [arguments.export])
    drafted = api.draft_mapping(arguments.export)
    write_file(arguments.output, drafted.text)
    complain(f"{arguments.output}: {drafted}")
    return DONE


def _template(arguments: argparse.Namespace) -> int:
    from oligoscope import api

    for path in api.write_template(arguments.output, arguments.format):
        say(f"{path}\n")
    return DONE


def _report(arguments: argparse.Namespace) -> int:
    from oligoscope import api

    result = api.cohort_report(
        arguments.input,
        arguments.output,
        endpoint=arguments.endpoint,
        origin=arguments.origin,
        factors=arguments.factors,
        divided_by=arguments.divided_by,
        table_by=arguments.table_by,
        data_cut=arguments.data_cut,
        plan=arguments.plan,
        full=arguments.full,
        pdf=arguments.pdf,
        mapping=arguments.mapping,
        knowledge=knowledge_of(arguments),
        today=arguments.today,
    )
    if arguments.json:
        print_json(result.model_dump())
    complain(result)
    return SOME_REJECTED if result.n_rejected else DONE
