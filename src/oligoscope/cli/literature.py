"""The literature commands: import, dedupe, export, extract, compare, simulate; the others stand beside."""

import argparse
from pathlib import Path

from oligoscope.cli.common import DONE, SOME_REJECTED, Commands, add_command, add_group, add_json, print_result
from oligoscope.cli.literature_living import add_living
from oligoscope.cli.literature_progress import add_progress, bar
from oligoscope.cli.literature_review import add_review
from oligoscope.cli.literature_screening import add_screening


def add_commands(commands: Commands) -> None:
    """`oligoscope literature …`."""
    literature = add_group(commands, "literature", "A review that is kept and followed: import, screen, extract.")
    _add_records(literature)
    add_living(literature)
    add_screening(literature)
    add_review(literature)
    _add_extraction(literature)
    _add_simulate(literature)


def _add_records(literature: Commands) -> None:
    """import, dedupe, export."""
    imports = _command(
        literature,
        "import",
        _import,
        "oligoscope literature import pubmed.nbib embase.ris --store review.db",
        "Keep the records of files; name every line that was not read.",
    )
    imports.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="RIS, NBIB, XML, BibTeX, CSV, JSON, ASReview"
    )
    imports.add_argument(
        "--database", default="", metavar="NAME", help="where they come from (default: the file's name)"
    )
    imports.add_argument(
        "--encoding", default="", metavar="NAME", help="of the files, such as cp1252 (default: found out)"
    )
    imports.add_argument("--update", action="store_true", help="they belong to a new round of the search")
    add_progress(imports)
    dedupe = _command(
        literature,
        "dedupe",
        _dedupe,
        "oligoscope literature dedupe --store review.db",
        "Which records are one, and which belong to one study, each with its reason.",
    )
    dedupe.add_argument("--apart", nargs="+", type=int, default=[], metavar="ID", help="take these out of their groups")
    dedupe.add_argument("--who", default="", metavar="NAME", help="who takes them apart")
    export = _command(
        literature,
        "export",
        _export,
        "oligoscope literature export review.ris --store review.db",
        "Write records with their decisions as RIS or CSV, and count what is read back.",
    )
    export.add_argument("output", type=Path, metavar="FILE", help="its name ends in .ris or .csv")
    export.add_argument("--every", action="store_true", help="every record of every source, not one for each group")


def _add_extraction(literature: Commands) -> None:
    """extract, compare."""
    extract = _command(
        literature,
        "extract",
        _extract,
        "oligoscope literature extract 12 --store review.db -o jane/",
        "Write the form of a study for a record: a study file, to be filled in by a person.",
    )
    extract.add_argument("record", type=int, metavar="ID", help="the record, by its id in the store")
    extract.add_argument("-o", "--output", type=Path, required=True, metavar="FOLDER", help="where the form is written")
    extract.add_argument("--pdf", type=Path, metavar="FILE", help="of the report: its sentences with their pages")
    extract.add_argument("--study", default="", metavar="NAME", help="of the study (default: first author and year)")
    compare = add_command(
        literature,
        "compare",
        _compare,
        "oligoscope literature compare jane/doe-2024.yaml bob/doe-2024.yaml",
        "Check an extraction, number by number against its quote, and hold two against each other.",
    )
    compare.add_argument("one", type=Path, metavar="STUDY.yaml", help="a filled form")
    compare.add_argument("other", type=Path, nargs="?", metavar="OTHER.yaml", help="that of a second person")
    compare.add_argument("--store", type=Path, metavar="FILE", help="the review, to hold quotes against the abstract")
    compare.add_argument("--record", type=int, metavar="ID", help="the record they were taken from")
    compare.add_argument("--pdf", type=Path, metavar="FILE", help="the report, to hold quotes against its pages")
    add_json(compare)


def _add_simulate(literature: Commands) -> None:
    command = add_command(
        literature,
        "simulate",
        _simulate,
        "oligoscope literature simulate labels.csv --seed 1",
        "How much reading the ranking would have saved in a review whose decisions are known.",
        positional=("labels",),
    )
    command.add_argument("--seed", type=int, default=1, metavar="N", help="of starts and random samples (default 1)")
    command.add_argument("--runs", type=int, default=5, metavar="N", help="readings, each from a start (default 5)")
    add_json(command)


def _command(commands: Commands, name: str, run: object, example: str, text: str) -> argparse.ArgumentParser:
    """A command on a store."""
    command = add_command(commands, name, run, example, text)
    command.add_argument("--store", type=Path, required=True, metavar="FILE", help="the review, one SQLite file")
    add_json(command)
    return command


def _import(arguments: argparse.Namespace) -> int:
    from oligoscope.api import literature

    with bar(arguments) as show:
        found = literature.import_files(
            arguments.files,
            store=arguments.store,
            database=arguments.database,
            encoding=arguments.encoding,
            update=arguments.update,
            on_step=show,
        )
    print_result(arguments, found)
    return SOME_REJECTED if any(each.read.refused for each in found.found.files) else DONE


def _dedupe(arguments: argparse.Namespace) -> int:
    from oligoscope.api import literature

    return print_result(arguments, literature.dedupe(store=arguments.store, apart=arguments.apart, who=arguments.who))


def _export(arguments: argparse.Namespace) -> int:
    from oligoscope.api import literature

    return print_result(arguments, literature.export(arguments.output, store=arguments.store, every=arguments.every))


def _extract(arguments: argparse.Namespace) -> int:
    from oligoscope.api import literature

    found = literature.extract(
        arguments.record,
        store=arguments.store,
        output=arguments.output,
        study=arguments.study,
        pdf=arguments.pdf,
    )
    return print_result(arguments, found)


def _compare(arguments: argparse.Namespace) -> int:
    from oligoscope.api import literature

    found = literature.compare(
        arguments.one, arguments.other, store=arguments.store, record=arguments.record, pdf=arguments.pdf
    )
    print_result(arguments, found)
    return SOME_REJECTED if found.found.differences or found.found.doubts else DONE


def _simulate(arguments: argparse.Namespace) -> int:
    from tqdm import tqdm

    from oligoscope import api

    labels: Path = arguments.labels
    with tqdm(total=arguments.runs, unit="readings", leave=False, disable=None) as bar:
        found = api.simulate_screening(labels, seed=arguments.seed, runs=arguments.runs, on_run=bar.update)
    return print_result(arguments, found)
