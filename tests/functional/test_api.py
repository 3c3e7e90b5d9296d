"""The library's face: one function per use, documents of any kind, results that print themselves."""

import datetime
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

import oligoscope as osc
from oligoscope.knowledge import load

COMPLETE = Path("examples/complete.yaml")
DAY = datetime.date(2026, 11, 26)
LESIONS = {
    "assessed": "2024-05-02",
    "patient": {"ecog": 1},
    "lesions_complete": True,
    "lesions": [{"id": "L1", "organ": "lung", "size_cm": 1.5}, {"organ": "brain", "response": "new"}],
}


def test_importing_the_library_loads_nothing_heavy() -> None:
    heavy = "polars pyarrow duckdb pyspark matplotlib scipy numpy jinja2"
    code = (
        "import sys, oligoscope as osc\n"
        "loaded = lambda: [m for m in sys.argv[1].split() if m in sys.modules]\n"
        "assert not loaded() and 'pydantic' not in sys.modules, loaded()\n"
        "osc.assess({'patient': {'ecog': 1}})\n"
        "assert not loaded(), loaded()\n"
    )
    done = subprocess.run([sys.executable, "-c", code, heavy], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_function_stays_what_it_is_whatever_room_is_imported() -> None:
    code = (
        "import oligoscope.assess.patient, oligoscope as osc\n"
        "from oligoscope.assess import patient\n"
        "from oligoscope import assess\n"
        "assert callable(osc.assess) and osc.assess is assess\n"
        "assert osc.assess({'patient': {'ecog': 1}}).case == ''\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_document_is_a_mapping_a_text_or_a_path() -> None:
    text = COMPLETE.read_text(encoding="utf-8")
    answers = [
        osc.assess(document, today=DAY).model_dump()
        for document in (COMPLETE, str(COMPLETE), text, yaml.safe_load(text))
    ]
    assert all(answer == answers[0] for answer in answers)


def test_the_day_is_that_of_the_answer_and_of_questions_without_one() -> None:
    answer = osc.assess({"patient": {"ecog": 1}}, today="2025-01-31")
    assert (answer.as_of, answer.assessed) == ("2025-01-31", "2025-01-31")
    dated = osc.assess(LESIONS, today="2025-01-31")
    assert (dated.as_of, dated.assessed) == ("2025-01-31", "2024-05-02")


def test_a_result_prints_itself_as_text_and_as_a_page() -> None:
    answer = osc.assess(COMPLETE)
    assert "ANSWERS" in str(answer)
    assert answer.page().startswith("<!")
    assert "<iframe srcdoc=" in answer._repr_html_()
    assert "PFS" in str(osc.pool("PFS", as_of="2022-09-01"))
    assert "omd-state" in str(osc.explain(COMPLETE, "omd-state"))
    assert "Contrary trials" in str(osc.match(COMPLETE))


def test_what_if_shows_both_sides() -> None:
    changes = {c.table: c for c in osc.what_if(COMPLETE, {"all_sites_treatable": False}).changes if c.part is None}
    change = changes["lat-candidacy"]
    before, after = osc.assess(COMPLETE), osc.assess(_with(COMPLETE, all_sites_treatable="false"))
    assert (change.before, change.after) == ("CONDITIONAL", "NOT_A_CANDIDATE")
    assert change.before == before.decisions["lat-candidacy"].value
    assert change.after == after.decisions["lat-candidacy"].value
    assert change.labels == (before.decisions["lat-candidacy"].label, after.decisions["lat-candidacy"].label)


def _with(path: Path, **fields: str) -> dict[str, Any]:
    return {**yaml.safe_load(path.read_text(encoding="utf-8")), **fields}


def test_what_if_says_words_numbers_and_trials_of_both_sides() -> None:
    found = osc.what_if(COMPLETE, {"ecog": 3})
    changes = {(c.table, c.part): c for c in found.changes}
    option = changes["performance-prognosis", "JANG-ECOG-3"]
    assert option.part_label == "ECOG 3"
    assert option.numbers
    assert [[number.reference for number in side] for side in option.numbers] == [[], ["jang-2014/os-median-ecog-3"]]
    assert changes["lat-candidacy", None].labels[1] == "not recommended"
    chart = yaml.safe_load(COMPLETE.read_text(encoding="utf-8"))
    before = osc.match(chart).trials
    after = osc.match({**chart, "patient": {**chart["patient"], "ecog": 3}}).trials
    differ = {
        name: (before[name].value, after[name].value) for name in before if before[name].value != after[name].value
    }
    assert differ
    assert {each.trial: (each.before, each.after) for each in found.trials} == differ
    assert "trial sweden-hypofract: POSSIBLE → NO (WHO 0 to 2)" in str(found)


def test_what_if_reaches_an_item_by_its_id_or_its_place() -> None:
    by_id = osc.what_if(LESIONS, {"lesions.L1.organ": "brain"})
    assert any(change.table == "lung-molgpa" for change in by_id.changes)
    several = osc.what_if(LESIONS, {"lesions.2.organ": "liver", "ecog": 3})
    assert {"lat-candidacy", "performance-status"} <= {change.table for change in several.changes}
    assert LESIONS["lesions"][1]["organ"] == "brain"  # type: ignore[index]  # the document is left as it was


def test_what_if_with_the_value_already_there_changes_nothing() -> None:
    found = osc.what_if(LESIONS, {"ecog": 1, "lesions.L1.size_cm": 1.5})
    assert (found.changes, str(found)) == ((), "nothing changes\n")


@pytest.mark.parametrize(
    ("call", "field", "allowed", "fix"),
    [
        (lambda: osc.assess({"patient": {"kps": 55}}), "patient.kps", "100", "interval"),
        (lambda: osc.assess({"patiant": {}}), "patiant", "patient", "patient"),
        (lambda: osc.assess("nowhere.yaml"), "file", "", ""),
        (lambda: osc.assess(LESIONS, today="soon"), "today", "2026", ""),
        (lambda: osc.explain(LESIONS, "omd-stat"), "table", "m-category", "omd-state"),
        (lambda: osc.what_if(LESIONS, {"ecogg": 2}), "ecogg", "vocabulary", "ecog"),
        (lambda: osc.what_if(LESIONS, {"lesions.L9.organ": "liver"}), "lesions.L9.organ", "L1, 2", ""),
        (lambda: osc.what_if(LESIONS, {"lesions.L1.organn": "liver"}), "lesions.L1.organn", "size_cm", "organ"),
        (lambda: osc.pool("PSF"), "endpoint", "PFS", ""),
    ],
)
def test_whatever_a_person_can_mend_is_one_kind_of_error(
    call: Callable[[], object], field: str, allowed: str, fix: str
) -> None:
    with pytest.raises(osc.OligoscopeError) as caught:
        call()
    error = caught.value
    assert error.field == field
    assert allowed in error.allowed
    assert fix in error.fix
    assert "--" not in str(error)


def test_knowledge_is_loaded_once_or_given_as_packs() -> None:
    strict = load(max_lesions=3)
    assert osc.assess(LESIONS, knowledge=strict).parameters["max_lesions"] == 3
    assert osc.assess(LESIONS, knowledge=[]).parameters["max_lesions"] == 5


def test_a_name_is_written_out_in_a_page(tmp_path: Path) -> None:
    name = '<img src=x onerror="alert(1)">'
    page = osc.assess({"case": name, "lesions": [{"id": name, "organ": "lung"}]}).page()
    assert name not in page
    assert "&lt;img src=x" in page
    assert "<img" not in osc.assess({"case": name})._repr_html_()


PATIENTS = "patient_id,ecog,lesions_complete\na,1,true\nb,9,true\nc,2,true\n"
ORGANS = "patient_id,id,organ\na,L1,lung\na,L2,brain\nc,L1,liver\n"


def test_a_cohort_is_answered_from_frames_and_from_files_alike(tmp_path: Path) -> None:
    (tmp_path / "patients.csv").write_text(PATIENTS)
    (tmp_path / "lesions.csv").write_text(ORGANS)
    frames = {
        "patients": pl.read_csv(tmp_path / "patients.csv"),
        "lesions": pl.read_csv(tmp_path / "lesions.csv"),
    }
    by_frames, by_files = osc.assess_cohort(frames), osc.assess_cohort(tmp_path)
    assert by_frames.answers.equals(by_files.answers)
    assert by_frames.answers["patient_id"].to_list() == ["a", "c"]
    assert by_frames.rejects["field"].to_list() == by_files.rejects["field"].to_list() == ["ecog"]
    assert by_frames.summary == by_files.summary
    assert "2 patients assessed" in str(by_frames)
    assert "<table" in by_frames._repr_html_()
    one = osc.assess({"patient": {"ecog": 2}, "lesions_complete": True, "lesions": [{"id": "L1", "organ": "liver"}]})
    assert by_frames.answers["lat-candidacy"][1] == one.decisions["lat-candidacy"].value


def test_a_flat_frame_is_a_cohort_and_a_large_one_goes_to_files(tmp_path: Path) -> None:
    flat = pl.DataFrame({"patient_id": ["a", "c"], "ecog": [1, 2], "lesion1_organ": ["lung", "liver"]})
    flat.write_csv(tmp_path / "flat.csv")
    result = osc.write_cohort(tmp_path / "flat.csv", tmp_path / "out")
    written = pl.read_csv(result.files["answers"], infer_schema=False)
    assert written["omd-state_possible"].to_list() == osc.assess_cohort(flat).answers["omd-state_possible"].to_list()


def test_a_cohort_that_an_engine_answered_is_read_back(tmp_path: Path) -> None:
    pytest.importorskip("duckdb")
    (tmp_path / "patients.csv").write_text(PATIENTS)
    (tmp_path / "lesions.csv").write_text(ORGANS)
    by_polars, by_duckdb = osc.assess_cohort(tmp_path), osc.assess_cohort(tmp_path, engine="duckdb")
    assert by_duckdb.answers.fill_null("").equals(by_polars.answers.fill_null(""))
    assert by_duckdb.rejects["field"].to_list() == ["ecog"]
    assert by_duckdb.summary == by_polars.summary
    with pytest.raises(osc.OligoscopeError, match="in memory"):
        osc.assess_cohort(by_polars.answers, engine="duckdb")
