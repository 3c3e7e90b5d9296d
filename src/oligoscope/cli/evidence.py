"""The evidence commands: list, show, search, pool, audit, coverage, drift."""

import argparse
import csv
import io
from collections.abc import Iterable
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
    complain,
    print_json,
    print_result,
    say,
    try_outputs,
    write,
)


def add_commands(commands: Commands) -> None:
    """`oligoscope evidence …`."""
    evidence = add_group(commands, "evidence", "Read, question and pool the published evidence.")
    _add_reading(evidence)
    _add_pool(evidence)
    _add_questions(evidence)


def _add_reading(evidence: Commands) -> None:
    """list, search, show."""
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


def _add_pool(evidence: Commands) -> None:
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
        "--as-of", default=None, metavar="DATE", help="the evidence published by this day (default: today)"
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


def _add_questions(evidence: Commands) -> None:
    """audit, coverage, drift."""
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
        metavar="DATE",
        help="default: the day up to which the source review looked",
    )
    drift.add_argument("--to", dest="until", default="today", metavar="DATE")
    drift.add_argument("--population", help="as for pool")
    whose = drift.add_mutually_exclusive_group()
    whose.add_argument("--cases", type=Path, metavar="FOLDER", help="whose answers or stated evidence changed: cases")
    whose.add_argument("--registry", type=Path, metavar="DIR", help="the same of a registry, counted")
    drift.add_argument(
        "--release", type=Path, metavar="DIR", help="of cases or a registry: since this other release, not since a day"
    )
    drift.add_argument("-o", "--output", type=Path, metavar="FILE", help="write the patients that changed as CSV")
    drift.add_argument("--html", type=Path, metavar="FILE", help="write one page with the cumulative forest plots")


def _command(commands: Commands, name: str, run: object, example: str, text: str) -> argparse.ArgumentParser:
    command = add_command(commands, name, run, example, text)
    add_packs(command)
    add_json(command)
    return command


def _packs(arguments: argparse.Namespace) -> dict[str, Any]:
    return {"knowledge": arguments.knowledge, "evidence": arguments.evidence}


def _matching(arguments: argparse.Namespace) -> Any:
    from oligoscope import api

    asked = {name: getattr(arguments, name) for name in ("endpoint", "population", "design", "since", "until")}
    return api.find(arguments.words, **asked, **_packs(arguments))


def _list(arguments: argparse.Namespace) -> int:
    from oligoscope.report.study import list_text

    result = _matching(arguments)
    if arguments.json:
        return print_json({name: content for name, content in result.model_dump().items() if name != "statements"})
    say(list_text(result.found.studies))
    return DONE


def _search(arguments: argparse.Namespace) -> int:
    return print_result(arguments, _matching(arguments))


def _show(arguments: argparse.Namespace) -> int:
    from oligoscope import api

    return print_result(arguments, api.study(arguments.study, **_packs(arguments)))


def _pool(arguments: argparse.Namespace) -> int:
    from oligoscope import api

    try_outputs(arguments)
    pooled = api.pool(
        arguments.endpoint,
        population=arguments.population,
        as_of=arguments.as_of,
        randomised=arguments.design == "randomised",
        without=arguments.without,
        admitted=arguments.admitted,
        **_packs(arguments),
    )
    if arguments.plot:
        pooled.plot(arguments.plot)
        complain(f"wrote {arguments.plot}")
    return print_result(arguments, pooled)


def _audit(arguments: argparse.Namespace) -> int:
    from oligoscope import api

    return print_result(arguments, api.audit(arguments.study, **_packs(arguments)))


def _coverage(arguments: argparse.Namespace) -> int:
    from oligoscope import api

    return print_result(arguments, api.coverage(**_packs(arguments)))


def _drift(arguments: argparse.Namespace) -> int:
    from oligoscope import api

    source = arguments.cases or arguments.registry
    try_outputs(arguments, source)
    if source:
        return _moved(arguments, source)
    if arguments.release or arguments.output:
        raise UsageError("--release and -o need --cases or --registry")
    found = api.drift(arguments.since, arguments.until, population=arguments.population, **_packs(arguments))
    if arguments.html:
        write(arguments.html, found.page())
    return print_result(arguments, found)


def _moved(arguments: argparse.Namespace, source: Path) -> int:
    if arguments.population:
        raise UsageError("--population is for studies; of cases or a registry every answer is compared")
    from oligoscope import api
    from oligoscope.report.moved import COLUMNS, moved_rows

    found = api.drift_of(
        source,
        arguments.since,
        arguments.until,
        release=arguments.release,
        registry=arguments.registry is not None,
        **_packs(arguments),
    )
    if arguments.output:
        write(arguments.output, _as_csv([COLUMNS, *moved_rows(found.found)]))
    if arguments.html:
        write(arguments.html, found.page())
    print_result(arguments, found)
    return SOME_REJECTED if found.found.refused else DONE


def _as_csv(rows: Iterable[tuple[str, ...]]) -> str:
    file = io.StringIO(newline="")
    csv.writer(file).writerows(rows)
    return file.getvalue()
