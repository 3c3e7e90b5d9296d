"""The literature commands that ask databases: search, update, card."""

import argparse
from functools import partial
from pathlib import Path
from typing import Any

from oligoscope.cli.common import DONE, SOME_REJECTED, Commands, add_command, add_json, add_packs, print_result
from oligoscope.cli.literature_progress import add_progress, bar

SOURCES = ("pubmed", "clinicaltrials")


def add_living(literature: Commands) -> None:
    """search, update, card."""
    search = _command(
        literature,
        "search",
        _search,
        "oligoscope literature search --until 2026-11-27 --store review.db",
        "Search PubMed and ClinicalTrials.gov, and keep what is found; a search that was stopped goes on.",
    )
    search.add_argument("--source", choices=SOURCES, help="only this database (default: all of the strategy)")
    search.add_argument(
        "--strategy", default="default", metavar="FILE", help="a YAML file (default: the searches of the source review)"
    )
    search.add_argument("--until", metavar="DATE", help="the day up to which to look (default: as the strategy says)")
    add_progress(search)
    update = _command(
        literature,
        "update",
        _update,
        "oligoscope literature update --store review.db",
        "Search again, and tell what is new: records, changed trials, retractions and other notices.",
    )
    update.add_argument("--until", metavar="DATE", help="the day up to which to look (default: today)")
    update.add_argument(
        "--cases", type=Path, metavar="FOLDER", help="saved cases: which of them newer evidence changes"
    )
    update.add_argument("--show", action="store_true", help="the last update again; nothing is asked")
    add_progress(update)
    add_packs(update)
    card = _command(
        literature,
        "card",
        _card,
        "oligoscope literature card NCT03862911 --store review.db -o drafts/",
        "Write the draft of a trial card from a record of ClinicalTrials.gov; a person confirms it.",
    )
    card.add_argument("trial", metavar="NCT", help="the number of the trial")
    card.add_argument("-o", "--output", type=Path, required=True, metavar="FOLDER", help="a pack, made where it is not")


def _command(commands: Commands, name: str, run: object, example: str, text: str) -> argparse.ArgumentParser:
    command = add_command(commands, name, run, example, text)
    command.add_argument("--store", type=Path, required=True, metavar="FILE", help="the review, one SQLite file")
    add_addresses(command)
    add_json(command)
    return command


def add_addresses(command: argparse.ArgumentParser) -> None:
    """`--pubmed-url`, `--clinicaltrials-url`, `--per-second`."""
    for name in SOURCES:
        command.add_argument(f"--{name}-url", default="", metavar="URL", help="ask a proxy or mirror instead")
    command.add_argument(
        "--per-second",
        type=float,
        metavar="N",
        help="questions a second (default 3 of PubMed, 10 with a key; 1 of trials)",
    )


def where_of(arguments: argparse.Namespace) -> Any:
    """The addresses that were given."""
    from oligoscope.api import literature

    return literature.addresses(arguments.pubmed_url, arguments.clinicaltrials_url, arguments.per_second)


def _search(arguments: argparse.Namespace) -> int:
    from oligoscope.api import literature

    with bar(arguments) as show:
        found = literature.search(
            store=arguments.store,
            strategy=arguments.strategy,
            source=arguments.source or "",
            until=arguments.until,
            where=where_of(arguments),
            on_records=partial(show, "records"),
        )
    print_result(arguments, found)
    return SOME_REJECTED if any(each.missing for each in found.found.asked) else DONE


def _update(arguments: argparse.Namespace) -> int:
    from oligoscope.api import literature

    with bar(arguments) as show:
        found = literature.update(
            store=arguments.store,
            until=arguments.until,
            where=where_of(arguments),
            cases=arguments.cases,
            knowledge=arguments.knowledge,
            evidence=arguments.evidence,
            show=arguments.show,
            on_records=partial(show, "records"),
        )
    print_result(arguments, found)
    followed = found.found.followed
    return SOME_REJECTED if followed.unread or any(each.missing for each in followed.asked) else DONE


def _card(arguments: argparse.Namespace) -> int:
    from oligoscope.api import literature

    found = literature.card(arguments.trial, store=arguments.store, output=arguments.output, where=where_of(arguments))
    print_result(arguments, found)
    return SOME_REJECTED if found.found.problems else DONE
