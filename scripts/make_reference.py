"""Write docs/reference from the program itself: commands, words of a case, tables, the answer, the library.

    python scripts/make_reference.py [--check]

--check: change nothing; exit 1 and name the pages that are not what the program says.
"""

import argparse
import inspect
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import oligoscope
from oligoscope import api
from oligoscope.cli.main import parser as command_parser
from oligoscope.knowledge import load

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
        'A value may be given, `unknown` or left out (the same, but where a chart is kept by exception), a list (one of these), an interval (`"2..4"`, `"<3"`) or a partial date (`2023-05`). Codes are those that a bundle of FHIR is read by, each as a publication has it; a field without any has none that was read.\n'
    )
    entries = api.fields().found
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


def answer() -> Iterator[str]:
    """Every key of the published answer."""
    schema = api.answer_schema()
    yield "# The answer\n"
    yield (
        "What `oligoscope assess CASE --json` prints, and what `oligoscope.assess(case)` gives in Python. Names stay: under one `schema` keys are only added. "
        "`oligoscope vocabulary --answer-schema` prints the JSON Schema.\n"
    )
    for name, entry in [("Answer", schema), *sorted(schema["$defs"].items())]:
        yield f"## {name}\n\n{' '.join(entry.get('description', '').split())}\n"
        yield "| Key | Holds | Meaning |\n| --- | --- | --- |"
        required = entry.get("required", [])
        for key, value in entry.get("properties", {}).items():
            optional = "" if key in required or value.get("default") is not None else " (left out where there is none)"
            meaning = value.get("description", "") + optional
            yield f"| `{key}` | {_holds(value)} | {meaning.strip()} |".replace("^(", "").replace(")$", "")
        yield ""


def _holds(schema: dict[str, Any]) -> str:
    """What a key may hold, in words, with links to other parts of the answer."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_holds(each) for each in schema["anyOf"]))
    if "const" in schema or "enum" in schema:
        return ", ".join(f"`{each}`" for each in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        return f"list of {_holds(schema['items'])}" if "items" in schema else "list"
    if schema.get("type") == "object":
        return f"by name: {_holds(schema['additionalProperties'])}"
    return str(schema.get("pattern", schema.get("type", "anything"))).strip("^$()").replace("|", ", ")


def library() -> Iterator[str]:
    """Every function of the library's face."""
    yield "# The library\n"
    yield "`import oligoscope as osc` gives the functions that are marked \\*; all of them stand in `oligoscope.api`.\n"
    for name in api.__all__:
        found = getattr(api, name)
        star = "\\*" if name in oligoscope.__all__ else ""
        if inspect.ismodule(found):
            yield from _module(name, found, star)
            continue
        if inspect.isfunction(found):
            yield f"## {name}{star}\n\n```text\n{name}{_signature(found)}\n```\n"
        else:
            yield f"## {name}{star}\n"
        yield inspect.getdoc(found) or ""
        yield ""


def _module(name: str, module: Any, star: str) -> Iterator[str]:
    """The functions of a module that is reached by its name."""
    yield f"## {name}{star}\n"
    yield inspect.getdoc(module) or ""
    for inner in module.__all__:
        function = getattr(module, inner)
        yield f"\n### {name}.{inner}\n\n```text\n{name}.{inner}{_signature(function)}\n```\n"
        yield inspect.getdoc(function) or ""
    yield ""


def _signature(function: Any) -> str:
    """One parameter per line."""
    parameters = inspect.signature(function).parameters.values()
    names = [
        f"{'*' if p.kind is p.VAR_POSITIONAL else '**' if p.kind is p.VAR_KEYWORD else ''}{p.name}"
        + ("" if p.default is p.empty else f"={_default(p.default)}")
        for p in parameters
    ]
    return f"({', '.join(names)})"


def _default(value: object) -> str:
    """A default as it is written; of a function its name, since its address is another one in every run."""
    return str(value.__name__) if inspect.isfunction(value) else repr(value)


PAGES = {"commands": commands, "vocabulary": vocabulary, "tables": tables, "answer": answer, "library": library}


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
