"""Generated charts: both executors give the same columns; filling in what is unknown never contradicts what was said."""

from pathlib import Path

import pytest

from oligoscope.assess.chart import record_of
from oligoscope.assess.examples import as_document
from oligoscope.assess.patient import Assessment, assess, assess_record
from oligoscope.assess.rows import Cell, answer_row, item_rows
from oligoscope.chart.document import build_case
from oligoscope.knowledge import load
from oligoscope.tables.model import Options
from tests.support.agreement import TODAY, by_columns, by_reference
from tests.support.charts import Charts, Filler
from tests.support.soundness import contradictions, denied_fields


@pytest.mark.parametrize("seed", [11, 12])
def test_columns_agree_with_the_reference(seed: int, tmp_path: Path) -> None:
    source, knowledge = Charts(seed), load()
    charts = [source.chart() for _ in range(600)]
    assert by_columns(charts, knowledge, tmp_path) == by_reference(charts, knowledge)


def test_other_parameters_agree_too(tmp_path: Path) -> None:
    source, knowledge = Charts(14), load(max_lesions=3, sync_threshold_months=3, max_progressing_sites=3)
    charts = [source.chart() for _ in range(300)]
    assert by_columns(charts, knowledge, tmp_path) == by_reference(charts, knowledge)


@pytest.mark.parametrize("seed", [21, 22, 23])
def test_filling_in_never_contradicts(seed: int) -> None:
    source, knowledge = Charts(seed), load()
    charts = [source.chart() for _ in range(250)]
    filled = [Filler(source).fill(chart) for chart in charts]
    before, after = by_reference(charts, knowledge), by_reference(filled, knowledge)
    assert sum(a != b for a, b in zip(before, after, strict=True)) > 150
    found = [
        (charts[n], filled[n], c)
        for n, (a, b) in enumerate(zip(before, after, strict=True))
        for c in contradictions(a, b, knowledge, denied_fields(charts[n], filled[n]))
    ]
    assert not found, found[0]
    # What was assumed and denied does leave the set: else this would test nothing of assumptions.
    assert any(list(contradictions(a, b, knowledge)) for a, b in zip(before, after, strict=True) if "assumes" in str(a))


@pytest.mark.parametrize("seed", [24, 25])
def test_an_answer_assumes_exactly_where_more_would_be_possible_without(seed: int) -> None:
    source, knowledge = Charts(seed), load()
    # What certainly applies may become what may apply, so of options both count.
    options = {table.name for table in (*knowledge.tables, *knowledge.item_tables) if isinstance(table, Options)}
    n_resting = 0
    for _ in range(200):
        row, lesions, therapies = source.chart()
        chart = {"charting": "by_exception", **row}, lesions, therapies
        case = build_case(as_document(*chart), "chart", TODAY)
        told = assess(case, knowledge)
        told_of = record_of(case, told.assumptions, knowledge)
        bare = assess_record(case, told.assumptions, told_of.assuming_nothing(), knowledge)
        for one, other in ((answer_row(told), answer_row(bare)), *zip(items(told), items(bare), strict=True)):
            assert not any(other[name] for name in other if name.endswith("_assumes"))
            for name in (each.removesuffix("_assumes") for each in one if each.endswith("_assumes")):
                parts = (f"{name}_possible", f"{name}_low", f"{name}_high", *([name] if name in options else []))
                same = all(one.get(part) == other.get(part) for part in parts)
                assert same == (one[f"{name}_assumes"] == ""), (name, one, other)
                n_resting += not same
    assert n_resting > 250


def items(assessment: Assessment) -> list[dict[str, Cell]]:
    return item_rows(assessment, "lesion")
