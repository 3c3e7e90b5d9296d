"""An oracle that knows no grid: the rules as they are written, walked in order over a record that is known in full.

Every kind of table must answer a concrete record as its rules do.
"""

import random
from collections.abc import Mapping

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oligoscope.knowledge import load
from oligoscope.tables.compile import CompiledTable
from oligoscope.tables.domain import Choices, Domain, Label, Possible
from oligoscope.tables.model import Decision, Group, Part, Rule, Score
from oligoscope.tables.record import Answer
from oligoscope.tables.reference import Settled, evaluate
from tests.generative.test_tables import INPUTS, tables, unique_tables

TABLES = [step for step in load().steps if isinstance(step, CompiledTable)]
TABLES += [trial.table for trial in load().trials if trial.table]
Record = Mapping[str, Label | float]


def concrete(source: random.Random, table: CompiledTable, domains: Mapping[str, Domain]) -> Record:
    """One value for every input, on the borders of its conditions and beside them."""
    found: dict[str, Label | float] = {}
    for name in table.inputs:
        domain = domains[name]
        if isinstance(domain, Choices):
            found[name] = source.choice(domain.labels)
            continue
        cells = [cell for part in table.parts if name in part.grid.inputs for cell in _cells(part, name)]
        # An input that unverified rules alone ask about is cut by none.
        found[name] = source.choice(cells or [0.0])
    return found


def _cells(part: object, name: str) -> list[float]:
    grid = part.grid  # type: ignore[attr-defined]  # of a compiled part
    ends = [end for cell in grid.cells[grid.inputs.index(name)] for end in (cell.low, cell.high)]
    return [end for end in ends if abs(end) < 1e12] or [0.0]


def fires(rule: Rule, record: Record) -> bool:
    return any(all(condition.holds(record[name]) for name, condition in way.items()) for way in rule.when)


def first(part: Part, record: Record) -> Rule:
    return next(rule for rule in part.driving if fires(rule, record))


def by_rules(table: CompiledTable, part: Part, record: Record) -> tuple[str, str]:
    """(outcome, rule) of a part."""
    written = table.table
    if not isinstance(written, Score):
        rule = first(part, record)
        return rule.then, rule.id
    if not all(condition.holds(record[name]) for name, condition in written.applies.items()):
        assert written.not_applicable
        return written.missing, written.not_applicable.id
    total = sum(float(first(factor, record).then) for factor in written.factors)
    band = next(band for band in written.bands if band.low <= total <= band.high)
    return band.then, band.id


def settled_parts(table: CompiledTable, record: Record, domains: Mapping[str, Domain]) -> list[tuple[Part, Settled]]:
    answers = {name: Answer(possible_only(domains[name], value)) for name, value in record.items()}
    answered = evaluate(table, answers)
    if table.table.one_answer:
        return [(table.table.parts[0], answered.only)]
    return [(part.part, answered[part.id]) for part in table.parts]


def possible_only(domain: Domain, value: Label | float) -> Possible:
    """That one value."""
    if isinstance(domain, Choices):
        assert not isinstance(value, float) or value in domain.labels
        return domain.mask([value])  # type: ignore[list-item]  # a label of the domain
    assert not isinstance(value, str)
    return (float(value), float(value))


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_concrete_record_is_answered_as_the_rules_say(table: CompiledTable) -> None:
    known = load()
    domains = known.domains_of(table.table) if not table.name.startswith("trial-") else known.domains
    hold_to_its_rules(table, domains, random.Random(7), 150)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(tables(), unique_tables()), st.integers(0, 10**6))
def test_so_is_a_concrete_record_of_a_random_table(table: CompiledTable, seed: int) -> None:
    hold_to_its_rules(table, INPUTS, random.Random(seed), 20)


def hold_to_its_rules(table: CompiledTable, domains: Mapping[str, Domain], source: random.Random, n: int) -> None:
    """By n concrete records, on the borders of conditions and beside them."""
    for _ in range(n):
        record = concrete(source, table, domains)
        for part, settled in settled_parts(table, record, domains):
            outcome, rule = by_rules(table, part, record)
            assert (settled.value, settled.rules) == (outcome, (rule,)), record
            if isinstance(part, Group):
                for criterion in part.criteria:
                    met = any(all(c.holds(record[n]) for n, c in way.items()) for way in criterion.when)
                    assert settled.criteria[criterion.id] == ("met" if met else "failed")


@pytest.mark.parametrize(
    "table", [t for t in TABLES if isinstance(t.table, Decision) and t.table.hit == "unique"], ids=lambda t: t.name
)
def test_no_record_fires_two_rules_of_a_unique_table(table: CompiledTable) -> None:
    hold_to_one_rule(table, load().domains_of(table.table), random.Random(8), 150)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(unique_tables(), st.integers(0, 10**6))
def test_nor_of_a_random_unique_table(table: CompiledTable, seed: int) -> None:
    hold_to_one_rule(table, INPUTS, random.Random(seed), 20)


def hold_to_one_rule(table: CompiledTable, domains: Mapping[str, Domain], source: random.Random, n: int) -> None:
    for _ in range(n):
        record = concrete(source, table, domains)
        assert sum(fires(rule, record) for part in table.parts for rule in part.part.driving) == 1
