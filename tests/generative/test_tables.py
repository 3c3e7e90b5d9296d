"""Random tables and random records: what is possible is exact, and both executors say the same."""

import itertools
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oligoscope.knowledge import load
from oligoscope.tables.compile import CompiledTable
from oligoscope.tables.domain import Choices, Domain, Numbers, is_known
from oligoscope.tables.grid import Grid
from oligoscope.tables.read import Reader
from oligoscope.tables.record import Answer
from oligoscope.tables.reference import evaluate
from tests.support.one_table import columnar_answers
from tests.support.possible_sets import random_answers

INPUTS: dict[str, Domain] = {
    "site": Choices(("a", "b", "c")),
    "flag": Choices((False, True)),
    "grade": Choices((0, 1, 2, 3)),
    "count": Numbers(whole=True, low=0),
    "size": Numbers(low=0, high=9),
}
TESTS: dict[str, list[Any]] = {
    "site": ["a", ["a", "c"], "not(b)"],
    "flag": [True, False],
    "grade": ["<= 1", 2, "[1..2]", "> 2"],
    "count": [0, "> 2", "[1..3]", "<= 4"],
    "size": ["< 2.5", "[2.5..5)", ">= 5", "not([1..2])"],
}

SPLITS: dict[str, list[list[Any]]] = {
    "site": [["a", "b", "c"], ["a", "not(a)"], [["a", "c"], "b"]],
    "flag": [[True, False]],
    "grade": [["<= 1", "> 1"], [0, "[1..2]", 3]],
    "count": [[0, "[1..3]", "> 3"], ["< 2", ">= 2"]],
    "size": [["< 2.5", "[2.5..5)", ">= 5"], ["<= 1", "> 1"]],
}
"""Of each input ways to cut it into parts that meet and do not overlap."""


@st.composite
def tables(draw: st.DrawFn) -> CompiledTable:
    """A table of hit policy first whose last rule takes the rest."""
    names = draw(st.lists(st.sampled_from(sorted(INPUTS)), min_size=1, max_size=4, unique=True))
    whens = draw(
        st.lists(st.dictionaries(st.sampled_from(names), st.integers(0, 3), min_size=1), min_size=1, max_size=5)
    )
    rules = [
        {
            "id": f"r{n}",
            "when": {k: TESTS[k][i % len(TESTS[k])] for k, i in when.items()},
            "then": draw(st.sampled_from("xyz")),
        }
        for n, when in enumerate(whens)
    ]
    rules.append({"id": "rest", "then": draw(st.sampled_from("xyz"))})
    return readable(names, rules)


@st.composite
def unique_tables(draw: st.DrawFn) -> CompiledTable:
    """A table of hit policy unique: the leaves of a random tree that splits one input after another, in any order."""
    names = draw(st.lists(st.sampled_from(sorted(SPLITS)), min_size=1, max_size=3, unique=True))
    leaves: list[dict[str, Any]] = []

    def split(when: dict[str, Any], left: list[str]) -> None:
        if not left or (when and draw(st.integers(0, 2)) == 0):
            leaves.append(when)
            return
        for test in draw(st.sampled_from(SPLITS[left[0]])):
            split({**when, left[0]: test}, left[1:])

    split({}, names)
    leaves = draw(st.permutations(leaves))
    rules = [{"id": f"r{n}", "when": when, "then": draw(st.sampled_from("xyz"))} for n, when in enumerate(leaves)]
    return readable(names, rules, "unique")


def readable(names: list[str], rules: list[dict[str, Any]], hit: str = "first") -> CompiledTable:
    """The table without rules that can never fire and inputs that none uses."""
    from oligoscope.tables.errors import TableError

    used = [name for name in names if any(name in rule.get("when", {}) for rule in rules)]
    codes: dict[str, dict[str, str]] = {code: {} for code in "xyz" if any(rule["then"] == code for rule in rules)}
    raw = {
        "table": "t",
        "title": "t",
        "question": "?",
        "kind": "decision",
        "hit": hit,
        "inputs": used,
        "outcomes": codes,
        "rules": rules,
    }
    try:
        return Reader(INPUTS, {}, {}).table(raw)
    except TableError as error:
        dead = next(n for n, rule in enumerate(rules) if f"rule {rule['id']} can never fire" in str(error))
        return readable(names, rules[:dead] + rules[dead + 1 :], hit)


def completions(masks: tuple[int, ...]) -> list[tuple[int, ...]]:
    return list(itertools.product(*([1 << k for k in range(mask.bit_length()) if mask >> k & 1] for mask in masks)))


def exact(grid: Grid, masks: tuple[int, ...]) -> set[int]:
    """The outcomes that completions reach, each found by walking the boxes in order."""
    found = set()
    for record in completions(masks):
        found.add(next(box.outcome for box in grid.boxes if all(a & b for a, b in zip(record, box.masks, strict=True))))
    return found


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(tables(), unique_tables()), st.integers(0, 10**6))
def test_random_tables_are_exact_and_agree(table: CompiledTable, seed: int) -> None:
    source = random.Random(seed)
    (part,) = table.parts
    records = [random_answers(source, table.inputs, INPUTS) for _ in range(12)]
    ours = []
    for record in records:
        answers = {name: Answer(possible, () if is_known(possible) else (name,)) for name, possible in record.items()}
        settled = evaluate(table, answers).only
        masks = tuple(part.grid.mask(i, record[name]) for i, name in enumerate(part.grid.inputs))
        assert set(settled.possible) == {part.part.outcomes[o] for o in exact(part.grid, masks)}
        assert set(settled.needs) == needed(part.grid, masks)
        ours.append(
            (settled.value, "|".join(settled.possible), "|".join(settled.rules) or None, "|".join(settled.needs))
        )
    assert columnar_answers(table, records, INPUTS) == ours


def needed(grid: Grid, masks: tuple[int, ...]) -> set[str]:
    """The inputs that alone can change the outcome of some completion."""
    found = set()
    for record in completions(masks):
        for i, name in enumerate(grid.inputs):
            others = [
                tuple(1 << k if j == i else m for j, m in enumerate(record))
                for k in range(masks[i].bit_length())
                if masks[i] >> k & 1
            ]
            if len({o for other in others for o in exact(grid, other)}) > 1:
                found.add(name)
    return found


PARTS = [(step, part) for step in load().steps if isinstance(step, CompiledTable) for part in step.parts]


@pytest.mark.parametrize(("table", "part"), PARTS, ids=[f"{t.name} {p.id}" for t, p in PARTS])
def test_what_is_possible_is_exact(table: CompiledTable, part: Any) -> None:
    """Each member of `possible` is reached by some filling-in, and nothing else is."""
    source = random.Random(5)
    domains = load().domains_of(table.table)
    for _ in range(60):
        record = random_answers(source, part.grid.inputs, domains)
        masks = tuple(part.grid.mask(i, record[name]) for i, name in enumerate(part.grid.inputs))
        while len(completions(masks)) > 3000:
            wide = max(range(len(masks)), key=lambda i: masks[i].bit_count())
            masks = (*masks[:wide], 1 << (masks[wide].bit_length() - 1), *masks[wide + 1 :])
        assert set(part.grid.outcomes_of(part.grid.possible_boxes(masks))) == exact(part.grid, masks)


def test_the_score_is_exact() -> None:
    """Totals and outcomes are those of all completions, each of which has one."""
    domains, source = load().domains, random.Random(6)
    (score,) = load().compiled("lung-molgpa").questions
    for _ in range(150):
        record = random_answers(source, score.inputs, domains)
        masks = tuple(score.mask(i, record[name]) for i, name in enumerate(score.inputs))
        said = score.explore(masks).said
        reached = [score.explore(completion).said for completion in completions(masks)]
        totals = [total for each in reached for total in each.total or ()]
        assert all(len(each.outcomes) == 1 for each in reached)
        assert set(said.outcomes) == {outcome for each in reached for outcome in each.outcomes}
        assert said.total == ((min(totals), max(totals)) if totals else None)
