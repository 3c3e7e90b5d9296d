"""The command: build the parser from one file per noun, run what was asked, say what went wrong in one line."""

import argparse
import sys
from collections.abc import Sequence

from oligoscope import __version__
from oligoscope.cli import assess, board, cohort, evidence, explain, knowledge, trials, vocabulary, what_if
from oligoscope.cli.common import DONE, STOPPED, UNUSABLE, UsageError

EPILOG = "Decision support for clinicians; not a medical device. Nothing leaves this machine."
OPTIONS = {
    "admitted": "--with",
    "as_of": "--as-of",
    "design": "--design",
    "endpoint": "--endpoint",
    "evidence": "--evidence",
    "plot": "--plot",
    "population": "--population",
    "since": "--from",
    "until": "--to",
    "without": "--without",
}
"""How this door spells what the library calls by these names."""
NOUNS = {
    "assess": assess,
    "board": board,
    "explain": explain,
    "what-if": what_if,
    "vocabulary": vocabulary,
    "cohort": cohort,
    "knowledge": knowledge,
    "evidence": evidence,
    "trials": trials,
}
"""What stands first on a command line, and the file with its commands."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    words = sys.argv[1:] if argv is None else argv
    arguments = parser(words[0] if words else "").parse_args(words)
    try:
        code: int = arguments.run(arguments)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # The reader of a pipe (head, less) has enough: what is left unsaid is no failure.
        sys.stderr.close()
        return DONE
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return STOPPED
    except Exception as error:
        said = _said(error)
        if said is None:
            raise
        print(printable(said), file=sys.stderr)
        return UNUSABLE


def parser(first: str = "") -> argparse.ArgumentParser:
    """The parser of the whole command.

    first: the first word of a command line; where it is a command, only that one is built: 2 ms in place of 9.
    """
    found = argparse.ArgumentParser(
        prog="oligoscope",
        description="Oligometastatic NSCLC: one patient or a registry against decision tables with sources.",
        epilog=EPILOG,
    )
    found.add_argument("--version", action="version", version=f"oligoscope {__version__}")
    commands = found.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for noun in [NOUNS[first]] if first in NOUNS else NOUNS.values():
        noun.add_commands(commands)
    return found


def _said(error: Exception) -> str | None:
    """What a person can act on, in words; None for a defect of the program, whose trace is wanted whole."""
    from oligoscope.api import OligoscopeError

    if isinstance(error, OligoscopeError) and error.field in OPTIONS:
        return f"{OPTIONS[error.field]} {str(error).partition(' ')[2]}"
    if isinstance(error, (OligoscopeError, UsageError)):
        return str(error)
    if isinstance(error, OSError):
        return f"{error.filename or 'file'}: {error.strerror or error}"
    if isinstance(error, UnicodeError):
        return f"this text cannot be read or written: {error}"
    if isinstance(error, RecursionError):
        return "the input is nested too deeply to be read; flatten it"
    if isinstance(error, MemoryError):
        return "not enough memory for this input; assess it in parts, or on a larger machine"
    return None


def printable(text: str) -> str:
    """Text in which what steers a terminal is written out: a name in a file must not move the cursor.

    >>> printable("a\\x1b[31mb")
    'a\\\\x1b[31mb'
    """
    return "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text)
