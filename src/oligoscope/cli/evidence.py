"""The evidence commands: list, show, search, pool, audit, coverage, drift."""

import argparse
import datetime
import sys
from pathlib import Path
from typing import Any

from oligoscope.cli.common import (
    DONE,
    Commands,
    UsageError,
    add_command,
    add_group,
    add_json,
    add_packs,
    evidence_of,
    knowledge_of,
    print_json,
    write,
)

A_DAY = "2022-09-01"
"""How a day is written, for help and messages."""


def add_commands(commands: Commands) -> None:
    """`oligoscope evidence …`."""
    evidence = add_group(commands, "evidence", "Read, question and pool the published evidence.")
    for name, run, example, text in (
        ("list", _list, "oligoscope evidence list --design randomised --endpoint PFS --from 2023", "List studies."),
        (
            "search",
            _search,
            "oligoscope evidence search brain metastases",
            "Find studies, results and statements of the review by words.",
        ),
    ):
        command = _command(evidence, name, run, example, text)
        command.add_argument("words", nargs="*" if name == "list" else "+", help="words that must all occur")
        command.add_argument("--endpoint", help="with a result on this endpoint, for example PFS")
        command.add_argument("--population", help="words in its population, setting or tags")
        command.add_argument("--design", help="words in its design, for example randomised")
        command.add_argument(
            "--from", dest="since", metavar="DATE", help="published on or after, for example 2023 or 2023-05-01"
        )
        command.add_argument("--to", dest="until", metavar="DATE", help="published on or before")
    _command(
        evidence, "show", _show, "oligoscope evidence show ashworth-2014", "Show one study with its results."
    ).add_argument("study")
    pool = _command(
        evidence,
        "pool",
        _pool,
        "oligoscope evidence pool --endpoint PFS --as-of 2022-09-01 --plot forest.svg",
        "Pool randomised trials of local ablative therapy.",
    )
    pool.add_argument("--endpoint", required=True)
    pool.add_argument(
        "--population",
        help="the state of disease (default: oligometastatic), a named population, a tag of the studies, or any",
    )
    pool.add_argument("--design", choices=("randomised", "any"), default="randomised")
    pool.add_argument(
        "--as-of", type=_day, default=None, metavar="DATE", help="the evidence published by this day (default: today)"
    )
    pool.add_argument("--without", action="append", default=[], metavar="STUDY")
    pool.add_argument(
        "--with",
        dest="admitted",
        action="append",
        default=[],
        metavar="KIND",
        help="let in what is left out by default: unverified, concern, approximate, indirect",
    )
    pool.add_argument("--plot", type=Path, metavar="FILE", help="write a forest plot (.svg or .png)")
    audit = _command(
        evidence,
        "audit",
        _audit,
        "oligoscope evidence audit --study sindas",
        "Hold the numbers against each other and the review against its sources.",
    )
    audit.add_argument("--study", help="only this study")
    _command(
        evidence, "coverage", _coverage, "oligoscope evidence coverage", "What became of every statement of the review."
    )
    drift = _command(
        evidence,
        "drift",
        _drift,
        "oligoscope evidence drift --from 2022-09-01 --to today --html drift.html",
        "What the evidence published between two days changed.",
    )
    drift.add_argument(
        "--from",
        dest="since",
        type=_day,
        metavar="DATE",
        help="default: the day up to which the source review looked",
    )
    drift.add_argument("--to", dest="until", type=_day, default="today", metavar="DATE")
    drift.add_argument("--population", help="as for pool")
    drift.add_argument("--html", type=Path, metavar="FILE", help="write one page with the cumulative forest plots")


def _command(commands: Commands, name: str, run: Any, example: str, text: str) -> argparse.ArgumentParser:
    command = add_command(commands, name, run, example, text)
    add_packs(command)
    add_json(command)
    return command


def _day(text: str) -> str:
    try:
        return datetime.date.today().isoformat() if text == "today" else datetime.date.fromisoformat(text).isoformat()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is not a day; write it as {A_DAY}, or today") from None


def _matching(arguments: argparse.Namespace) -> Any:
    from oligoscope.evidence.search import find

    return find(
        evidence_of(arguments),
        words=arguments.words,
        endpoint=arguments.endpoint,
        population=arguments.population,
        design=arguments.design,
        since=arguments.since,
        until=arguments.until,
    )


def _list(arguments: argparse.Namespace) -> int:
    from oligoscope.report.study import list_text, study_json

    found = _matching(arguments)
    if arguments.json:
        return print_json([study_json(study) for study in found.studies])
    sys.stdout.write(list_text(found.studies))
    return DONE


def _search(arguments: argparse.Namespace) -> int:
    from oligoscope.report.study import search_text, study_json

    found = _matching(arguments)
    if arguments.json:
        return print_json(
            {
                "studies": [study_json(study) for study in found.studies],
                "statements": [s.model_dump() for s in found.statements],
            }
        )
    sys.stdout.write(search_text(found))
    return DONE


def _show(arguments: argparse.Namespace) -> int:
    from oligoscope.report.study import study_json, study_text

    study = evidence_of(arguments).study(arguments.study)
    if arguments.json:
        return print_json(study_json(study))
    sys.stdout.write(study_text(study))
    return DONE


def _pool(arguments: argparse.Namespace) -> int:
    from oligoscope.appraisal.pool import pool
    from oligoscope.appraisal.select import Request
    from oligoscope.report.pooled import pool_json, pool_text

    as_of = arguments.as_of or datetime.date.today().isoformat()
    evidence = evidence_of(arguments)
    request = Request(
        arguments.endpoint,
        as_of,
        arguments.population or "",
        arguments.design == "randomised",
        tuple(arguments.without),
        frozenset(arguments.admitted),
    )
    found = pool(request, evidence.studies(), evidence.terms)
    if arguments.plot:
        _plot(found, arguments.plot)
    if arguments.json:
        return print_json(pool_json(found))
    sys.stdout.write(pool_text(found))
    return DONE


def _plot(found: Any, file: Path) -> None:
    from oligoscope.report.forest import draw, pool_rows

    if found.fit is None:
        raise UsageError(f"--plot {file}: nothing is pooled, so there is nothing to draw")
    try:
        draw(
            pool_rows(found),
            found.terms.treatment,
            f"{found.request.endpoint}, {found.request.population}, as of {found.request.as_of}",
            file=file,
        )
    except (ValueError, OSError) as error:
        raise UsageError(f"--plot {file}: {error}") from None
    print(f"wrote {file}", file=sys.stderr)


def _audit(arguments: argparse.Namespace) -> int:
    from oligoscope.appraisal.audit import audit
    from oligoscope.appraisal.coverage import against_lists
    from oligoscope.report.audited import audit_json, audit_text

    evidence = evidence_of(arguments)
    if arguments.study:
        alarms, known = audit([evidence.study(arguments.study)]), []
    else:
        alarms = audit(evidence.studies(), evidence.statements, evidence.references, evidence.terms.review.study)
        known = against_lists(evidence.discrepancies, alarms)
    if arguments.json:
        return print_json(audit_json(alarms, known))
    sys.stdout.write(audit_text(alarms, known))
    return DONE


def _coverage(arguments: argparse.Namespace) -> int:
    from oligoscope.appraisal.coverage import coverage
    from oligoscope.report.audited import coverage_json, coverage_text

    knowledge = knowledge_of(arguments)
    covered = coverage(knowledge.evidence.statements, knowledge.evidence.studies(), knowledge)
    if arguments.json:
        return print_json(coverage_json(covered))
    sys.stdout.write(coverage_text(covered))
    return DONE


def _drift(arguments: argparse.Namespace) -> int:
    from oligoscope.appraisal.drift import drift
    from oligoscope.report.drifted import drift_json, drift_page, drift_text

    knowledge = knowledge_of(arguments)
    since = arguments.since or knowledge.evidence.terms.review.searched
    if since > arguments.until:
        raise UsageError(f"--from {since} comes after --to {arguments.until}; write the earlier day first")
    found = drift(since, arguments.until, knowledge, arguments.population)
    if arguments.html:
        write(arguments.html, drift_page(found))
        print(f"wrote {arguments.html}", file=sys.stderr)
    if arguments.json:
        return print_json(drift_json(found))
    sys.stdout.write(drift_text(found))
    return DONE
