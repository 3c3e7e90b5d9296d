"""The literature commands about decisions: screen, criteria, prisma."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from oligoscope.cli.common import DONE, Commands, UsageError, add_command, add_json, complain, print_result, say, write

KEYS = {"i": "include", "e": "exclude", "m": "maybe", "s": "skip"}
HELP = "i include · e exclude · m maybe · s skip, later · b back · q quit; words after the key are the reason"


def add_screening(literature: Commands) -> None:
    """screen, criteria, prisma."""
    screen = add_command(
        literature,
        "screen",
        _screen,
        "oligoscope literature screen --store review.db --who jane",
        "Read records best first and decide each by a key; every decision is kept at once.",
    )
    screen.add_argument("--store", type=Path, required=True, metavar="FILE", help="the review, one SQLite file")
    screen.add_argument("--who", default="", metavar="NAME", help="who decides; nobody sees what another said")
    screen.add_argument("--stage", choices=("abstract", "full_text"), default="abstract")
    what = screen.add_mutually_exclusive_group()
    what.add_argument("--decide", nargs="+", default=[], metavar="ID=VERDICT", help="decide these, without reading on")
    what.add_argument("--sample", type=int, metavar="N", help="draw N unread records at random; they are read first")
    what.add_argument(
        "--calibrate", type=int, metavar="N", help="read N random records, the same for every reader, before all others"
    )
    what.add_argument("--progress", action="store_true", help="show how far it is, conflicts, kappa, recall")
    screen.add_argument("--reason", default="", metavar="TEXT", help="of --decide")
    screen.add_argument("--note", default="", metavar="TEXT", help="of --decide")
    screen.add_argument("--settle", action="store_true", help="--decide settles what two readers said otherwise")
    screen.add_argument("--seed", type=int, default=1, metavar="N", help="of what is drawn (default 1)")
    screen.add_argument("--readers", type=int, default=2, metavar="N", help="of --calibrate (default 2)")
    screen.add_argument("--target", type=float, default=0.95, metavar="SHARE", help="the recall wanted (default 0.95)")
    _add_criteria_file(screen, "read beside each record, or none")
    add_json(screen)
    _add_criteria(literature)
    _add_prisma(literature)


def _add_criteria(literature: Commands) -> None:
    criteria = add_command(
        literature,
        "criteria",
        _criteria,
        "oligoscope literature criteria 12 --store review.db",
        "The criteria of the review, read from title and abstract: each with its word and its sentences.",
    )
    criteria.add_argument("records", nargs="+", type=int, metavar="ID", help="records, by their ids in the store")
    criteria.add_argument("--store", type=Path, required=True, metavar="FILE", help="the review, one SQLite file")
    _add_criteria_file(criteria, "to be read")
    add_json(criteria)


def _add_prisma(literature: Commands) -> None:
    prisma = add_command(
        literature,
        "prisma",
        _prisma,
        "oligoscope literature prisma --store review.db --svg flow.svg",
        "The flow of the review after PRISMA 2020, each number with its records.",
    )
    prisma.add_argument("--store", type=Path, required=True, metavar="FILE", help="the review, one SQLite file")
    prisma.add_argument("--svg", type=Path, metavar="FILE", help="draw it")
    prisma.add_argument("--box", default="", metavar="NAME", help="list the records behind one number")
    prisma.add_argument("--readers", type=int, default=1, metavar="N", help="who must agree on a record (default 1)")
    add_json(prisma)


def _add_criteria_file(command: argparse.ArgumentParser, what: str) -> None:
    command.add_argument(
        "--criteria", default="default", metavar="FILE", help=f"{what} (default: the criteria of the source review)"
    )


def _criteria(arguments: argparse.Namespace) -> int:
    from oligoscope.api import literature

    found = literature.criteria(*arguments.records, store=arguments.store, criteria=arguments.criteria)
    return print_result(arguments, found)


def _screen(arguments: argparse.Namespace) -> int:
    from oligoscope.api import literature

    if not arguments.progress and not arguments.who:
        raise UsageError("--who: say who decides, or ask for --progress")
    if arguments.sample is not None:
        drawn = literature.draw(
            arguments.sample, store=arguments.store, seed=arguments.seed, stage=arguments.stage, who=arguments.who
        )
        complain(f"drawn at random: {', '.join(map(str, drawn))}")
    elif arguments.decide:
        for record, verdict in [_decision(text) for text in arguments.decide]:
            literature.decide(
                record,
                verdict,
                store=arguments.store,
                who=arguments.who,
                stage=arguments.stage,
                reason=arguments.reason,
                note=arguments.note,
                settles=arguments.settle,
            )
    elif arguments.calibrate is not None:
        return _calibrate(arguments)
    elif not arguments.progress:
        _read_on(arguments)
    found = literature.progress(store=arguments.store, stage=arguments.stage, target=arguments.target)
    return print_result(arguments, found)


def _decision(text: str) -> tuple[int, str]:
    record, _, verdict = text.partition("=")
    if not record.isdecimal() or not verdict:
        raise UsageError(f"--decide {text}: write ID=VERDICT, for example 12=include")
    return int(record), verdict


def _calibrate(arguments: argparse.Namespace) -> int:
    """Read on in the round, then show how far it is; where readers differ only once all are done."""
    from oligoscope.api import literature

    drawn = {"store": arguments.store, "seed": arguments.seed, "stage": arguments.stage}
    _read_on(arguments, literature.calibrate(arguments.calibrate, readers=arguments.readers, **drawn))
    return print_result(arguments, literature.calibration(**drawn))


def _read_on(arguments: argparse.Namespace, only: Sequence[int] = ()) -> None:
    """Show one record after another until the reader quits, or none is left. only: of these, unless it is empty."""
    from oligoscope.api import literature

    where = {"store": arguments.store, "who": arguments.who, "stage": arguments.stage}

    def open_ones() -> list[int]:
        return [each for each in literature.waiting(**where).waiting if not only or each in only]

    complain(HELP)
    waiting, since = open_ones(), 0
    before: list[int] = []
    keys = _keys()
    while waiting:
        complain(literature.shown(waiting[0], len(waiting), store=arguments.store, criteria=arguments.criteria))
        key, reason = next(keys, ("q", ""))
        if key == "q":
            return
        if key == "b" and before:
            waiting.insert(0, before.pop())
        elif key not in KEYS:
            complain(HELP)
        elif key == "e" and arguments.stage == "full_text" and not reason:
            complain("a full text is excluded with its reason: e followed by why")
        else:
            literature.decide(waiting[0], KEYS[key], reason=reason, **where)
            before.append(waiting.pop(0))
            since += 1
            # Learned anew after a find, else after a fiftieth of what was read, as in `simulate`: on a large review
            # the lesson takes seconds, and the next record must not.
            if key == "i" or since > len(before) // 50:
                seen = set(before)
                waiting, since = [each for each in open_ones() if each not in seen], 0


def _keys() -> Iterator[tuple[str, str]]:
    """(key, words after it) of each line on stdin."""
    for line in sys.stdin:
        key, _, reason = line.strip().partition(" ")
        yield key, reason.strip()


def _prisma(arguments: argparse.Namespace) -> int:
    from oligoscope.api import literature

    found = literature.prisma(store=arguments.store, readers=arguments.readers)
    if arguments.svg:
        write(arguments.svg, found.page())
    if arguments.box:
        say(literature.behind(found.found, arguments.box, store=arguments.store))
        return DONE
    return print_result(arguments, found)
