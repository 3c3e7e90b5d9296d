"""What the lines of a report say of inputs that are open, bounded, or have no finite number."""

from pathlib import Path

import pytest

from oligoscope.assess.patient import assess
from oligoscope.chart.document import parse_case
from oligoscope.cli.main import main
from oligoscope.knowledge import load
from oligoscope.report.patient import Line, PatientReport, patient_report
from oligoscope.report.terminal import render
from oligoscope.tables.domain import is_known
from tests.support.agreement import TODAY

CASE = """
case: open inputs
patient: {ecog: 1, life_expectancy_months: "3..9", hist_polymetastatic: false}
lesions_complete: true
lesions:
  - {id: L1, organ: adrenal, metastasis: unknown, response: progression}
  - {id: L2, organ: bone, metastasis: unknown, response: stable}
"""
NADIR = "case: nadir\nassessed: 2024-05-02\nrecist: {baseline_sum_mm: 30, nadir_sum_mm: 0, current_sum_mm: 6}\n"


def _report(text: str) -> PatientReport:
    return patient_report(assess(parse_case(text, "case", TODAY), load()))


def _line(report: PatientReport, table: str) -> Line:
    return next(line for line in report.decisions if line.table == table)


def test_an_interval_is_an_open_input() -> None:
    assert ("life_expectancy_months", "3..9") in _line(_report(CASE), "lat-candidacy").inputs


def test_a_bound_that_decides_every_condition_is_not_open() -> None:
    line = _line(_report(CASE.replace('"3..9"', '">6"')), "lat-candidacy")
    assert not line.settled
    assert "life_expectancy_months" not in dict(line.inputs)


def test_an_undetermined_decision_shows_every_open_input() -> None:
    assessment = assess(parse_case(CASE, "case", TODAY), load())
    report = patient_report(assessment)
    for table in ("lat-candidacy", "oligoprogression"):
        line = _line(report, table)
        assert not line.settled
        shown = {name for name, _ in line.inputs}
        behind = {asked for name in shown for asked in assessment.answers[name].asks}
        assert set(line.needs) <= behind
        assert not any(is_known(assessment.answers[name].possible) for name in shown)
        assert line.inputs


def test_a_growth_from_nothing_is_infinite_and_breaks_no_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "infinite" in render(_report(NADIR), detail=True)
    case = tmp_path / "case.yaml"
    case.write_text(NADIR, encoding="utf-8")
    assert main(["assess", str(case), "--json"]) == 0
    assert '"reason": "infinite"' in capsys.readouterr().out
