"""What patients are told apart by: a field, a fact or a table of the knowledge, as codes or numbers of one column."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import polars as pl

from oligoscope.errors import NotAllowed
from oligoscope.knowledge import Knowledge
from oligoscope.spelling import nearest, spell
from oligoscope.tables.columnar.columns import bit, column, columns_of, high, low
from oligoscope.tables.compile import CompiledTable
from oligoscope.tables.domain import Choices, Numbers
from oligoscope.tables.facts import Fact
from oligoscope.tables.model import Options
from oligoscope.vocabulary.fields import scalar_fields


@dataclass(frozen=True)
class Factor:
    """label: in words.  levels: of groups, in their order; () for a number.  unit: of a number.

    options: of a table of options their ids; a patient's group is the one that applies, where no other may.
    """

    name: str
    label: str
    levels: tuple[str, ...] = ()
    unit: str = ""
    options: tuple[str, ...] = ()

    @property
    def is_number(self) -> bool:
        """Whether it enters a model as one number and divides nobody into groups."""
        return not self.levels

    def values(self) -> pl.Expr:
        """The place of the level, or the number; null where more than one is still possible."""
        if self.is_number:
            first = pl.col(low(self.name))
            return pl.when(first == pl.col(high(self.name))).then(first).cast(pl.Float64).alias(self.name)
        mask = pl.col(column(self.name)).cast(pl.Int64)
        place = pl.sum_horizontal(bit(mask, k).cast(pl.Int64) * k for k in range(len(self.levels)))
        single = (mask > 0) & ((mask & (mask - 1)) == 0)
        return pl.when(single).then(place).cast(pl.Int16).alias(self.name)


def factors_of(names: Iterable[str], knowledge: Knowledge, role: str = "factors") -> tuple[Factor, ...]:
    """The factors of these names, each once. Raises NotAllowed for what is none."""
    return tuple(factor_of(name, knowledge, role) for name in dict.fromkeys(names))


def factor_of(name: str, knowledge: Knowledge, role: str) -> Factor:
    """One factor by the name of a field, a fact or a table with one answer."""
    known = knowledge.evidence.terms.registry.labels
    domain, called = knowledge.domains.get(name), known.get(name, "")
    steps = {step.name: step for step in knowledge.steps}
    step = steps.get(name)
    if isinstance(step, CompiledTable) and step.table.one_answer and isinstance(domain, Choices):
        labels = tuple(step.table.outcome(str(code)).label or str(code) for code in domain.labels)
        return Factor(name, called or step.table.title, labels)
    if isinstance(step, CompiledTable) and isinstance(step.table, Options) and not step.list_name:
        parts = step.table.options
        return Factor(
            name,
            called or step.table.title,
            tuple(part.label or part.id for part in parts),
            options=tuple(part.id for part in parts),
        )
    label = called or _short(step.definition if isinstance(step, Fact) else _definitions().get(name, ""))
    if label and isinstance(domain, Choices):
        words = map(spell, domain.labels)
        return Factor(name, label, tuple(known.get(each, each.replace("_", " ")) for each in words))
    if label and isinstance(domain, Numbers):
        return Factor(name, label, unit=domain.unit)
    near = nearest(name, [*knowledge.domains])
    fix = f"did you mean {near}?" if near else ""
    allowed = "names of fields, facts and tables with one answer, such as age, ecog, primary.n"
    raise NotAllowed(role, name, allowed, "nothing that divides patients has this name", fix)


def columns_read(factors: Sequence[Factor], knowledge: Knowledge) -> list[str]:
    """The columns of what is possible that the factors are read off; options have none."""
    of_columns = [factor for factor in factors if not factor.options]
    return [each for factor in of_columns for each in columns_of(factor.name, knowledge.domains[factor.name])]


def _definitions() -> dict[str, str]:
    return {spec.name: spec.definition for spec in scalar_fields()}


def _short(definition: str) -> str:
    """Without what stands behind the first comma or semicolon: where else it is read from."""
    return definition.partition(";")[0].partition(",")[0]
