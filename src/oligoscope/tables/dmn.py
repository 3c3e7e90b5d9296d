"""OMG DMN 1.3 XML: a table written for other engines, and read back.

Every part of a table (the decision, a group of criteria, an option, a factor of a score) becomes one DMN decision with
a decision table; rules with alternatives become several DMN rules. A score adds a decision that sums its factors and
one that finds the band. DMN engines know no unknowns: they agree with ours on complete records.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from oligoscope.spelling import spell
from oligoscope.tables.conditions import Condition, Interval, read_condition
from oligoscope.tables.domain import Choices, Domain, Label
from oligoscope.tables.errors import TableError
from oligoscope.tables.grid import Grid, build_grid
from oligoscope.tables.model import Part, Score, Table

NAMESPACE = "https://www.omg.org/spec/DMN/20191111/MODEL/"
OUTCOME, TOTAL, BAND = "outcome", "total", "band"


def feel_name(name: str) -> str:
    """A name that every FEEL engine takes for one name."""
    return re.sub(r"[^A-Za-z0-9_]", "_", name)


@dataclass(frozen=True)
class Decision:
    """One decision table of a DMN file, in evaluated form. outcomes: in the order in which they first stand there."""

    id: str
    grid: Grid
    rules: tuple[str, ...]
    outcomes: tuple[str, ...]


# ---- writing -------------------------------------------------------------------------------------


def to_dmn(table: Table, domains: Mapping[str, Domain]) -> str:
    """The DMN file of one table. domains: of its inputs."""
    ET.register_namespace("", NAMESPACE)
    root = ET.Element(
        _tag("definitions"),
        {"id": f"def_{feel_name(table.name)}", "name": table.title, "namespace": f"oligoscope/{table.name}"},
    )
    for part in table.parts:
        _decision(root, table, part, domains)
    if isinstance(table, Score):
        _total_and_band(root, table)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def decision_id(table: Table, part: Part) -> str:
    """The id of a part's decision."""
    return feel_name(table.name if part.id == table.name else f"{table.name}_{part.id}")


def _decision(root: ET.Element, table: Table, part: Part, domains: Mapping[str, Domain]) -> None:
    name = decision_id(table, part)
    decision = ET.SubElement(root, _tag("decision"), {"id": name, "name": part.label or table.title})
    hit = "UNIQUE" if table.hit in ("unique", "collect-sum") else "FIRST"
    grid = ET.SubElement(decision, _tag("decisionTable"), {"id": f"{name}_table", "hitPolicy": hit})
    for source in part.inputs:
        _input(grid, name, source, domains[source])
    ET.SubElement(
        grid,
        _tag("output"),
        {"id": f"{name}_output", "name": OUTCOME, "typeRef": "number" if isinstance(table, Score) else "string"},
    )
    for number, (rule_id, alternative, then) in enumerate((r.id, a, r.then) for r in part.driving for a in r.when):
        rule = ET.SubElement(grid, _tag("rule"), {"id": f"{name}_rule_{number}"})
        ET.SubElement(rule, _tag("description")).text = rule_id
        for source in part.inputs:
            _entry(rule, "inputEntry", unary_test(alternative[source]) if source in alternative else "-")
        _entry(rule, "outputEntry", then if isinstance(table, Score) else f'"{then}"')


def _input(grid: ET.Element, decision: str, source: str, domain: Domain) -> None:
    name = feel_name(source)
    column = ET.SubElement(grid, _tag("input"), {"id": f"{decision}_{name}", "label": source})
    expression = ET.SubElement(
        column, _tag("inputExpression"), {"id": f"{decision}_{name}_expression", "typeRef": _type(domain)}
    )
    ET.SubElement(expression, _tag("text")).text = name


def _entry(rule: ET.Element, kind: str, text: str) -> None:
    number = len(rule)
    entry = ET.SubElement(rule, _tag(kind), {"id": f"{rule.get('id')}_{number}"})
    ET.SubElement(entry, _tag("text")).text = text


def _type(domain: Domain) -> str:
    if not isinstance(domain, Choices):
        return "number"
    first = domain.labels[0]
    return "boolean" if isinstance(first, bool) else "number" if isinstance(first, int) else "string"


def unary_test(condition: Condition) -> str:
    """A condition as S-FEEL writes it."""
    tests = ",".join(str(test) if isinstance(test, Interval) else _literal(test) for test in condition.tests)
    return f"not({tests})" if condition.negated else tests


def _literal(label: Label) -> str:
    return spell(label) if isinstance(label, (bool, int)) else f'"{label}"'


def _total_and_band(root: ET.Element, table: Score) -> None:
    name = feel_name(table.name)
    total = ET.SubElement(root, _tag("decision"), {"id": f"{name}_{TOTAL}", "name": TOTAL})
    for part in table.parts:
        requirement = ET.SubElement(
            total, _tag("informationRequirement"), {"id": f"{name}_{TOTAL}_{feel_name(part.id)}"}
        )
        ET.SubElement(requirement, _tag("requiredDecision"), {"href": f"#{decision_id(table, part)}"})
    expression = ET.SubElement(total, _tag("literalExpression"), {"id": f"{name}_{TOTAL}_sum"})
    ET.SubElement(expression, _tag("text")).text = " + ".join(
        f"{decision_id(table, part)}.{OUTCOME}" for part in table.parts
    )
    band = ET.SubElement(root, _tag("decision"), {"id": f"{name}_{BAND}", "name": BAND})
    grid = ET.SubElement(band, _tag("decisionTable"), {"id": f"{name}_{BAND}_table", "hitPolicy": "UNIQUE"})
    column = ET.SubElement(grid, _tag("input"), {"id": f"{name}_{BAND}_{TOTAL}", "label": TOTAL})
    text = ET.SubElement(column, _tag("inputExpression"), {"id": f"{name}_{BAND}_expression", "typeRef": "number"})
    ET.SubElement(text, _tag("text")).text = f"{name}_{TOTAL}"
    ET.SubElement(grid, _tag("output"), {"id": f"{name}_{BAND}_output", "name": OUTCOME, "typeRef": "string"})
    for each in table.bands:
        rule = ET.SubElement(grid, _tag("rule"), {"id": f"{name}_{BAND}_{feel_name(each.id)}"})
        ET.SubElement(rule, _tag("description")).text = each.id
        _entry(rule, "inputEntry", f"[{each.low:g}..{each.high:g}]")
        _entry(rule, "outputEntry", f'"{each.then}"')


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


# ---- reading -------------------------------------------------------------------------------------


def from_dmn(text: str, domains: Mapping[str, Domain]) -> list[Decision]:
    """The decision tables of a DMN file.

    Raises TableError for what is not a decision table over known inputs, or has gaps or overlaps.
    """
    try:
        root = ET.fromstring(text)
    except ET.ParseError as error:
        raise TableError(f"this is not XML ({error})", fix="export the table again") from None
    return [read for decision in root.iter(_tag("decision")) for read in _read_decision(decision, domains)]


def _read_decision(decision: ET.Element, domains: Mapping[str, Domain]) -> Iterator[Decision]:
    grid = decision.find(_tag("decisionTable"))
    if grid is None or decision.get("id", "").endswith(f"_{BAND}"):
        return
    names = [column.get("label", "") for column in grid.findall(_tag("input"))]
    if unknown := [name for name in names if name not in domains]:
        raise TableError(
            f"{decision.get('id')}: unknown inputs {', '.join(unknown)}",
            fix="use the names of chart fields, facts and tables as labels",
        )
    rules, outcomes, rows = [], list[str](), []
    for rule in grid.findall(_tag("rule")):
        tests = [_text(entry) for entry in rule.findall(_tag("inputEntry"))]
        then = _text(rule.find(_tag("outputEntry"))).strip('"')
        if then not in outcomes:
            outcomes.append(then)
        rules.append(rule.findtext(_tag("description")) or "")
        conditions = {
            name: _read_test(test, domains[name]) for name, test in zip(names, tests, strict=True) if test != "-"
        }
        rows.append(((conditions,), outcomes.index(then)))
    unique = grid.get("hitPolicy") == "UNIQUE"
    found = build_grid(rows, {name: domains[name] for name in names}, len(outcomes), rules, unique=unique)
    yield Decision(decision.get("id", ""), found, tuple(rules), tuple(outcomes))


def _text(entry: ET.Element | None) -> str:
    return (entry.findtext(_tag("text")) or "").strip() if entry is not None else ""


def _read_test(text: str, domain: Domain) -> Condition:
    negation = re.fullmatch(r"not\((.*)\)", text)
    parts = [part.strip().strip('"') for part in (negation[1] if negation else text).split(",")]
    found = read_condition(parts, domain, {})
    return Condition(found.tests, negated=bool(negation))
