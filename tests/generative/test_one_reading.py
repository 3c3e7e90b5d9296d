"""The same chart as a case and as rows of a registry: accepted alike, and refused alike for the same reason."""

import random
from pathlib import Path

from oligoscope.assess.examples import as_document
from oligoscope.chart.consistency import checks_of
from oligoscope.chart.document import build_case
from oligoscope.chart.problems import CaseError, Problem
from oligoscope.vocabulary.fields import FieldSpec, list_fields, scalar_fields
from tests.support.agreement import TODAY, Chart, batch_of, write_cohort
from tests.support.charts import Charts, Row

N_CHARTS = 500
DATES = ("2025-02", "2999-01-01", "1900", "2024-06-30", "2024-07-01", "2023-01-01")
BAD = ("x", "-1", "5000", "livr", "true", "2..1", "9" * 400)


def spoiled(chart: Chart, chance: random.Random) -> Chart:
    """A chart with one entry changed, so that about half of them can no longer be accepted."""
    row, lesions, therapies = chart
    kind = chance.randrange(9)
    if kind == 0:
        spec = chance.choice([s for s in scalar_fields() if s.name not in ("case", "assessed")])
        row = {**row, spec.column: chance.choice(BAD)}
    elif kind == 1:
        row = {**row, chance.choice(("omd_dx_date", "birth_date", "staging_pet_ct", "assessed")): chance.choice(DATES)}
    elif kind == 2:
        row = {**row, "malignant_effusion": "true", "diffuse_disease": chance.choice(("false", "true", "false|true"))}
    elif kind == 3 and lesions:
        lesions = [_changed(item, list_fields("lesions"), chance) for item in lesions]
    elif kind == 4 and therapies:
        therapies = [_changed(item, list_fields("systemic_therapy"), chance) for item in therapies]
    elif kind == 5 and therapies:
        therapies = [{**therapies[0], "start": "2023-05", "stop": chance.choice(DATES), "ongoing": "true"}]
    elif kind == 6 and lesions:
        lesions = [{**item, "id": chance.choice(("L1", "L2", "L3", "unknown", ""))} for item in lesions]
    elif kind == 7 and lesions:
        lesions = [{**item, "size_cm": chance.choice(("9", "12", "20"))} for item in lesions]
    elif kind == 8 and therapies:
        drugs = chance.choice(("osimertinib", "carboplatin, pemetrexed", "Alectinib", "x", "nivolumab and ipilimumab"))
        therapies = [{**item, "drugs": drugs} for item in therapies]
    return row, lesions, therapies


def _changed(item: Row, specs: tuple[FieldSpec, ...], chance: random.Random) -> Row:
    return {**item, chance.choice(specs).column: chance.choice((*BAD, *DATES))}


def test_a_case_and_a_registry_are_read_alike(tmp_path: Path) -> None:
    source, chance = Charts(31), random.Random(31)
    charts = [spoiled(source.chart(), chance) for _ in range(N_CHARTS)]
    write_cohort(charts, tmp_path)
    batch = batch_of(tmp_path, TODAY)
    reasons: dict[int, set[tuple[str, str]]] = {}
    checked: dict[int, set[tuple[str, str]]] = {}
    for entry in batch.rejects.iter_rows(named=True):
        said = checked if entry["severity"] == "check" else reasons
        said.setdefault(int(entry["patient_id"]), set()).add((entry["field"], entry["reason"]))
    accepted = set(batch.patients["patient_id"].cast(int))
    n_refused = n_checks = 0
    for n, chart in enumerate(charts):
        problems, checks = _said(chart)
        n_refused += bool(problems)
        assert (n in accepted) == (not problems), (chart, problems, reasons.get(n))
        n_checks += len(checks)
        assert {(field.rsplit(".", 1)[-1], text) for field, text in checks} == checked.get(n, set()), (chart, checks)
        for problem in problems:
            field, says = _column(problem.field), problem.text.split(": ")[-1]
            found = [reason for at, reason in reasons[n] if at == field]
            assert any(_same(says, problem.allowed, reason) for reason in found), (problem, reasons[n])
    assert n_checks > N_CHARTS // 20
    assert N_CHARTS // 5 < n_refused < 4 * N_CHARTS // 5


def _said(chart: Chart) -> tuple[list[Problem], list[tuple[str, str]]]:
    """What is impossible in a chart; where nothing is, the fields of what is improbable, with what is said."""
    try:
        case = build_case(as_document(*chart), "chart", TODAY)
    except CaseError as error:
        return error.problems, []
    columns = {spec.name: spec.column for spec in scalar_fields()}
    return [], [(columns.get(c.fields[0], c.fields[0]), c.text) for c in checks_of(case, TODAY)]


def _column(path: str) -> str:
    """The column of a field that a case names by its path; of an item its field alone."""
    if "[" in path:
        return path.rsplit(".", 1)[1]
    return {spec.path: spec.column for spec in scalar_fields()}[path]


def _same(says: str, allowed: str, reason: str) -> bool:
    return allowed in reason and (says in reason or says.endswith("is not allowed"))
