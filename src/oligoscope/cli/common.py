"""What every command shares: exit codes, the shape of a parser, the knowledge, printing and writing."""

import argparse
import json
import re
import sys
import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

if TYPE_CHECKING:
    from oligoscope.api import Knowledge

T = TypeVar("T")

DONE, SOME_REJECTED, UNUSABLE, STOPPED = 0, 1, 2, 130

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


class Prints(Protocol):
    """What the library gives: `str()` is its text."""

    def model_dump(self) -> dict[str, object]:
        """Its JSON."""
        ...


class UsageError(ValueError):
    """A command that cannot be carried out as written."""


class _Once(argparse._StoreAction):
    """An option with one value, given twice, is refused: argparse would drop the first without a word."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        given = namespace.__dict__.setdefault("given", set())
        if option_string and self.dest in given:
            raise argparse.ArgumentError(self, "is given twice; once is enough")
        given.add(self.dest)
        super().__call__(parser, namespace, values, option_string)


def add_command(
    commands: Commands, name: str, run: object, example: str, text: str, positional: tuple[str, ...] = ()
) -> argparse.ArgumentParser:
    """A command whose help gives an example first. positional: names of arguments that are paths."""
    command = commands.add_parser(
        name,
        help=text,
        description=f"{text}\n\nexample: {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.register("action", None, _Once)
    command.set_defaults(run=run)
    for argument in positional:
        command.add_argument(argument, type=Path, metavar=argument.upper())
    return command


def add_group(commands: Commands, name: str, text: str) -> Commands:
    """The commands of one noun."""
    group = commands.add_parser(name, help=text)
    return group.add_subparsers(title=f"{name} commands", required=True, metavar="COMMAND")


def add_json(command: argparse.ArgumentParser, what: str = "the answer") -> None:
    """`--json`."""
    command.add_argument("--json", action="store_true", help=f"print {what} as JSON")


def add_packs(command: argparse.ArgumentParser) -> None:
    """`--knowledge` and `--evidence`, for commands that read the knowledge by `knowledge_of` or the studies by
    `evidence_of`.
    """
    command.add_argument(
        "--knowledge",
        action="append",
        type=Path,
        default=[],
        metavar="DIR",
        help="lay a pack of your own rules over the packaged ones (may be given more than once)",
    )
    command.add_argument(
        "--evidence",
        action="append",
        type=Path,
        default=[],
        metavar="DIR",
        help="read studies of this folder too, one YAML file per study (may be given more than once)",
    )


def add_parameters(command: argparse.ArgumentParser) -> None:
    """`--set`, `--knowledge` and `--evidence`, for commands that read the knowledge by `knowledge_of`."""
    add_packs(command)
    command.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="PARAMETER=NUMBER",
        help="for example max_lesions=3 or sync_threshold_months=3",
    )


def add_today(command: argparse.ArgumentParser) -> None:
    """`--today`, for commands whose answer depends on the day."""
    command.add_argument(
        "--today", metavar="DATE", help="the day of the answer, so that it stays the same (default: today)"
    )


def knowledge_of(arguments: argparse.Namespace) -> "Knowledge":
    """The packaged knowledge with the packs that were given, under the parameters that were set."""
    from oligoscope import api

    parameters = once(map(_parameter, getattr(arguments, "set", ())))
    return api.load_knowledge(*arguments.knowledge, evidence=arguments.evidence, **parameters)


def once(pairs: Iterable[tuple[str, T]]) -> dict[str, T]:
    """Pairs by name. Raises UsageError for a name given twice, of which the first would be lost."""
    found: dict[str, T] = {}
    for name, value in pairs:
        if name in found:
            raise UsageError(f"{name}: it is given twice; give it once")
        found[name] = value
    return found


def _parameter(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        return name, float(value)
    except ValueError:
        raise UsageError(f"--set {text}: write PARAMETER=NUMBER, for example max_lesions=3") from None


def printable(text: str, *, has_ink: bool = False) -> str:
    """Text in which what steers a terminal is written out: a name in a file must not move the cursor.

    has_ink: bold and dim, which our own texts use on a terminal, pass.

    >>> printable("a\\x1b[31mb")
    'a\\\\x1b[31mb'
    """
    return _STEERS.sub(lambda found: found[0] if has_ink and found[0] in _INK else _spelled(found[0]), text)


_INK = ("\x1b[0m", "\x1b[1m", "\x1b[2m")
_STEERS = re.compile("\x1b\\[[012]m|[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control signs, and those that turn the direction of writing; surrogates stand for bytes of names that are no text."""


def _spelled(sign: str) -> str:
    return sign.encode("unicode_escape").decode()


def say(text: str, *, fitted: bool = True) -> None:
    """Text on stdout. fitted: lines longer than the terminal go on below, set in a little."""
    has_ink = sys.stdout.isatty()  # A pipe or a file gets every line whole.
    if fitted and has_ink:
        from oligoscope.report.terminal import this_terminal

        width = this_terminal().width
        text = "\n".join(_fitted(line, width) for line in text.split("\n"))
    sys.stdout.write(printable(text, has_ink=has_ink))


def _fitted(line: str, width: int) -> str:
    shown = len(line) - sum(len(found[0]) for found in _STEERS.finditer(line))
    if shown <= width:
        return line
    indent = len(line) - len(line.lstrip())
    below = " " * min(indent + 4, width // 2)
    return textwrap.fill(line, width, subsequent_indent=below, break_on_hyphens=False)


def complain(text: object) -> None:
    """A line on stderr."""
    print(printable(str(text)), file=sys.stderr)


def print_json(content: object) -> int:
    """One JSON document on stdout."""
    text = json.dumps(content, indent=1, ensure_ascii=False)
    print(_STEERS.sub(lambda found: f"\\u{ord(found[0]):04x}", text))
    return DONE


def print_result(arguments: argparse.Namespace, result: "Prints") -> int:
    """A result as JSON where `--json` was given, else as text."""
    if arguments.json:
        return print_json(result.model_dump())
    say(str(result))
    return DONE


def document(arguments: argparse.Namespace) -> Path | str:
    """The case of the command line: a file, or `-` for what comes on stdin."""
    case: Path = arguments.case
    return f"{sys.stdin.read() if sys.stdin else ''}\n" if str(case) == "-" else case


def try_outputs(arguments: argparse.Namespace, *inputs: Path | None) -> None:
    """Refuse paths that cannot be written, before any work is done. inputs: what is read, beside packs and studies."""
    from oligoscope.api.output import check_outputs

    given = vars(arguments)
    pages, files = ([given[name] for name in names if given.get(name)] for names in (("html",), ("output", "plot")))
    packs = [*arguments.knowledge, *arguments.evidence, given.get("release")]
    check_outputs(pages, files, [path for path in (*packs, *inputs) if path])


def write(path: Path, text: str) -> None:
    """Write a file whole, and say so. Raises OligoscopeError."""
    from oligoscope.api.output import write_file

    write_file(path, text)
    complain(f"wrote {path}")


def field_and_value(text: str) -> tuple[str, str]:
    """What `FIELD=VALUE` says. Raises UsageError."""
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise UsageError(f"{text or '(an empty word)'}: write FIELD=VALUE, for example ecog=2")
    return name, value
