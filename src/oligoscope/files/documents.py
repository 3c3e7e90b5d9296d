"""YAML that people write, read strictly: every key once, no aliases, a limit on depth, and a line for every entry."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import yaml

Plain: TypeAlias = Any
"""What YAML and JSON hold: mappings, lists, text, numbers. Nothing more is known of it before a model checks it."""

Place = tuple[str | int, ...]
"""The way to an entry: keys and positions, from the outside in."""

DEEPEST = 40
"""More levels than any file of ours has (9). Deep nesting ends Python's stack, or the process, before any message."""


class DocumentError(ValueError):
    """A file that cannot be read, with its line (0 where there is none), what is wrong and what to do."""

    def __init__(self, file: str, line: int, problem: str, fix: str) -> None:
        self.file, self.line, self.problem, self.fix = file, line, problem, fix
        super().__init__(f"{file}{f':{line}' if line else ''}: {problem}. Fix: {fix}.")


@dataclass(frozen=True)
class Document:
    """One file: its name, its content as plain data (dates stay text), and the line of every entry."""

    file: str
    content: Plain
    lines: Mapping[Place, int] = field(default_factory=dict, repr=False)

    def line(self, place: Place) -> int:
        """The line of an entry, or of the nearest entry around it; 0 for content that was not read from a file.

        >>> parse("a:\\n  b: 1\\n", "x.yaml").line(("a", "b", "c"))
        2
        """
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 0)


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # libyaml is optional: 10 x faster
    """Safe YAML without dates: 2020-99-99 would end in a traceback here, the reader of the field can say what it is."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}


def read_document(path: Path) -> Document:
    """One YAML file. Raises DocumentError."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        wrong = path.read_bytes()[: error.start].count(b"\n") + 1
        raise DocumentError(path.name, wrong, "this is not UTF-8", "save the file as UTF-8") from None
    except OSError as error:
        raise DocumentError(
            path.name, 0, f"cannot be read ({error.strerror})", "check the path and its rights"
        ) from None
    return parse(text, path.name)


def parse(text: str, file: str) -> Document:
    """The document in a text. Raises DocumentError."""
    loader = None
    try:
        check_shape(text, file)
        loader = _Loader(text)
        node = loader.get_single_node()
        lines: dict[Place, int] = {}
        _check_keys(node, (), lines, file)
        return Document(file, loader.construct_document(node) if node else None, lines)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        what = getattr(error, "problem", None) or " ".join(str(error).split())
        fix = "mend the line, or the one before it"
        raise DocumentError(file, mark.line + 1 if mark else 0, f"this is not YAML ({what})", fix) from None
    except ValueError as error:
        if isinstance(error, DocumentError):
            raise
        raise DocumentError(file, 0, f"a value cannot be read ({error})", "put it in quotes, or correct it") from None
    finally:
        if loader:
            loader.dispose()


def check_shape(text: str, file: str) -> None:
    """Refuse what grows without limit, before anything is built of it: ten lines of aliases can name 10⁹ values.

    Raises DocumentError, and yaml.YAMLError for what is not YAML.
    """
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.AliasEvent):
            raise DocumentError(file, _line(event), "an alias (*name) is not read here", "write it out")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST:
            raise DocumentError(file, _line(event), f"more than {DEEPEST} levels", "write it with fewer levels")


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 0


def _check_keys(node: yaml.Node | None, place: Place, lines: dict[Place, int], file: str) -> None:
    """Note each entry's line; refuse a key written twice, of which YAML silently takes the last."""
    if node is None:
        return
    lines[place] = node.start_mark.line + 1
    for key, value in _entries(node):
        if not isinstance(key, str | int):
            name = ".".join(map(str, place)) or "the document"
            problem, fix = f"a name in {name} is a list or a map, not a word", "write `name: value`"
            raise DocumentError(file, value.start_mark.line + 1, problem, fix)
        if (*place, key) in lines:
            name = ".".join(map(str, (*place, key)))
            line = value.start_mark.line + 1
            raise DocumentError(file, line, f"the key {name} is written twice", "keep one of them")
        _check_keys(value, (*place, key), lines, file)


def _entries(node: yaml.Node) -> Iterator[tuple[object, yaml.Node]]:
    """What a node holds by name or place; a name is a list of nodes where YAML made one of what stands there."""
    if isinstance(node, yaml.MappingNode):
        yield from ((key.value, value) for key, value in node.value)
    elif isinstance(node, yaml.SequenceNode):
        yield from enumerate(node.value)
