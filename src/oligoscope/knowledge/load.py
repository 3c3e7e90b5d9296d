"""The knowledge as typed facts and tables, in an order in which each finds its inputs ready."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from typing import Any

import yaml

from oligoscope.chart.domains import chart_domains, item_domains
from oligoscope.compiled import compiled
from oligoscope.tables.domain import Domain
from oligoscope.tables.errors import TableError
from oligoscope.tables.facts import LIST_OPERATORS, PLAIN_OPERATORS, Fact
from oligoscope.tables.model import Table
from oligoscope.vocabulary.fields import lists

VERSION = "2026.11"
_YAML_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Headline:
    """What stands at the top of a report.

    text: with facts in braces.  count: the fact whose value says whether the list of lesions is taken as complete, and
    complete: the sentence that says so.
    """

    text: str = ""
    count: str = ""
    complete: str = ""


@dataclass(frozen=True)
class Knowledge:
    """Facts and tables in evaluation order.

    domains: of every chart field, fact and decision. parameters: the numbers used.
    """

    steps: tuple[Fact | Table, ...]
    domains: Mapping[str, Domain]
    lists: Mapping[str, Mapping[str, Domain]]
    parameters: Mapping[str, float]
    asks: Mapping[str, tuple[str, ...]]
    version: str = VERSION
    headline: Headline = Headline()

    @cached_property
    def facts(self) -> tuple[Fact, ...]:
        return tuple(step for step in self.steps if isinstance(step, Fact))

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        """The tables that answer a reader's question, in order of their names' file list."""
        return tuple(step for step in self.steps if isinstance(step, Table) and not step.internal)

    def table(self, name: str) -> Table:
        """KeyError when there is no such table."""
        for step in self.steps:
            if isinstance(step, Table) and step.name == name:
                return step
        raise KeyError(name)

    @cached_property
    def chart_fields(self) -> tuple[str, ...]:
        """The scalar chart fields that some fact or table uses."""
        used = {name for step in self.steps for name in uses(step)}
        return tuple(name for name in chart_domains() if name in used)


def uses(step: Fact | Table) -> tuple[str, ...]:
    """The names that a step reads."""
    if isinstance(step, Table):
        return step.inputs
    extra = [*(step.complete_if.inputs if step.complete_if else ()), *(step.given.inputs if step.given else ())]
    return (
        *(() if step.operator in LIST_OPERATORS else step.of),
        *extra,
        *([step.stated_by] if step.stated_by else ()),
    )


@cache
def load_knowledge(**parameters: float) -> Knowledge:
    """The knowledge that comes with the program. Raises TableError for a parameter or file that cannot be used."""
    return _from_files(parameters) if parameters else compiled("knowledge", lambda: _from_files({}))


def _from_files(parameters: Mapping[str, float]) -> Knowledge:
    files = resources.files("oligoscope.knowledge")
    facts = yaml.load(files.joinpath("facts.yaml").read_text("utf-8"), Loader=_YAML_LOADER)
    tables = [
        yaml.load(path.read_text("utf-8"), Loader=_YAML_LOADER)
        for path in sorted(files.joinpath("tables").iterdir(), key=lambda p: p.name)
    ]
    return build_knowledge(facts, tables, parameters)


def build_knowledge(
    raw_facts: Mapping[str, Any], raw_tables: list[Mapping[str, Any]], parameters: Mapping[str, float]
) -> Knowledge:
    """Knowledge from parsed YAML: facts.yaml's content and one mapping a table."""
    from oligoscope.tables.read import Reader

    numbers = _parameters(raw_facts.get("parameters", {}), parameters)
    each_list = {spec.name: item_domains(spec.name) for spec in lists()}
    reader = Reader(dict(chart_domains()), each_list, numbers)
    reader.asks |= {
        name: (name.removesuffix("_date"),)
        for name in reader.domains
        if name.startswith("staging.") and name.endswith("_date")
    }
    wanted: dict[str, Any] = {**raw_facts["facts"], **{raw["table"]: raw for raw in raw_tables}}
    facts = set(raw_facts["facts"])
    steps = tuple(
        reader.fact(name, wanted[name]) if name in facts else reader.table(wanted[name])
        for name in _in_order(wanted, facts)
    )
    headline = Headline(**raw_facts.get("headline", {}))
    return Knowledge(steps, reader.domains, each_list, numbers, reader.asks, headline=headline)


def _parameters(known: Mapping[str, Any], given: Mapping[str, float]) -> dict[str, float]:
    for name, value in given.items():
        if name not in known:
            raise TableError(f"there is no parameter {name}", fix=f"use one of {', '.join(known)}")
        if value not in known[name]["allowed"]:
            raise TableError(
                f"{name} = {value:g} is not allowed", fix=f"use one of {', '.join(map(str, known[name]['allowed']))}"
            )
    return {name: given.get(name, entry["default"]) for name, entry in known.items()}


def _in_order(wanted: Mapping[str, Any], facts: set[str]) -> Iterator[str]:
    """Names so that each follows what it reads. Raises TableError for a cycle, naming it."""
    done: set[str] = set()
    path: list[str] = []

    def visit(name: str) -> Iterator[str]:
        if name in done or name not in wanted:
            return
        if name in path:
            raise TableError(
                f"cycle: {' → '.join([*path[path.index(name) :], name])}",
                fix="break it: a table cannot depend on itself",
            )
        path.append(name)
        for source in _raw_uses(wanted[name], name in facts):
            yield from visit(source)
        path.pop()
        done.add(name)
        yield name

    for name in wanted:
        yield from visit(name)


def _raw_uses(raw: Mapping[str, Any], is_fact: bool) -> list[str]:
    if not is_fact:
        return list(raw.get("inputs", []))
    named: Any = next((raw[key] for key in raw if key in PLAIN_OPERATORS), [])
    return [
        *([named] if isinstance(named, str) else named),
        *raw.get("given", {}),
        *(raw.get("complete_if") or {}),
        *([raw["as"]] if isinstance(raw.get("as"), str) else []),
    ]
