"""The knowledge as typed facts, tables and trials, in an order in which each step finds its inputs ready."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from oligoscope.chart.domains import chart_domains
from oligoscope.evidence import Store
from oligoscope.knowledge.limits import RawLimits, limits_of
from oligoscope.knowledge.page import Page
from oligoscope.knowledge.pauses import Pauses
from oligoscope.knowledge.trials import Trial
from oligoscope.tables.compile import CompiledTable
from oligoscope.tables.domain import Domain, Numbers
from oligoscope.tables.facts import Fact
from oligoscope.tables.model import Table
from oligoscope.vocabulary.fields import scalar_fields
from oligoscope.vocabulary.values import Procedure

if TYPE_CHECKING:
    from oligoscope.dose.limits import Limits

READ_BY_PAUSES = {
    *(f"systemic_therapy.{name}" for name in ("drugs", "last_dose", "next_dose", "stop", "hours_before_radiotherapy")),
    *(f"planned_radiotherapy.{name}" for name in ("lesions", "site", "start", "technique")),
}

Step: TypeAlias = Fact | CompiledTable


class Release(NamedTuple):
    """One state of a pack.

    id: the name by which rules say whose they are.  version, date: as its release.yaml writes them.  changes: what it
    adds to, replaces in or takes out of the packs below it, in words.
    """

    id: str
    title: str
    version: str
    date: str
    changes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.id} {self.version}"


@dataclass(frozen=True)
class Headline:
    """What a report says of the list of lesions.

    count: the fact whose value says whether the list is taken as complete, and complete: the sentence that says so.
    """

    count: str = ""
    complete: str = ""


@dataclass(frozen=True)
class Knowledge:
    """Facts and tables in evaluation order, the trials, limits of organs, pauses of drugs, the studies.

    domains: of every chart field, fact and decision.  lists: for each list of a chart its fields' domains.  parameters:
    the numbers used.  asks: by chart field, the fields to ask for.  page: what stands where on the page of one patient.
    releases: the packs, the base first.  drafts: cards of trials that nobody has confirmed; only lists read them.
    """

    steps: tuple[Fact | CompiledTable, ...]
    domains: Mapping[str, Domain]
    lists: Mapping[str, Mapping[str, Domain]]
    parameters: Mapping[str, float]
    asks: Mapping[str, tuple[str, ...]]
    headline: Headline
    page: Page
    releases: tuple[Release, ...]
    trials: tuple[Trial, ...]
    drafts: tuple[Trial, ...]
    stated_limits: RawLimits
    pauses: Pauses | None
    evidence: Store

    @cached_property
    def version(self) -> str:
        """The base's version, and each further pack with its own: `2026.11 + st_elsewhere 3`."""
        base, *added = self.releases
        return " + ".join([base.version, *map(str, added)])

    @cached_property
    def limits(self) -> "Limits":
        """The limits of organs at risk."""
        return limits_of(self.stated_limits)

    @cached_property
    def facts(self) -> tuple[Fact, ...]:
        """The facts about the patient."""
        return tuple(step for step in self.steps if isinstance(step, Fact) and not step.list_name)

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        """The tables that answer a reader's question about the patient, in evaluation order."""
        return tuple(step.table for step in self._shown if not step.list_name)

    @cached_property
    def item_tables(self) -> tuple[Table, ...]:
        """The tables that answer a question about each item of a list, in evaluation order."""
        return tuple(step.table for step in self._shown if step.list_name)

    def about(self, item: str) -> list[Table]:
        """The tables about one kind of item (`lesion`), in the order in which a report shows them."""
        return sorted((table for table in self.item_tables if table.about == item), key=lambda table: table.order)

    def downstream(self, name: str) -> tuple[Step, ...]:
        """The steps that a chart field, a list, a fact or a decision may change, in evaluation order."""
        if name not in self._downstream:
            changed = {name}
            for step in self.steps:
                if not changed.isdisjoint(self.inputs_of[step.name]):
                    changed |= {step.name, *filter(None, [step.list_name])}
            self._downstream[name] = tuple(step for step in self.steps if step.name in changed)
        return self._downstream[name]

    def between(self, name: str, tables: Collection[str]) -> tuple[Step, ...]:
        """Those of the steps downstream of a name that these tables rest on, in evaluation order."""
        key = (name, frozenset(tables))
        if key not in self._between:
            wanted, steps = set(tables), []
            for step in reversed(self.downstream(name)):
                # What a step derives of items is read under the list's name as well.
                if step.name in wanted or step.list_name in wanted:
                    wanted |= self.inputs_of[step.name]
                    steps.append(step)
            self._between[key] = tuple(reversed(steps))
        return self._between[key]

    @cached_property
    def inputs_of(self) -> Mapping[str, frozenset[str]]:
        """By step, everything whose change may change it: fields, facts and decisions, and the list it goes through."""
        lists = {s.name: [s.of[0] if isinstance(s, Fact) and s.folds else "", s.list_name] for s in self.steps}
        return {step.name: frozenset([*step.reads, *filter(None, lists[step.name])]) for step in self.steps}

    @cached_property
    def read_fields(self) -> frozenset[str]:
        """The chart fields that some fact, table, trial or pause reads, those of items as `lesions.size_cm`."""
        found = {
            name for step in self.steps for name in (_of_fact(step) if isinstance(step, Fact) else _of_table(step))
        }
        found |= {name for trial in self.trials if trial.table for name in trial.table.inputs}
        found |= READ_BY_PAUSES if self.pauses else set()
        return frozenset(name.removesuffix("_date") if name.startswith("staging.") else name for name in found)

    @cached_property
    def _downstream(self) -> dict[str, tuple[Step, ...]]:
        return {}

    @cached_property
    def _between(self) -> dict[tuple[str, frozenset[str]], tuple[Step, ...]]:
        return {}

    @cached_property
    def stretches(self) -> Mapping[str, tuple[float, ...]]:
        """Of each number that rules ask about, one value of every stretch that some rule tells apart; of a field from
        which such a number is taken as it stands (`first_of`), the same.
        """
        found: dict[str, dict[float, None]] = {}
        for step in reversed(self.steps):
            if isinstance(step, CompiledTable):
                for part in step.parts:
                    for name, cells in zip(part.grid.inputs, part.grid.cells, strict=True):
                        if isinstance(self.domains.get(name), Numbers):
                            found.setdefault(name, {}).update(dict.fromkeys(float(cell.inside) for cell in cells))
            elif step.operator == "first_of":
                for name in step.of:
                    found.setdefault(name, {}).update(found.get(step.name, {}))
        return {name: tuple(values) for name, values in found.items()}

    @cached_property
    def on_page(self) -> tuple[Table, ...]:
        """The tables with one answer each that stand on the first page, in its order; those it does not name last."""
        rows = [row.table for row in self.page.rows]
        tables = [t for t in self.tables if t.one_answer and t.name not in self.page.folded]
        return tuple(sorted(tables, key=lambda t: (rows.index(t.name) if t.name in rows else len(rows), t.order)))

    @property
    def _shown(self) -> list[CompiledTable]:
        return [step for step in self.steps if isinstance(step, CompiledTable) and not step.table.internal]

    def domains_of(self, table: Table) -> Mapping[str, Domain]:
        """What the inputs of a table can be; of one about an item also its own fields and what is derived of it."""
        list_name = self.compiled(table.name).list_name
        return {**self.domains, **self.lists[list_name]} if list_name else self.domains

    def table(self, name: str) -> Table:
        """KeyError when there is no such table."""
        return self.compiled(name).table

    def compiled(self, name: str) -> CompiledTable:
        """A table as executors evaluate it. KeyError when there is no such table."""
        return self._compiled[name]

    @cached_property
    def _compiled(self) -> Mapping[str, CompiledTable]:
        return {step.name: step for step in self.steps if isinstance(step, CompiledTable)}

    def added_by(self, pack: str) -> Release | None:
        """The release of a rule's pack, where it is not the base: then a report names it."""
        return next((release for release in self.releases[1:] if release.id == pack), None)

    @cached_property
    def chart_fields(self) -> tuple[str, ...]:
        """The scalar chart fields that some fact or table uses."""
        used = {name for step in self.steps for name in step.reads}
        return tuple(name for name in chart_domains() if name in used)


@cache
def asked_for() -> dict[str, tuple[str, ...]]:
    """The field to ask for where it is another: a procedure's, for its date."""
    procedures = (spec.name for spec in scalar_fields() if isinstance(spec.kind, Procedure))
    return {f"{name}_date": (name,) for name in procedures}


def _of_table(table: CompiledTable) -> Iterator[str]:
    yield from table.reads
    yield from (f"{table.list_name}.{name}" for name in table.fields_of_item)


def _of_fact(fact: Fact) -> Iterator[str]:
    yield from fact.reads
    if fact.folds:
        own = (*(fact.where.inputs if fact.where else ()), fact.item, fact.joined_by)
        yield from (f"{fact.of[0]}.{name}" for name in own if name)
    elif fact.list_name:
        yield from (f"{fact.list_name}.{name}" for name in (*fact.of, *(fact.given.inputs if fact.given else ())))
