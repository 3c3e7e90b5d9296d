"""The literature commands about a review as a whole: protocol, merge."""

import argparse
from pathlib import Path

from oligoscope.cli.common import Commands, add_command, add_json, field_and_value, once, print_result


def add_review(literature: Commands) -> None:
    """protocol, merge."""
    protocol = add_command(
        literature,
        "protocol",
        _protocol,
        "oligoscope literature protocol --store review.db --set registration=PROSPERO:… date=2026-11-27",
        "What the review planned: title, question, registration; every change with its day and reason.",
    )
    protocol.add_argument("--store", type=Path, required=True, metavar="FILE", help="the review, one SQLite file")
    protocol.add_argument(
        "--set",
        nargs="+",
        default=[],
        metavar="FIELD=TEXT",
        help="title, question, registration, date (of the registration), protocol (where it can be read)",
    )
    protocol.add_argument("--who", default="", metavar="NAME", help="who says so")
    protocol.add_argument("--why", default="", metavar="TEXT", help="the reason, where a field that is set is changed")
    add_json(protocol)
    merge = add_command(
        literature,
        "merge",
        _merge,
        "oligoscope literature merge jane.db bob.db -o review.db",
        "Write one store out of several: records, decisions, conflicts, searches; merged again it adds nothing.",
    )
    merge.add_argument("stores", nargs="+", type=Path, metavar="STORE", help="stores of one review, two or more")
    merge.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="the store to write")
    add_json(merge)


def _protocol(arguments: argparse.Namespace) -> int:
    from oligoscope.api import literature

    values = once(field_and_value(text) for text in arguments.set)
    found = literature.protocol(store=arguments.store, values=values, who=arguments.who, why=arguments.why)
    return print_result(arguments, found)


def _merge(arguments: argparse.Namespace) -> int:
    from oligoscope.api import literature

    return print_result(arguments, literature.merge(arguments.stores, output=arguments.output))
