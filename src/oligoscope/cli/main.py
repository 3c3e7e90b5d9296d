"""The command: build the parser from one file per noun, run what was asked, say what went wrong in one line."""

import argparse
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn

from oligoscope import __version__
from oligoscope.cli import (
    accounts,
    assess,
    board,
    cohort,
    dose,
    evidence,
    explain,
    ipd,
    knowledge,
    literature,
    serve,
    store,
    survival,
    trials,
    vocabulary,
    what_if,
)
from oligoscope.cli.common import DONE, STOPPED, UNUSABLE, UsageError, printable

EPILOG = "Decision support for clinicians; not a medical device. Nothing leaves this machine."
OPTIONS = {
    "admitted": "--with",
    "alpha_beta": "--alpha-beta",
    "as_of": "--as-of",
    "at": "--at",
    "at_risk": "--at-risk",
    "axes": "--axes",
    "by": "--by",
    "cause": "--cause",
    "cluster": "--cluster",
    "covariates": "--covariates",
    "curve": "--curve",
    "design": "--design",
    "endpoint": "--endpoint",
    "entry": "--entry",
    "event": "--event",
    "events": "--events",
    "evidence": "--evidence",
    "interval": "--interval",
    "method": "--method",
    "plot": "--plot",
    "population": "--population",
    "reported": "--reported",
    "rho": "--rho",
    "seed": "--seed",
    "sets": "--sets",
    "since": "--from",
    "strata": "--strata",
    "tau": "--tau",
    "ties": "--ties",
    "time": "--time",
    "tissue": "--tissue",
    "today": "--today",
    "until": "--to",
    "weights": "--weights",
    "without": "--without",
}
"""How this door spells what the library calls by these names."""
MOST_LINES, LONGEST = 50, 1000
"""Of one message: enough to mend a file by; 100,000 unknown keys would scroll everything else away."""
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
    "dose": dose,
    "survival": survival,
    "ipd": ipd,
    "literature": literature,
    "serve": serve,
    "accounts": accounts,
    "store": store,
}
"""What stands first on a command line, and the file with its commands."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    words = sys.argv[1:] if argv is None else argv
    try:
        words = as_one_word(words)
        arguments = parser(words[0] if words else "").parse_args(words)
        code: int = arguments.run(arguments)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # The reader of a pipe (head, less) has enough: what is left unsaid is no failure.
        sys.stderr.close()
        return DONE
    except KeyboardInterrupt:
        return _ended("stopped; nothing half-written is left", STOPPED)
    except Exception as error:
        said = _said(error)
        if said is None:
            raise
        return _ended(said, UNUSABLE)


def as_one_word(words: Sequence[str]) -> list[str]:
    """A command line with `ipd figure` and `ipd pool` as one word: argparse cannot tell them apart from `ipd FILE`.

    Raises UsageError for a word that holds a line break: no message about it would fit a line.
    """
    if broken := next((word for word in words if "\n" in word or "\r" in word), None):
        raise UsageError(f"{broken!r}: a word of the command line holds a line break. Leave it out, or rename the file")
    both = " ".join(words[:2])
    return [both, *words[2:]] if both in ("ipd figure", "ipd pool") else [*words]


def _text_of(error: UnicodeError) -> str:
    """The text that was refused, or its beginning."""
    given = error.object if isinstance(error, (UnicodeEncodeError, UnicodeDecodeError)) else ""
    text = given.decode(errors="replace") if isinstance(given, bytes) else given
    return text if len(text) <= 60 else f"{text[:57]}..."


def _ended(said: str, code: int) -> int:
    """Say how a run ended. Where even that cannot be written, the code says it."""
    with suppress(OSError):
        lines = printable(said).split("\n")
        shown = [line if len(line) <= LONGEST else f"{line[:LONGEST]} …" for line in lines[:MOST_LINES]]
        more = [f"... and {len(lines) - MOST_LINES} more lines like these"] if len(lines) > MOST_LINES else []
        print(*shown, *more, sep="\n", file=sys.stderr)
    return code


class _Parser(argparse.ArgumentParser):
    """Its complaints repeat words of the command line."""

    def error(self, message: str) -> NoReturn:
        super().error(printable(message))


def parser(first: str = "") -> argparse.ArgumentParser:
    """The parser of the whole command.

    first: the first word of a command line; where it is a command, only that one is built: 2 ms in place of 9.
    """
    found = _Parser(
        prog="oligoscope",
        description="Oligometastatic NSCLC: one patient or a registry against decision tables with sources.",
        epilog=EPILOG,
    )
    found.add_argument("--version", action="version", version=f"oligoscope {__version__}")
    commands = found.add_subparsers(title="commands", required=True, metavar="COMMAND")
    noun_of = first.partition(" ")[0]
    for noun in [NOUNS[noun_of]] if noun_of in NOUNS else NOUNS.values():
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
        return f"{error.filename or 'output'}: {error.strerror or error}"
    if isinstance(error, UnicodeError):
        return f"this text cannot be read or written, since it is not UTF-8: {_text_of(error)}"
    if isinstance(error, RecursionError):
        return "the input is nested too deeply to be read; flatten it"
    if isinstance(error, MemoryError):
        return "not enough memory for this input; assess it in parts, or on a larger machine"
    return None
