"""Write docs/reference from the program itself: commands, words of a case, decision tables.

    python scripts/make_reference.py [--check]

--check: change nothing; exit 1 and name the pages that are not what the program says.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from oligoscope.cli.main import parser as command_parser
from oligoscope.knowledge import load
from oligoscope.vocabulary.dictionary import rows

FOLDER = Path(__file__).resolve().parent.parent / "docs/reference"
HELP_WIDTH = "100"


def commands() -> Iterator[str]:
    """Every command with the help that it prints."""
    yield "# Commands\n"
    yield "Exit codes: 0 done · 1 done, but some input was rejected · 2 wrong usage or unreadable input, nothing written · 130 stopped.\n"
    for name, parser in _leaves(command_parser()):
        yield f"## {name}\n\n```text\n{parser.format_help().rstrip()}\n```\n"


def _leaves(parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """The parsers that run something, with their full names."""
    choices = [a.choices for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    if not choices:
        yield parser.prog, parser
    for commands_below in choices:
        for below in dict.fromkeys(commands_below.values()):
            yield from _leaves(below)


def vocabulary() -> Iterator[str]:
    """Every field of a case."""
    yield "# The words of a case\n"
    yield (
        'A value may be given, `unknown` or left out (the same), a list (one of these), an interval (`"2..4"`, `"<3"`) or a partial date (`2023-05`).\n'
    )
    entries = rows()
    names = [name for name in entries[0] if any(row[name] for row in entries)]
    yield f"| {' | '.join(name.replace('_', ' ') for name in names)} |"
    yield f"|{' --- |' * len(names)}"
    for row in entries:
        yield "| " + " | ".join(str(row[name]).replace("|", "\\|") for name in names) + " |"


def tables() -> Iterator[str]:
    """Every decision table: its question, what it reads, what it answers."""
    knowledge = load()
    yield "# Decision tables\n"
    yield "`oligoscope knowledge export TABLE` prints one with all its rules.\n"
    for table in knowledge.tables:
        yield f"## {table.name}\n\n{table.question}\n"
        yield f"{table.kind}; reads {', '.join(f'`{name}`' for name in table.inputs)}.\n"
        if table.outcomes:
            yield "| Outcome | Meaning |\n| --- | --- |"
            yield from (f"| {outcome.code} | {outcome.label} |" for outcome in table.outcomes)
            yield ""


PAGES = {"commands": commands, "vocabulary": vocabulary, "tables": tables}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    os.environ["COLUMNS"] = HELP_WIDTH
    stale = []
    for name, lines in PAGES.items():
        page, text = FOLDER / f"{name}.md", "\n".join(lines()).rstrip() + "\n"
        if check and (not page.exists() or page.read_text("utf-8") != text):
            stale.append(name)
        elif not check:
            page.write_text(text, "utf-8")
    print("\n".join(f"docs/reference/{name}.md is not what the program says: make reference" for name in stale))
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
