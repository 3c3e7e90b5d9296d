"""DMN: written, read back with the same answers under unknowns, and agreed to by an independent engine on complete
records.
"""

import json
import random
import subprocess
from pathlib import Path
from typing import Any

import pytest

from oligoscope.knowledge import load
from oligoscope.tables.compile import CompiledPart, CompiledTable
from oligoscope.tables.dmn import decision_id, feel_name, from_dmn, to_dmn
from oligoscope.tables.domain import Choices
from oligoscope.tables.grid import Grid
from tests.support.possible_sets import random_answers

TABLES = [step for step in load().steps if isinstance(step, CompiledTable)]
PARTS = [(table, part) for table in TABLES for part in table.parts]
ENGINE = Path(__file__).parent / "dmn_engine.js"
ROOT = Path(__file__).parents[2]


def outcomes(grid: Grid, codes: tuple[str, ...], answers: dict[str, Any]) -> set[str]:
    masks = tuple(grid.mask(i, answers[name]) for i, name in enumerate(grid.inputs))
    return {codes[o] for o in grid.outcomes_of(grid.possible_boxes(masks))}


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_dmn_read_back_gives_the_same_answers(table: CompiledTable) -> None:
    domains = load().domains_of(table.table)
    decisions = {decision.id: decision for decision in from_dmn(to_dmn(table.table, domains), domains)}
    assert len(decisions) == len(table.parts)
    source = random.Random(1)
    for part in table.parts:
        read = decisions[decision_id(table.table, part.part)]
        for _ in range(200):
            answers = random_answers(source, part.grid.inputs, domains)
            assert outcomes(read.grid, read.outcomes, answers) == outcomes(part.grid, part.part.outcomes, answers)


def complete(source: random.Random, table: CompiledTable, part: CompiledPart) -> dict[str, Any]:
    """One value for every input, as an engine wants it."""
    domains = load().domains_of(table.table)
    found: dict[str, Any] = {}
    for position, name in enumerate(part.grid.inputs):
        domain = domains[name]
        cell = source.choice(part.grid.cells[position])
        if isinstance(domain, Choices):
            found[name] = domain.labels[int(cell.low)]
        else:
            low, high = max(cell.low, -50.0), min(cell.high, 700.0)
            whole = cell.low == cell.high or getattr(domain, "whole", True)
            found[name] = source.choice((low, high)) if whole else round((low + high) / 2, 3)
    return found


def test_an_independent_engine_agrees_on_complete_records() -> None:
    if not (ROOT / "node_modules").exists():
        pytest.fail("node_modules is missing: run `make test`, which installs the engine")
    knowledge, source, jobs = load(), random.Random(2), []
    for table, part in PARTS:
        records = [complete(source, table, part) for _ in range(60)]
        jobs.append(
            {
                "dmn": to_dmn(table.table, knowledge.domains_of(table.table)),
                "decision": decision_id(table.table, part.part),
                "records": [{feel_name(k): v for k, v in r.items()} for r in records],
            }
        )
        jobs[-1]["expected"] = [str(_ours(table, part, r)) for r in records]
    run = subprocess.run(
        ["node", str(ENGINE)], input=json.dumps(jobs), capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert run.returncode == 0, run.stderr
    answers = json.loads(run.stdout)
    wrong = [
        (job["decision"], r, e, a)
        for job, got in zip(jobs, answers, strict=True)
        for r, e, a in zip(job["records"], job["expected"], got, strict=True)
        if e != a
    ]
    assert not wrong, wrong[:3]
    assert sum(len(got) for got in answers) == 60 * len(PARTS)


def _ours(table: CompiledTable, part: CompiledPart, record: dict[str, Any]) -> str:
    domains = load().domains_of(table.table)
    answers = {}
    for name, value in record.items():
        domain = domains[name]
        answers[name] = domain.mask([value]) if isinstance(domain, Choices) else (value, value)
    (found,) = outcomes(part.grid, part.part.outcomes, answers)
    return found
