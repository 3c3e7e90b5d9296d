"""Generated charts: both executors give the same columns; filling in what is unknown never contradicts what was said."""

from pathlib import Path

import pytest

from oligoscope.knowledge import load
from tests.support.agreement import by_columns, by_reference
from tests.support.charts import Charts, Filler
from tests.support.soundness import contradictions


@pytest.mark.parametrize("seed", [11, 12])
def test_columns_agree_with_the_reference(seed: int, tmp_path: Path) -> None:
    source, knowledge = Charts(seed), load()
    charts = [source.chart() for _ in range(1500)]
    assert by_columns(charts, knowledge, tmp_path) == by_reference(charts, knowledge)


def test_other_parameters_agree_too(tmp_path: Path) -> None:
    source, knowledge = Charts(14), load(max_lesions=3, sync_threshold_months=3, max_progressing_sites=3)
    charts = [source.chart() for _ in range(300)]
    assert by_columns(charts, knowledge, tmp_path) == by_reference(charts, knowledge)


@pytest.mark.parametrize("seed", [21, 22, 23])
def test_filling_in_never_contradicts(seed: int) -> None:
    source, knowledge = Charts(seed), load()
    charts = [source.chart() for _ in range(500)]
    filled = [Filler(source).fill(chart) for chart in charts]
    before, after = by_reference(charts, knowledge), by_reference(filled, knowledge)
    assert sum(a != b for a, b in zip(before, after, strict=True)) > 300
    found = [
        (charts[n], filled[n], c)
        for n, (a, b) in enumerate(zip(before, after, strict=True))
        for c in contradictions(a, b, knowledge)
    ]
    assert not found, found[0]
