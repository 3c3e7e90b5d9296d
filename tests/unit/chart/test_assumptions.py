"""What is assumed of a chart that leaves something out: when, of which fields, and that every answer says so."""

import copy
import datetime
from collections.abc import Mapping
from typing import Any

import polars as pl
import pytest

import oligoscope as osc
from oligoscope.assess.not_used import SHOWN
from oligoscope.chart.assumptions import assumptions_of
from oligoscope.chart.document import build_case
from oligoscope.chart.integrity import assumable
from oligoscope.knowledge import load
from oligoscope.vocabulary.fields import lists, scalar_fields

TODAY = datetime.date(2024, 6, 1)
Chart = dict[str, Any]
CHART: Chart = {
    "case": "x",
    "assessed": "2024-05-02",
    "patient": {"ecog": 1, "hist_polymetastatic": False, "hist_oligometastatic": False,
                "primary_dx_date": "2024-03-01", "omd_dx_date": "2024-04-01"},
    "primary": {"status": "untreated", "n": "N0"},
    "systemic_therapy": [],
    "all_sites_treatable": True,
    "lesions": [{"id": "L1", "organ": "liver", "size_cm": 2}],
}  # fmt: skip
USUAL = {
    "life_expectancy_months": ">6", "diffuse_disease": "false", "malignant_effusion": "false",
    "interstitial_lung_disease": "false", "symptomatic_site": "false", "lesions.prior_radiotherapy": "false",
}  # fmt: skip


def chart(**changes: object) -> Chart:
    found = copy.deepcopy(CHART)
    for name, value in changes.items():
        section, _, field = name.partition("__")
        if field:
            found[section][field] = value
        else:
            found[name] = value
    return found


def assumed(document: Chart) -> dict[str, str]:
    found = assumptions_of(build_case(document, "x", TODAY)).told
    return {name: each.value.given for name, each in found.items()}


def test_what_clinicians_leave_out_is_assumed_only_where_the_chart_says_so() -> None:
    assert assumed(chart(charting="by_exception")) == USUAL
    assert assumed(chart()) == assumed(chart(charting="complete")) == assumed(chart(charting="unknown")) == {}
    assert set(USUAL) == set(assumable())


def test_nothing_is_assumed_of_a_count_a_stage_a_driver_a_history_or_a_date() -> None:
    usual = {spec.name for spec in scalar_fields() if spec.unremarkable}
    never = {"age", "primary.t", "primary.n", "egfr", "alk", "ros1", "hist_polymetastatic", "hist_oligometastatic",
             "all_sites_treatable", "lesions_complete", "ecog", "primary.status"}  # fmt: skip
    assert not usual & never
    assert all(not spec.unremarkable for spec in scalar_fields() if "date" in spec.name or "staging" in spec.name)


@pytest.mark.parametrize("field", [name for name in USUAL if "." not in name])
def test_what_is_written_as_unknown_stays_unknown(field: str) -> None:
    place = {spec.name: spec.path.replace(".", "__") for spec in scalar_fields()}[field]
    assert field not in assumed(chart(charting="by_exception", **{place: "unknown"}))
    assert field in assumed(chart(charting="by_exception", **{place: ""}))


def test_a_lesion_that_a_treatment_speaks_of_is_not_assumed_never_to_have_been_irradiated() -> None:
    two = [{"id": "L1", "organ": "liver"}, {"id": "L2", "organ": "liver", "prior_radiotherapy": "unknown"}]
    one = chart(charting="by_exception", lesions=two)
    assert "lesions.prior_radiotherapy" in assumed(one)
    treated = [{"lesion": "L1", "modality": "sabr", "date": "2024-04-20"}]
    assert "lesions.prior_radiotherapy" not in assumed({**one, "local_treatment": treated})
    assert "lesions.prior_radiotherapy" not in assumed({**one, "local_treatment": [{"modality": "sabr"}]})
    assert "lesions.prior_radiotherapy" in assumed({**one, "local_treatment": [{"lesion": "L2"}]})


def test_a_complete_list_is_taken_to_mean_no_diffuse_disease() -> None:
    whole = chart(lesions_complete=True)
    assert assumed(whole) == {"diffuse_disease": "false", "malignant_effusion": "false"}
    assert assumed(chart(lesions_complete=False)) == assumed(chart()) == {}
    assert assumed(chart(lesions_complete=True, diffuse_disease="unknown")) == {}
    assert assumed(chart(lesions_complete=True, malignant_effusion=True)) == {}
    answer = osc.assess(whole, today=TODAY)
    group = answer.criteria["omd-definition"]["estro-astro-2020"]
    assert "NOT_OMD" not in group.possible
    assert group.assumes == ("diffuse_disease",)
    open_ = osc.assess(chart(lesions_complete=True, diffuse_disease="unknown"), today=TODAY)
    assert "NOT_OMD" in open_.criteria["omd-definition"]["estro-astro-2020"].possible
    assert open_.assumed == {}


def test_an_answer_names_the_assumptions_that_it_rests_on_and_no_others() -> None:
    answer = osc.assess(chart(charting="by_exception", lesions_complete=True), today=TODAY)
    assert answer.assumed == USUAL
    candidacy = answer.decisions["lat-candidacy"]
    assert set(candidacy.assumes) >= {"diffuse_disease", "life_expectancy_months"}
    assert answer.decisions["performance-status"].assumes == ()
    written = chart(
        charting="by_exception", lesions_complete=True, diffuse_disease=False, patient__life_expectancy_months=12
    )
    assert "life_expectancy_months" not in osc.assess(written, today=TODAY).decisions["lat-candidacy"].assumes
    (link,) = osc.explain(chart(charting="by_exception", lesions_complete=True), "lat-candidacy", today=TODAY).chain
    assert link.assumes == candidacy.assumes
    assert "(assumed)" in str(
        osc.explain(chart(charting="by_exception", lesions_complete=True), "lat-candidacy", today=TODAY)
    )
    assert "assumed, since left out: diffuse disease no" in str(answer).replace("\n", " ").replace("  ", " ")


def test_life_expectancy_settles_nothing_while_it_is_unknown_and_by_exception_does() -> None:
    told = dict.fromkeys(("lesions_complete",), True)
    unknown = osc.assess(chart(**told), today=TODAY).decisions["lat-candidacy"]
    usual = osc.assess(chart(**told, charting="by_exception"), today=TODAY).decisions["lat-candidacy"]
    assert set(usual.possible) < set(unknown.possible)


def test_an_assumption_silences_no_warning() -> None:
    answer = osc.assess(chart(charting="by_exception"), today=TODAY)
    found = {each.id: each.assumes for each in answer.not_recorded}
    assert found["NOT_OMD_DIFFUSE"] == ("diffuse_disease",)
    assert not {flag.id for flag in answer.flags} & set(found)
    assert osc.assess(chart(diffuse_disease=False, charting="by_exception"), today=TODAY).not_recorded == tuple(
        each for each in answer.not_recorded if "diffuse_disease" not in each.assumes
    )


# ---- a registry ----------------------------------------------------------------------------------


ROW = {"assessed": "2024-05-02", "ecog": "1", "hist_polymetastatic": "false", "hist_oligometastatic": "false",
       "primary_dx_date": "2024-03-01", "omd_dx_date": "2024-04-01", "primary_status": "untreated", "primary_n": "N0",
       "all_sites_treatable": "true", "systemic_therapy": "none"}  # fmt: skip


def registry(rows: Mapping[str, Mapping[str, str | None]]) -> dict[str, pl.DataFrame]:
    patients = pl.DataFrame(
        [{"patient_id": name, **ROW, **row} for name, row in rows.items()], infer_schema_length=None
    )
    lesions = pl.DataFrame([{"patient_id": name, "id": "L1", "organ": "liver", "size_cm": "2"} for name in rows])
    return {"patients": patients, "lesions": lesions}


def rests(frames: Mapping[str, pl.DataFrame], by_exception: bool = False) -> dict[str, str]:
    """By patient, what candidacy rests on."""
    answers = osc.assess_cohort(frames, today=TODAY, by_exception=by_exception).answers
    return dict(answers.select("patient_id", "lat-candidacy_assumes").iter_rows())


def test_an_empty_cell_is_left_out_and_a_word_for_unknown_or_a_missing_column_is_not() -> None:
    frames = registry(
        {
            "empty": {"life_expectancy_months": "", "charting": "by_exception"},
            "null": {"life_expectancy_months": None, "charting": "by_exception"},
            "unknown": {"life_expectancy_months": "unknown", "charting": "by_exception"},
            "complete": {"life_expectancy_months": "", "charting": "complete"},
            "silent": {"life_expectancy_months": "", "charting": ""},
        }
    )
    said = rests(frames)
    assert said["empty"] == said["null"] == "life_expectancy_months"
    assert said["unknown"] == said["complete"] == said["silent"] == ""
    everywhere = rests(frames, by_exception=True)
    assert everywhere == {**said, "silent": "life_expectancy_months"}
    frames["patients"] = frames["patients"].drop("life_expectancy_months")
    assert set(rests(frames, by_exception=True).values()) == {""}


def test_a_registry_answers_as_the_case_does_and_counts_what_rests_on_assumptions() -> None:
    empty = {spec.column: "" for spec in scalar_fields() if spec.unremarkable}
    frames = registry({"a": {**empty, "charting": "by_exception"}, "b": {**empty, "lesions_complete": "true"}})
    found = osc.assess_cohort(frames, today=TODAY)
    cases = {"a": chart(charting="by_exception"), "b": chart(lesions_complete=True)}
    for name, case in cases.items():
        answer = osc.assess(case, today=TODAY)
        row = found.answers.row(by_predicate=pl.col("patient_id") == name, named=True)
        for table, decision in answer.decisions.items():
            assert row[f"{table}_possible"].split("|") == list(decision.possible)
            assert row[f"{table}_assumes"] == "|".join(decision.assumes)
    counted = found.summary["assumes"]["omd-definition_estro-astro-2020"]
    assert counted == {"patients": 2, "fields": {"diffuse_disease": 2}}


# ---- what no rule reads --------------------------------------------------------------------------

NOT_READ = {
    # Shown to the reader beside the answer.
    "sex", "egfr_variant", "primary.treatment", "planned_radiotherapy.total_dose_gy", "planned_radiotherapy.fractions",
    "local_treatment.total_dose_gy", "local_treatment.fractions",
    # Follow-up: read by the survival of a registry, not by rules.
    "outcomes.endpoint", "outcomes.event", "outcomes.date", "outcomes.months", "outcomes.cause", "outcomes.entry_date",
    "last_contact_date",
    # No rule of this pack depends on them yet.
    "kras", "met_exon14", "ret", "her2", "ntrk", "smoking", "fev1_percent_predicted",
    "dlco_percent_predicted", "primary.t_by", "primary.n_by", "primary.n2_subgroup", "primary.occult",
    "staging.current_imaging", "staging.imaged_by", "lesions.episode",
    "lesions.treatment_date", "lesions.biopsy", "lesions.origin", "primary.t", "staging.brain_ct",
}  # fmt: skip


def test_every_field_is_read_by_a_rule_or_stands_on_the_list() -> None:
    every = {spec.name for spec in scalar_fields()}
    every |= {f"{each.name}.{spec.name}" for each in lists() for spec in each.fields}
    assert every - load().read_fields - SHOWN == NOT_READ


def test_what_is_recorded_and_not_used_is_said() -> None:
    document = chart(patient__sex="female", patient__ros1="negative", systemic_therapy=[{"drugs": "osimertinib"}])
    answer = osc.assess(document, today=TODAY)
    assert answer.not_used == ("sex",)
    assert osc.assess(chart(), today=TODAY).not_used == ()
