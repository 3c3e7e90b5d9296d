"""`oligoscope store`: what a server keeps, as files: backup, restore, move, one patient's data, the log."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from oligoscope.cli.common import DONE, UNUSABLE, Commands, UsageError, add_command, add_group, complain, say, write
from oligoscope.cli.stored import add_database, opened, operator

if TYPE_CHECKING:
    from oligoscope.store import Cases


def add_commands(commands: Commands) -> None:
    """`oligoscope store …`."""
    group = add_group(commands, "store", "Back up, restore or move what a server keeps; one patient's data; the log.")
    backup = add_command(
        group, "backup", _backup, "oligoscope store backup monday.gz", "Write everything that is kept to one file."
    )
    backup.add_argument("file", type=Path, metavar="FILE")
    restore = add_command(
        group, "restore", _restore, "oligoscope store restore monday.gz", "Fill an empty database from a backup."
    )
    restore.add_argument("file", type=Path, metavar="FILE")
    move = add_command(
        group,
        "copy",
        _copy,
        "oligoscope store copy --to postgresql+psycopg://oligoscope@db/oligoscope",
        "Copy everything into another, empty database: from SQLite to PostgreSQL, or back.",
    )
    move.add_argument("--to", required=True, metavar="URL", help="the other database")
    export = add_command(
        group,
        "export",
        _export,
        "oligoscope store export --pseudonym A17 -o a17.json",
        "Write all that is kept of one patient, the log's lines too.",
    )
    export.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="the JSON file to write")
    forget = add_command(
        group,
        "forget",
        _forget,
        "oligoscope store forget --pseudonym A17",
        "Erase one patient: name, cases and decisions; the log keeps that there was a case.",
    )
    for command in (export, forget):
        command.add_argument("--pseudonym", required=True, metavar="NAME", help="what the board calls the patient")
    log = add_command(group, "log", _log, "oligoscope store log", "Say whether the log holds, and its last seal.")
    for command in (backup, restore, move, export, forget, log):
        add_database(command)


def _backup(arguments: argparse.Namespace) -> int:
    database = opened(arguments)
    from oligoscope.store.copies import back_up

    n = back_up(database, arguments.file)
    complain(f"wrote {arguments.file}: {n} rows. It names patients: keep it as you keep charts")
    return DONE


def _restore(arguments: argparse.Namespace) -> int:
    database = opened(arguments)
    from oligoscope.store.copies import restore

    complain(f"restored {restore(arguments.file, database)} rows into {database.shown}; its log holds")
    return DONE


def _copy(arguments: argparse.Namespace) -> int:
    source = opened(arguments)
    from oligoscope.store import Database
    from oligoscope.store.copies import copied, put

    target = Database(arguments.to)
    if target.url == source.url:
        raise UsageError(f"--to {target.shown}: that is the database itself")
    complain(f"copied {put(copied(source), target)} rows into {target.shown}; its log holds")
    return DONE


def _cases_of(arguments: argparse.Namespace) -> "tuple[Cases, list[str]]":
    database = opened(arguments)
    from oligoscope.store import Cases

    cases = Cases(database)
    found = list(cases.of(arguments.pseudonym))
    if not found:
        raise UsageError(f"--pseudonym {arguments.pseudonym}: no case is kept under that name")
    return cases, found


def _export(arguments: argparse.Namespace) -> int:
    cases, found = _cases_of(arguments)
    content = {"cases": [cases.export(case_id, operator()) for case_id in found]}
    write(arguments.output, json.dumps(content, indent=1, ensure_ascii=False))
    return DONE


def _forget(arguments: argparse.Namespace) -> int:
    cases, found = _cases_of(arguments)
    for case_id in found:
        cases.forget(case_id, operator())
    complain(f"erased {len(found)} case{'s' * (len(found) > 1)}; backups made before still hold them")
    return DONE


def _log(arguments: argparse.Namespace) -> int:
    database = opened(arguments)
    from oligoscope.store import Cases

    cases = Cases(database)
    broken, (length, digest) = cases.broken_line(), cases.seal()
    if broken is not None:
        say(f"the log was changed: line {broken} of {length} does not follow the one before it\n")
        return UNUSABLE
    say(f"the log holds: {length} lines, the last one sealed {digest}\n")
    return DONE
