"""The oracle that knows no grid, over cohorts and over what is unknown: every filling-in of a record is walked through
the rules as they are written, and what a cohort says of the record must be what these walks say together.

Both executors search a table alike (`tables/search.py`), so that holding one against the other would not see a mistake
there; this does.
"""

import itertools
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oligoscope.knowledge import load
from oligoscope.tables.compile import CompiledPart, CompiledTable
from oligoscope.tables.conditions import Condition
from oligoscope.tables.domain import Choices, Domain, Label, Possible
from oligoscope.tables.model import Group, Options, Part, Score
from oligoscope.tables.names import part_name
from tests.generative.test_rules import TABLES, by_rules, fires, first, possible_only
from tests.generative.test_tables import INPUTS, tables, unique_tables
from tests.support.one_table import columnar_rows
from tests.support.possible_sets import random_possible

MOST_FILLINGS = 400
Values = Mapping[str, Sequence[Label | float]]
"""Of each input one value of every answer that the conditions tell apart and that is still possible."""


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_cohort_is_answered_as_the_rules_say(table: CompiledTable) -> None:
    known = load()
    domains = known.domains_of(table.table) if not table.name.startswith("trial-") else known.domains
    # What an item's fields ask stands under the name of their list.
    asks = {name: known.asks.get(name) or known.asks[f"{table.list_name}.{name}"] for name in table.inputs}
    hold_a_cohort_to_its_rules(table, domains, asks, random.Random(9), 40)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(tables(), unique_tables()), st.integers(0, 10**6))
def test_so_is_a_cohort_by_a_random_table(table: CompiledTable, seed: int) -> None:
    hold_a_cohort_to_its_rules(table, INPUTS, {name: (name,) for name in INPUTS}, random.Random(seed), 10)


def hold_a_cohort_to_its_rules(
    table: CompiledTable,
    domains: Mapping[str, Domain],
    asks: Mapping[str, tuple[str, ...]],
    source: random.Random,
    n: int,
) -> None:
    """By n records that leave inputs open."""
    records = [open_record(table, domains, source) for _ in range(n)]
    rows = columnar_rows(table, records, domains, asks)
    for record, row in zip(records, rows, strict=True):
        told: dict[str, Any] = {}
        if isinstance(table.table, Options):
            told |= options_told(table, record, domains)
        elif isinstance(table.table, Score):
            told |= part_told(table, table.table.parts[0], table.parts, record, domains, asks)
        else:
            for part in table.parts:
                told |= part_told(table, part.part, [part], record, domains, asks)
        assert {name: row[name] for name in told} == told, record


# ---- records ----------------------------------------------------------------------------------------------------


def open_record(table: CompiledTable, domains: Mapping[str, Domain], source: random.Random) -> dict[str, Possible]:
    """What may be of every input, the widest narrowed until the fillings-in can be counted out."""
    record = {name: possible_of(table, name, domains[name], source) for name in table.inputs}
    while math.prod(map(len, (values := values_of(table, table.parts, record, domains)).values())) > MOST_FILLINGS:
        name = max(values, key=lambda name: len(values[name]))
        record[name] = possible_only(domains[name], values[name][0])
    return record


def possible_of(table: CompiledTable, name: str, domain: Domain, source: random.Random) -> Possible:
    """Something possible; of numbers between two ends of what the conditions tell apart."""
    if isinstance(domain, Choices):
        return random_possible(source, domain)
    ends = sorted(end for part in table.parts for end in ends_of(part, name)) or [0.0]
    low, high = sorted(source.choice(ends) for _ in range(2))
    return source.choice([(low, low), (low, high), (low, high), domain.everything])


def ends_of(part: CompiledPart, name: str) -> list[float]:
    cells = part.grid.cells[part.grid.inputs.index(name)] if name in part.grid.inputs else ()
    return [end for cell in cells for end in (cell.low, cell.high) if abs(end) < 1e12]


def values_of(
    table: CompiledTable, parts: Sequence[CompiledPart], record: Mapping[str, Possible], domains: Mapping[str, Domain]
) -> Values:
    """Of the inputs that these parts read; values that no condition tells apart, and that lie side by side, are one."""
    found: dict[str, Sequence[Label | float]] = {}
    for name in dict.fromkeys(name for part in parts for name in part.grid.inputs):
        domain, possible = domains[name], record[name]
        if isinstance(domain, Choices):
            assert isinstance(possible, int)
            found[name] = domain.names(possible)
            continue
        assert not isinstance(possible, int)
        low, high = possible
        ends = {end for part in parts for end in ends_of(part, name)}
        lowest = low if math.isfinite(low) else min(ends) - 1
        points = sorted({lowest, *(end for end in ends if low <= end <= high)})
        conditions = conditions_on(table, parts, name)
        stretches = itertools.groupby(points, key=lambda point: [condition.holds(point) for condition in conditions])
        found[name] = [next(stretch) for _, stretch in stretches]
    return found


def conditions_on(table: CompiledTable, parts: Sequence[CompiledPart], name: str) -> list[Condition]:
    applies = [table.table.applies] if isinstance(table.table, Score) else []
    return [way[name] for part in parts for rule in part.part.driving for way in rule.when if name in way] + [
        way[name] for way in applies if name in way
    ]


def fillings(values: Values) -> Iterator[dict[str, Label | float]]:
    return (dict(zip(values, each, strict=True)) for each in itertools.product(*values.values()))


# ---- what the rules say -----------------------------------------------------------------------------------------


def part_told(
    table: CompiledTable,
    part: Part,
    parts: Sequence[CompiledPart],
    record: Mapping[str, Possible],
    domains: Mapping[str, Domain],
    asks: Mapping[str, tuple[str, ...]],
) -> dict[str, Any]:
    """The columns of a part, or of a score; parts: those whose inputs it reads."""
    values = values_of(table, parts, record, domains)
    walked = [(filling, *by_rules(table, part, filling)) for filling in fillings(values)]
    codes = table.table.codes if isinstance(table.table, Score) else part.outcomes
    possible = [code for code in codes if any(outcome == code for _, outcome, _ in walked)]
    fired = [first(part, filling) for filling, _, _ in walked]
    rules = [rule.id for rule in part.driving if any(rule is each for each in fired)]
    name = part_name(table.table, part.id)
    told: dict[str, Any] = {
        name: possible[0],
        f"{name}_possible": "|".join(possible),
        f"{name}_rule": "|".join(rules),
        f"{name}_needs": "",
    }
    if isinstance(table.table, Score):
        told[f"{name}_rule"] = walked[0][2]
        totals = [total_of(table.table, filling) for filling, _, _ in walked if applies(table.table, filling)]
        told |= {f"{name}_low": min(totals, default=None), f"{name}_high": max(totals, default=None)}
    if len(possible) > 1:
        told |= {name: None, f"{name}_rule": None, f"{name}_needs": "|".join(needs(values, walked, parts, table, asks))}
        if isinstance(part, Group) and part.open and {part.met, part.open.then} & set(possible):
            told |= {name: part.open.then, f"{name}_rule": part.open.id}
    return told


def needs(
    values: Values,
    walked: Sequence[tuple[Any, str, str]],
    parts: Sequence[CompiledPart],
    table: CompiledTable,
    asks: Mapping[str, tuple[str, ...]],
) -> list[str]:
    """The fields asked by inputs that alone change the outcome of some filling-in; first those of whose answers the
    largest share leaves one outcome.
    """
    best: dict[str, float] = {}
    for name, answers in values.items():
        others: dict[tuple[Any, ...], set[str]] = {}
        for filling, outcome, _ in walked:
            others.setdefault(tuple(v for n, v in filling.items() if n != name), set()).add(outcome)
        if any(len(outcomes) > 1 for outcomes in others.values()):
            left = [{outcome for filling, outcome, _ in walked if filling[name] is value} for value in answers]
            share = sum(len(outcomes) == 1 for outcomes in left) / len(answers)
            field = asks[name][0]  # of what a record gives, each input asks for itself only
            best[field] = max(best.get(field, 0.0), share)
    fields = table.fields if isinstance(table.table, Score) else parts[0].fields
    return sorted(best, key=lambda field: (-best[field], fields.index(field)))


def applies(score: Score, filling: Mapping[str, Label | float]) -> bool:
    return all(condition.holds(filling[name]) for name, condition in score.applies.items())


def total_of(score: Score, filling: Mapping[str, Label | float]) -> float:
    return sum(float(first(factor, filling).then) for factor in score.factors)


def options_told(table: CompiledTable, record: Mapping[str, Possible], domains: Mapping[str, Domain]) -> dict[str, Any]:
    """The options that every filling-in gives, and those that some gives."""
    given: dict[str, set[str]] = {}
    for part in table.parts:
        walks = fillings(values_of(table, [part], record, domains))
        given[part.id] = {next(r.then for r in part.part.driving if fires(r, filling)) for filling in walks}
    sure = [name for name, outcomes in given.items() if outcomes == {"yes"}]
    return {
        table.name: "|".join(sure),
        f"{table.name}_possible": "|".join(name for name, outcomes in given.items() if "yes" in outcomes),
    }
