"""A YAML or JSON text as plain values, every scalar as its text, and the line of each."""

from pathlib import Path

import yaml

from oligoscope.chart.integrity import Plain
from oligoscope.chart.problems import CaseError, Problem, dotted
from oligoscope.files.documents import DocumentError, check_shape
from oligoscope.vocabulary.fields import scalar_fields
from oligoscope.vocabulary.values import means_unknown

Lines = dict[tuple[str | int, ...], int]
# Every scalar stays text: YAML would read 063 as 51, and refuse an impossible date without naming its field.
_YAML_LOADER: Plain = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


def read_text(path: Path) -> str:
    """The text of a file. Raises CaseError."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise CaseError(str(path), [Problem("file", str(path), "there is no such file")]) from None
    except (OSError, ValueError) as error:
        what = f"cannot be read ({getattr(error, 'strerror', None) or error})"
        raise CaseError(str(path), [Problem("file", str(path), what)]) from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        what = "cannot be read as text: this line is not UTF-8"
        raise CaseError(
            path.name, [Problem("file", str(path), what, fix="save the file as UTF-8", line=line)]
        ) from None


def load_document(text: str, source: str) -> tuple[Plain, Lines]:
    """A parsed document, and the line of each value. Raises CaseError."""
    try:
        check_shape(text, source)
        node = _YAML_LOADER(text).get_single_node()
        lines: Lines = {}
        twice: list[Problem] = []
        document = _plain(node, (), lines, twice) if node else None
    except DocumentError as error:
        raise CaseError(source, [Problem("file", "", error.problem, fix=error.fix, line=error.line)]) from None
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or " ".join(str(error).split())
        raise CaseError(
            source, [Problem("file", "", f"this is not YAML or JSON ({what})", line=mark.line + 1 if mark else 0)]
        ) from None
    if twice:
        raise CaseError(source, twice)
    return without_unknown(document), lines


def without_unknown(document: Plain) -> Plain:
    """Sections and lists that are written as unknown are left out: of these, unknown and absent are the same."""
    if not isinstance(document, dict):
        return document
    fields = {spec.path for spec in scalar_fields()}
    return {
        key: value
        for key, value in document.items()
        if key in fields or not (value is None or (isinstance(value, str) and means_unknown(value)))
    }


def _plain(node: yaml.Node, path: tuple[str | int, ...], lines: Lines, twice: list[Problem]) -> Plain:
    """What a node holds. Notes each value's line, and a problem for each key written twice, which YAML would silently
    drop. Raises yaml.YAMLError for a key that is a list or a mapping.
    """
    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        return [_plain(each, (*path, index), lines, twice) for index, each in enumerate(node.value)]
    if not isinstance(node, yaml.MappingNode):
        return node.value
    found: dict[str, Plain] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise yaml.MarkedYAMLError(None, None, "found unhashable key", key.start_mark)
        place, name = (*path, key.value), key.value
        if name in found:
            line = key.start_mark.line + 1
            twice.append(Problem(dotted(place), name, "this key is written twice", "each key once", line=line))
        found[name] = _plain(value, place, lines, twice)
    return found
