"""What a chart may not say and what is improbable: each for a case and for a registry, in the same words."""

import copy
import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import oligoscope as osc
from oligoscope.chart.consistency import checks_of
from oligoscope.chart.document import build_case
from oligoscope.chart.integrity import Words, integrity
from oligoscope.chart.problems import CaseError
from oligoscope.tables.domain import Choices

TODAY = datetime.date(2024, 6, 1)
FIRST = {"hist_polymetastatic": False, "hist_oligometastatic": False}
AGAIN = {"hist_polymetastatic": True, "hist_oligometastatic": False}
DATES = {"primary_dx_date": "2022-01-10", "omd_dx_date": "2023-03-10"}
LESIONS = [{"id": "L1", "organ": "liver", "response": "stable"}]
Chart = dict[str, Any]


def line(**fields: object) -> Chart:
    return {"patient": {**FIRST, **DATES}, "systemic_therapy": [fields]}


def treated(lesions: list[Chart], **fields: object) -> Chart:
    return {"patient": {**FIRST, **DATES}, "lesions": lesions, "local_treatment": [fields]}


def planned(organ: str, **plan: object) -> Chart:
    """A lesion, and radiotherapy that is planned."""
    lesion = {"id": "L1", "organ": organ, "side": "left"}
    return {"lesions_complete": True, "lesions": [lesion], "planned_radiotherapy": [plan]}


REFUSED: dict[str, tuple[Chart, str, tuple[str, ...]]] = {
    "ongoing with a past stop": (
        line(start="2023-04-01", stop="2023-09-01", ongoing=True), "systemic_therapy[0].ongoing", ("ongoing", "stop"),
    ),
    "months": (line(start="2023-04-02", months=15), "systemic_therapy[0].months", ("months", "start")),
    "age": ({"patient": {"age": 62, "birth_date": "1960-05-02"}}, "patient.age", ("age", "birth_date")),
    "birth": ({"patient": {"birth_date": "1900"}}, "patient.birth_date", ("120 years", "birth_date")),
    "interval beyond the episode": (
        {"patient": {"primary_dx_date": "2022-01-01", "omd_dx_date": "2023-06-01", "interval_months": 19}},
        "patient.interval_months", ("interval_months", "primary_dx_date", "omd_dx_date"),
    ),
    "interval above": (
        {"patient": {**FIRST, **DATES, "interval_months": 15.1}}, "patient.interval_months",
        ("interval_months", "primary_dx_date", "first_metastasis_date"),
    ),
    "interval below, of an earlier metastasis": (
        {"patient": {**AGAIN, **DATES, "first_metastasis_date": "2022-09-10", "interval_months": 6.9}},
        "patient.interval_months", ("interval_months", "first_metastasis_date"),
    ),
    "therapy before all": (line(start="2022-01-09"), "systemic_therapy[0].start", ("primary_dx_date",)),
    "last dose before all": (line(last_dose="2021-12"), "systemic_therapy[0].last_dose", ("primary_dx_date",)),
    "therapy long before the primary": (
        {"patient": {"primary_dx_date": "2022-01-10"}, "systemic_therapy": [{"start": "2021-01-09"}]},
        "systemic_therapy[0].start", ("start", "primary_dx_date"),
    ),
    "treatment before all": (
        treated(LESIONS, lesion="primary", date="2022-01-09"), "local_treatment[0].date", ("primary_dx_date",),
    ),
    "outcome before all": (
        {"patient": {**FIRST, **DATES}, "outcomes": [{"endpoint": "OS", "date": "2021-12-31"}]}, "outcomes[0].date",
        ("primary_dx_date",),
    ),
    "outcome long before the primary": (
        {"patient": {"primary_dx_date": "2022-01-10"}, "outcomes": [{"date": "2020-12"}]}, "outcomes[0].date",
        ("date", "primary_dx_date"),
    ),
    "first metastasis before a first episode": (
        {"patient": {**FIRST, **DATES, "first_metastasis_date": "2023-03-09"}}, "patient.first_metastasis_date",
        ("first_metastasis_date", "omd_dx_date"),
    ),
    "first metastasis after the episode": (
        {"patient": {**AGAIN, **DATES, "first_metastasis_date": "2023-03-11"}}, "patient.first_metastasis_date",
        ("first_metastasis_date", "omd_dx_date"),
    ),
    "palliative before the first metastasis": (
        line(start="2023-03-09", intent="palliative"), "systemic_therapy[0].start",
        ("start", "intent", "first_metastasis_date"),
    ),
    "metastasis treated before the first": (
        treated(LESIONS, lesion="L1", date="2023-03-09"), "local_treatment[0].date",
        ("date", "lesion", "first_metastasis_date"),
    ),
    "treatment of no lesion": (treated(LESIONS, lesion="L2"), "local_treatment[0].lesion", ("lesion", "lesions")),
    "treatment where none was seen": (treated([], lesion="L1"), "local_treatment[0].lesion", ("lesion", "lesions")),
    "new but treated": (
        treated([{"id": "L1", "organ": "bone", "response": "new"}], lesion="L1", date="2024-05-01"),
        "local_treatment[0].date", ("lesion", "response"),
    ),
    "new but irradiated": (
        {"lesions": [{"id": "L1", "organ": "bone", "response": "new", "prior_radiotherapy": True}]},
        "lesions[0].response", ("response", "prior_radiotherapy"),
    ),
    "metastasis long before the primary": (
        {"patient": {"primary_dx_date": "2022-01-10", "first_metastasis_date": "2021-01-09"}},
        "patient.first_metastasis_date", ("first_metastasis_date", "primary_dx_date"),
    ),
    "episode long before the primary": (
        {"patient": {"primary_dx_date": "2022-01-10", "omd_dx_date": "2021-01-09"}}, "patient.omd_dx_date",
        ("omd_dx_date", "primary_dx_date"),
    ),
    "interval long before the primary": (
        {"patient": {"interval_months": -12.1}}, "patient.interval_months", ("interval_months",),
    ),
    "KRAS G12C without KRAS": (
        {"patient": {"kras_g12c": "positive", "kras": "negative"}}, "patient.kras_g12c", ("kras_g12c", "kras"),
    ),
    "all treatable, the growing not": (
        {"all_sites_treatable": True, "progressing_sites_treatable": False}, "progressing_sites_treatable",
        ("progressing_sites_treatable", "all_sites_treatable"),
    ),
    "primary untreated and treated": (
        {"primary": {"status": "untreated", "treated_locally": True}}, "primary.treated_locally",
        ("primary.treated_locally", "primary.status"),
    ),
    "primary ablated and not treated": (
        {"primary": {"status": "treated_with_lat", "treated_locally": False}}, "primary.treated_locally",
        ("primary.treated_locally", "primary.status"),
    ),
    "subgroup of another N": (
        {"primary": {"n": "N1", "n2_subgroup": "N2a"}}, "primary.n", ("primary.n", "primary.n2_subgroup"),
    ),
    "occult and measured": (
        {"primary": {"occult": True, "t": "T2a"}}, "primary.t", ("primary.t", "primary.occult"),
    ),
    "occult and growing": (
        {"primary": {"occult": True, "status": "progressing"}}, "primary.status", ("primary.status", "primary.occult"),
    ),
    "kind of no imaging": (
        {"staging": {"current_imaging": "not_done", "imaged_by": "ct"}}, "staging.imaged_by",
        ("staging.current_imaging", "staging.imaged_by"),
    ),
    "nadir above the baseline": (
        {"recist": {"baseline_sum_mm": 40, "nadir_sum_mm": 41}}, "recist.nadir_sum_mm",
        ("recist.nadir_sum_mm", "recist.baseline_sum_mm"),
    ),
    "last dose after the stop": (
        line(start="2023-04-01", stop="2023-09-01", last_dose="2023-09-02"), "systemic_therapy[0].last_dose",
        ("last_dose", "stop"),
    ),
    "last dose before the start": (
        line(start="2023-04-01", last_dose="2023-03-30"), "systemic_therapy[0].last_dose", ("last_dose", "start"),
    ),
    "next dose before the last": (
        line(start="2023-04-01", last_dose="2024-04-20", next_dose="2024-04-19"), "systemic_therapy[0].next_dose",
        ("next_dose", "last_dose"),
    ),
    "next dose after the stop": (
        line(start="2023-04-01", stop="2024-04-20", next_dose="2024-04-21"), "systemic_therapy[0].next_dose",
        ("next_dose", "stop"),
    ),
    "no drug against VEGF beside one": (
        line(drugs="carboplatin + bevacizumab", anti_vegf=False), "systemic_therapy[0].anti_vegf", ("anti_vegf", "drugs"),
    ),
    "planned of a lesion that is not listed": (
        planned("brain", lesions="L2"), "planned_radiotherapy[0].lesions", ("lesions",),
    ),
    "planned in the brain, elsewhere": (
        planned("brain", lesions="L1", site="thorax"), "planned_radiotherapy[0].site", ("site", "lesions"),
    ),
    "planned of the lung, in the brain": (
        planned("lung", lesions="L1", site="brain"), "planned_radiotherapy[0].site", ("site", "lesions"),
    ),
    "planned of the lung, in the abdomen": (
        planned("lung", lesions="L1", site="abdomen_or_pelvis"), "planned_radiotherapy[0].site", ("site", "lesions"),
    ),
    "planned of the liver, in the chest": (
        planned("liver", lesions="L1", site="thorax"), "planned_radiotherapy[0].site", ("site", "lesions"),
    ),
    "dose of an operation": (
        {"local_treatment": [{"modality": "surgery", "total_dose_gy": 50}]}, "local_treatment[0].total_dose_gy",
        ("total_dose_gy", "modality"),
    ),
    "fractions of an ablation": (
        {"local_treatment": [{"modality": "thermal_ablation", "fractions": 5}]}, "local_treatment[0].fractions",
        ("fractions", "modality"),
    ),
    "irradiated, but not before": (
        treated([{"id": "L1", "organ": "liver", "prior_radiotherapy": False}], lesion="L1", modality="sabr",
                date="2024-02-01"),
        "local_treatment[0].modality", ("modality", "prior_radiotherapy"),
    ),
    "treated, but not treated": (
        treated([{"id": "L1", "organ": "liver", "treated": False}], lesion="L1", date="2024-02-01"),
        "local_treatment[0].date", ("lesion", "treated"),
    ),
    "new, but nothing new": (
        {"recist": {"new_lesion": False}, "lesions": [{"organ": "liver", "response": "new"}]}, "lesions[0].response",
        ("response", "recist.new_lesion"),
    ),
    "grows, but nothing grows": (
        {"patient": {"any_lesion_progressive": False}, "lesions": [{"organ": "liver", "response": "progression"}]},
        "lesions[0].response", ("response", "any_lesion_progressive"),
    ),
    "biopsied, but no biopsy": (
        {"staging": {"biopsy_of_metastasis": "not_done"}, "lesions": [{"organ": "liver", "biopsy": True}]},
        "lesions[0].biopsy", ("biopsy", "staging.biopsy_of_metastasis"),
    ),
    "midline of the adrenals": (
        {"lesions": [{"organ": "adrenal", "side": "midline"}]}, "lesions[0].side", ("side", "organ"),
    ),
    "place in the brain, in bone": (
        {"lesions": [{"organ": "bone", "location": "brainstem"}]}, "lesions[0].location", ("location", "organ"),
    ),
    "place in bone, in the liver": (
        {"lesions": [{"organ": "liver", "location": "spine"}]}, "lesions[0].location", ("location", "organ"),
    ),
    "zone of the liver": ({"lesions": [{"organ": "liver", "zone": "central"}]}, "lesions[0].zone", ("zone", "organ")),
    "bronchial distance of the liver": (
        {"lesions": [{"organ": "liver", "distance_proximal_bronchial_tree_cm": 3}]},
        "lesions[0].distance_proximal_bronchial_tree_cm", ("distance_proximal_bronchial_tree_cm", "organ"),
    ),
    "peripheral at the bronchi": (
        {"lesions": [{"organ": "lung", "zone": "peripheral", "abuts_proximal_bronchial_tree": True}]},
        "lesions[0].zone", ("zone", "abuts_proximal_bronchial_tree"),
    ),
    "distance_main_bronchus_trachea_cm of the liver": (
        {"lesions": [{"organ": "liver", "distance_main_bronchus_trachea_cm": 3}]},
        "lesions[0].distance_main_bronchus_trachea_cm", ("distance_main_bronchus_trachea_cm", "organ"),
    ),
    "distance_chest_wall_cm of the liver": (
        {"lesions": [{"organ": "liver", "distance_chest_wall_cm": 3}]},
        "lesions[0].distance_chest_wall_cm", ("distance_chest_wall_cm", "organ"),
    ),
    "distance_mediastinum_cm of the liver": (
        {"lesions": [{"organ": "liver", "distance_mediastinum_cm": 3}]},
        "lesions[0].distance_mediastinum_cm", ("distance_mediastinum_cm", "organ"),
    ),
    "distance_brachial_plexus_cm of the liver": (
        {"lesions": [{"organ": "liver", "distance_brachial_plexus_cm": 3}]},
        "lesions[0].distance_brachial_plexus_cm", ("distance_brachial_plexus_cm", "organ"),
    ),
    "central at a great vessel": (
        {"lesions": [{"organ": "lung", "zone": "central", "overlaps_great_vessel": True}]},
        "lesions[0].zone", ("zone", "overlaps_great_vessel"),
    ),
    "central at the oesophagus": (
        {"lesions": [{"organ": "lung", "zone": "central", "overlaps_oesophagus": True}]},
        "lesions[0].zone", ("zone", "overlaps_oesophagus"),
    ),
    "central at the bronchi": (
        {"lesions": [{"organ": "lung", "zone": "central", "abuts_proximal_bronchial_tree": True}]},
        "lesions[0].zone", ("zone", "abuts_proximal_bronchial_tree"),
    ),
    "peripheral within 2 cm": (
        {"lesions": [{"organ": "lung", "zone": "peripheral", "distance_proximal_bronchial_tree_cm": 2}]},
        "lesions[0].zone", ("zone", "distance_proximal_bronchial_tree_cm"),
    ),
    "peripheral at the mediastinum": (
        {"lesions": [{"organ": "lung", "zone": "peripheral", "abuts_mediastinal_pleura": True}]},
        "lesions[0].zone", ("zone", "abuts_mediastinal_pleura"),
    ),
    "ultracentral, touching nothing": (
        {"lesions": [{"organ": "lung", "zone": "ultracentral", "abuts_proximal_bronchial_tree": False, "overlaps_great_vessel": False, "overlaps_oesophagus": False}]},
        "lesions[0].zone", ("zone", "abuts_proximal_bronchial_tree", "overlaps_great_vessel", "overlaps_oesophagus"),
    ),
    "central, away from everything": (
        {"lesions": [{"organ": "lung", "zone": "central", "abuts_proximal_bronchial_tree": False, "overlaps_great_vessel": False, "overlaps_oesophagus": False, "distance_proximal_bronchial_tree_cm": 2.1, "abuts_mediastinal_pleura": False}]},
        "lesions[0].zone", ("zone", "distance_proximal_bronchial_tree_cm", "abuts_mediastinal_pleura", "abuts_proximal_bronchial_tree", "overlaps_great_vessel", "overlaps_oesophagus"),
    ),
    "main bronchus nearer than the tree": (
        {"lesions": [{"organ": "lung", "distance_proximal_bronchial_tree_cm": 2, "distance_main_bronchus_trachea_cm": 1}]},
        "lesions[0].distance_main_bronchus_trachea_cm", ("distance_main_bronchus_trachea_cm", "distance_proximal_bronchial_tree_cm"),
    ),
    "instability of the liver": (
        {"lesions": [{"organ": "liver", "sins": 3}]},
        "lesions[0].sins", ("sins", "organ"),
    ),
    "instability of the femur": (
        {"lesions": [{"organ": "bone", "location": "femur", "sins": 3}]},
        "lesions[0].sins", ("sins", "location"),
    ),
    "epidural_disease of the liver": (
        {"lesions": [{"organ": "liver", "epidural_disease": True}]},
        "lesions[0].epidural_disease", ("epidural_disease", "organ"),
    ),
    "symptomatic_cord_compression of the liver": (
        {"lesions": [{"organ": "liver", "symptomatic_cord_compression": True}]},
        "lesions[0].symptomatic_cord_compression", ("symptomatic_cord_compression", "organ"),
    ),
    "mass_effect of the liver": (
        {"lesions": [{"organ": "liver", "mass_effect": True}]},
        "lesions[0].mass_effect", ("mass_effect", "organ"),
    ),
    "cavity of the liver": (
        {"lesions": [{"organ": "liver", "resection": "done"}]},
        "lesions[0].resection", ("resection", "organ"),
    ),
    "v12 of the liver": (
        {"lesions": [{"organ": "liver", "v12_ml": 3}]},
        "lesions[0].v12_ml", ("v12_ml", "organ"),
    ),
    "larger than the largest": (
        {"patient": {"largest_brain_metastasis_volume_ml": 2}, "lesions": [{"organ": "brain", "volume_ml": 3}]},
        "lesions[0].volume_ml", ("volume_ml", "largest_brain_metastasis_volume_ml"),
    ),
    "larger than all together": (
        {"patient": {"total_brain_metastasis_volume_ml": 2}, "lesions": [{"organ": "brain", "volume_ml": 3}]},
        "lesions[0].volume_ml", ("volume_ml", "total_brain_metastasis_volume_ml"),
    ),
    "largest above the total": (
        {"patient": {"largest_brain_metastasis_volume_ml": 3, "total_brain_metastasis_volume_ml": 2}},
        "patient.largest_brain_metastasis_volume_ml",
        ("largest_brain_metastasis_volume_ml", "total_brain_metastasis_volume_ml"),
    ),
    "new, of an earlier episode": (
        {"lesions": [{"organ": "liver", "response": "new", "episode": "earlier"}]}, "lesions[0].response",
        ("response", "episode"),
    ),
    "new, and said to be treated": (
        {"lesions": [{"organ": "liver", "response": "new", "treated": True}]}, "lesions[0].response",
        ("response", "treated"),
    ),
    "day of no treatment": (
        {"lesions": [{"organ": "liver", "treated": False, "treatment_date": "2024-02-01"}]},
        "lesions[0].treatment_date", ("treatment_date", "treated"),
    ),
    "said to be treated before the first metastasis": (
        {"patient": {**FIRST, **DATES}, "lesions": [{"organ": "liver", "treatment_date": "2023-03-09"}]},
        "lesions[0].treatment_date", ("treatment_date", "first_metastasis_date"),
    ),
    "benign, but a metastasis": (
        {"lesions": [{"organ": "liver", "origin": "benign", "metastasis": True}]}, "lesions[0].origin",
        ("metastasis", "origin"),
    ),
    "second primary, not judged": (
        {"lesions": [{"organ": "liver", "origin": "second_primary"}]}, "lesions[0].origin", ("metastasis", "origin"),
    ),
    "dead at the assessment": (
        {"outcomes": [{"endpoint": "OS", "event": True, "date": "2024-05-01"}]}, "outcomes[0].date", ("date", "event"),
    ),
    "entry after the end": (
        {"outcomes": [{"endpoint": "PFS", "date": "2024-05-03", "entry_date": "2024-05-04"}]},
        "outcomes[0].entry_date", ("entry_date", "date"),
    ),
    "cause of no death": (
        {"outcomes": [{"endpoint": "OS", "event": False, "cause": "other"}]}, "outcomes[0].cause", ("cause", "event"),
    ),
    "another cause of a death by cancer": (
        {"outcomes": [{"endpoint": "DSS", "event": True, "cause": "other"}]}, "outcomes[0].cause",
        ("cause", "endpoint"),
    ),
}  # fmt: skip

ACCEPTED: dict[str, Chart] = {
    "months": line(start="2023-04-02", months=14),
    "months since some day of a month": line(start="2023-04", months=14),
    "age": {"patient": {"age": 62, "birth_date": "1960-05-03"}},
    "interval of an earlier metastasis": {
        "patient": {**AGAIN, **DATES, "first_metastasis_date": "2022-09-10", "interval_months": 8}
    },
    "interval to a metastasis that is not dated": {"patient": {**AGAIN, **DATES, "interval_months": 3}},
    "therapy on the day of the primary": line(start="2022-01-10"),
    "therapy before the primary, where the metastasis may be older": {
        "patient": {**AGAIN, **DATES}, "systemic_therapy": [{"start": "2021-12-01"}],
    },
    "adjuvant before the first metastasis": line(start="2022-03-09", intent="adjuvant"),
    "palliative in the episode before": {
        "patient": {**AGAIN, **DATES, "first_metastasis_date": "2022-06-01"},
        "systemic_therapy": [{"start": "2022-06-01", "intent": "palliative"}],
    },
    "second primary treated before the first metastasis": treated(
        [{"id": "L1", "organ": "lung", "metastasis": False}], lesion="L1", date="2022-03-09"
    ),
    "treatment of a lesion without a name": treated([{"organ": "liver"}], lesion="L1"),
    "treatment where no list is given": {"local_treatment": [{"lesion": "L1"}]},
    "treatment of the primary": treated([], lesion="primary"),
    "new and treated after the assessment": treated(
        [{"id": "L1", "organ": "bone", "response": "new"}], lesion="L1", date="2024-05-20"
    ),
    "another lesion is new": treated(
        [{"id": "L1", "organ": "bone", "response": "new"}, {"id": "L2", "organ": "bone"}], lesion="L2", date="2024-05-01"
    ),
    "the next dose is ahead": line(start="2023-04-02", next_dose="2024-06-20"),
    "KRAS, but not G12C": {"patient": {"kras_g12c": "negative", "kras": "positive"}},
    "the growing treatable, not all": {"all_sites_treatable": False, "progressing_sites_treatable": True},
    "subgroup of N2": {"primary": {"n": "N2", "n2_subgroup": "N2b", "n_by": "pathological"}},
    "occult": {"primary": {"occult": True, "t": "T0"}},
    "nadir at the baseline": {"recist": {"baseline_sum_mm": 40, "nadir_sum_mm": 40}},
    "last dose on the day of the stop": line(start="2023-04-01", stop="2023-09-01", last_dose="2023-09-01"),
    "irradiated after the assessment": treated(
        [{"id": "L1", "organ": "liver", "prior_radiotherapy": False, "treated": False}], lesion="L1", modality="sabr",
        date="2024-05-20",
    ),
    "a second primary grows, no metastasis does": {
        "patient": {"any_lesion_progressive": False},
        "lesions": [{"organ": "lung", "response": "progression", "metastasis": False}],
    },
    "places": {"lesions": [{"organ": "brain", "location": "brainstem"}, {"organ": "bone", "location": "spine"},
                           {"organ": "lung", "zone": "central", "distance_proximal_bronchial_tree_cm": 1}]},
    "treated": {"patient": {**FIRST, **DATES},
                "lesions": [{"organ": "liver", "treated": True, "treatment_date": "2023-03-10"}]},
    "benign, and judged so": {"lesions": [{"organ": "liver", "origin": "benign", "metastasis": False}]},
    "not known what the biopsy showed": {"lesions": [{"organ": "liver", "origin": ["benign", "lung_cancer"]}]},
    "dead after the assessment": {"outcomes": [{"endpoint": "OS", "event": True, "date": "2024-05-02"}]},
    "progressed before the assessment": {"outcomes": [{"endpoint": "PFS", "event": True, "date": "2024-05-01"}]},
}  # fmt: skip

CHECKED: dict[str, tuple[Chart, tuple[str, ...], tuple[str, ...], str]] = {
    "interval rounded": (
        {"patient": {**FIRST, **DATES, "interval_months": 13}},
        ("interval_months", "primary_dx_date", "omd_dx_date"), ("13", "2022-01-10", "2023-03-10"), "the dates win",
    ),
    "found first": (
        {"patient": {"primary_dx_date": "2022-01-10", "first_metastasis_date": "2021-01-10"}},
        ("first_metastasis_date", "primary_dx_date"), ("2021-01-10", "2022-01-10"), "found first",
    ),
    "episode found first": (
        {"patient": {"primary_dx_date": "2022-01-10", "omd_dx_date": "2021-12"}}, ("omd_dx_date", "primary_dx_date"),
        ("2021-12", "2022-01-10"), "found first",
    ),
    "interval of one found first": (
        {"patient": {"interval_months": -3}}, ("interval_months",), ("-3",), "found first",
    ),
    "large adrenal": (
        {"lesions": [{"id": "A", "organ": "adrenal", "size_cm": 10.1}]}, ("lesions.A.size_cm", "lesions.A.organ"),
        ("10.1", "adrenal"), "10 cm",
    ),
    "large liver": (
        {"lesions": [{"organ": "bone", "size_cm": 10}, {"organ": "liver", "size_cm": 15.5}]},
        ("lesions.2.size_cm", "lesions.2.organ"), ("15.5", "liver"), "15 cm",
    ),
    "class beside drugs": (
        {"systemic_therapy": [{"drugs": ["osimertinib"], "class": "chemotherapy"}]},
        ("systemic_therapy.1.class", "systemic_therapy.1.drugs"), ("chemotherapy", "osimertinib"), "the class",
    ),
    "well by ECOG only": (
        {"patient": {"ecog": 1, "kps": 50}}, ("ecog", "kps"), ("1", "50"), "well by ECOG",
    ),
    "well by Karnofsky only": (
        {"patient": {"ecog": 3, "kps": 80}}, ("ecog", "kps"), ("3", "80"), "well by Karnofsky",
    ),
    "treatable, though diffuse": (
        {"all_sites_treatable": True, "diffuse_disease": True}, ("all_sites_treatable", "diffuse_disease"),
        ("true", "true"), "diffuse disease",
    ),
    "occult, on a side": (
        {"primary": {"occult": True, "side": "left"}}, ("primary.side", "primary.occult"), ("left", "true"), "a side",
    ),
    "EGFR inhibitor without EGFR": (
        {"patient": {"egfr": "negative"}, "systemic_therapy": [{"class": "egfr_tki"}]}, ("systemic_therapy.1.class",),
        ("egfr_tki",), "EGFR",
    ),
    "ALK inhibitor without ALK": (
        {"patient": {"alk": "negative"}, "systemic_therapy": [{"class": "alk_tki"}]}, ("systemic_therapy.1.class",),
        ("alk_tki",), "ALK",
    ),
    "adjuvant, primary untreated": (
        {"primary": {"status": "untreated"}, "systemic_therapy": [{"intent": "adjuvant"}]},
        ("systemic_therapy.1.intent",), ("adjuvant",), "untreated primary",
    ),
    "chemoradiation without chemotherapy": (
        {"systemic_therapy": [{"intent": "curative_chemoradiation", "class": "immunotherapy"}]},
        ("systemic_therapy.1.intent", "systemic_therapy.1.class"), ("curative_chemoradiation", "immunotherapy"),
        "without chemotherapy",
    ),
    "brain without imaging": (
        {"staging": {"brain_mri": "not_done", "brain_ct": "not_done"}, "lesions": [{"organ": "brain"}]},
        ("lesions.1.organ",), ("brain",), "no imaging of the brain",
    ),
    "spleen on the right": (
        {"lesions": [{"organ": "spleen", "side": "right"}]}, ("lesions.1.side", "lesions.1.organ"), ("right", "spleen"),
        "spleen lies",
    ),
    "operated on, the resection not said": (
        {"lesions": [{"id": "L1", "organ": "brain"}], "local_treatment": [{"lesion": "L1", "modality": "surgery"}]},
        ("local_treatment.1.modality", "local_treatment.1.lesion"), ("surgery", "L1"), "its resection is not said",
    ),
    "cause beside progression": (
        {"outcomes": [{"endpoint": "PFS", "cause": "cancer"}]}, ("outcomes.1.cause", "outcomes.1.endpoint"),
        ("cancer", "PFS"), "cause of death",
    ),
}  # fmt: skip

NOT_CHECKED: dict[str, Chart] = {
    "interval to the tenth": {"patient": {**FIRST, **DATES, "interval_months": 14}},
    "sizes": {"lesions": [{"organ": "bone", "size_cm": 10}, {"organ": "lung", "size_cm": 15}]},
    "another organ": {"lesions": [{"organ": "skin_soft_tissue", "size_cm": 20}]},
    "a drug that is not on the list": {"systemic_therapy": [{"drugs": ["osimertinib", "x"], "class": "chemotherapy"}]},
    "one drug of the class": {"systemic_therapy": [{"drugs": ["osimertinib", "pemetrexed"], "class": "egfr_tki"}]},
    "drugs in one text": {"systemic_therapy": [{"drugs": "Carboplatin + pemetrexed", "class": "chemotherapy"}]},
}


def document(chart: Chart) -> Chart:
    return {"case": "x", "assessed": "2024-05-02", **copy.deepcopy(chart)}


def registry(chart: Chart) -> Mapping[str, pl.DataFrame]:
    """The chart as the frames of a registry in which a second patient has nothing but an id."""
    row = {"patient_id": "a", "assessed": "2024-05-02", **chart.get("patient", {})}
    for section, content in chart.items():
        if section != "patient" and not isinstance(content, list):
            inside = content.items() if isinstance(content, dict) else [("", content)]
            row |= {f"{section}_{name}".rstrip("_"): value for name, value in inside}
    frames = {"patients": [row, {"patient_id": "b"}]}
    frames |= {
        name: [{"patient_id": "a", **item} for item in content]
        for name, content in chart.items()
        if isinstance(content, list)
    }
    if frames.get("lesions") == []:
        frames["lesions"] = [{"patient_id": "b", "organ": "liver"}]
    return {name: pl.DataFrame([_text(row) for row in rows], infer_schema_length=None) for name, rows in frames.items()}


def _column(field: str) -> str:
    """What a registry calls a field of a case file."""
    section, _, name = field.rpartition(".")
    return f"{section}_{name}" if section in ("primary", "staging", "recist") else name


def _text(row: Mapping[str, object]) -> dict[str, str]:
    return {name: "|".join(value) if isinstance(value, list) else str(value).lower() if isinstance(value, bool)
            else str(value) for name, value in row.items()}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_impossible_is_refused_in_a_case(name: str) -> None:
    chart, field, named = REFUSED[name]
    with pytest.raises(CaseError) as refused:
        build_case(document(chart), "x", TODAY)
    (problem,) = refused.value.problems
    assert problem.field == field
    assert all(each in str(problem) for each in named)


@pytest.mark.parametrize("name", REFUSED)
def test_and_in_a_registry(name: str) -> None:
    chart, field, named = REFUSED[name]
    found = osc.assess_cohort(registry(chart), today=TODAY)
    (entry,) = found.rejects.to_dicts()
    assert (entry["patient_id"], entry["field"], entry["severity"]) == ("a", _column(field), "error")
    assert all(each in entry["reason"] for each in named if each.replace(".", "_") != entry["field"])
    assert found.answers["patient_id"].to_list() == ["b"]


@pytest.mark.parametrize("chart", [*ACCEPTED.values(), *NOT_CHECKED.values()], ids=[*ACCEPTED, *NOT_CHECKED])
def test_what_is_just_possible_is_accepted_by_both(chart: Chart) -> None:
    assert checks_of(build_case(document(chart), "x", TODAY), TODAY) == []
    found = osc.assess_cohort(registry(chart), today=TODAY)
    assert found.rejects.is_empty()
    assert found.answers["patient_id"].to_list() == ["a", "b"]


@pytest.mark.parametrize("name", CHECKED)
def test_what_is_improbable_is_accepted_and_said(name: str) -> None:
    chart, fields, values, text = CHECKED[name]
    (check,) = osc.assess(document(chart), today=TODAY).checks
    assert (check.fields, check.values) == (fields, values)
    assert text in check.text
    found = osc.assess_cohort(registry(chart), today=TODAY)
    (entry,) = found.rejects.to_dicts()
    assert (entry["patient_id"], entry["severity"]) == ("a", "check")
    assert (entry["field"], entry["value"]) == (_column(fields[0]), values[0])
    assert text in entry["reason"]
    assert found.answers["patient_id"].to_list() == ["a", "b"]
    assert found.summary["checks"] == 1


def test_checks_alone_leave_the_exit_code(tmp_path: Path) -> None:
    from oligoscope.cli.main import main

    for name, frame in registry(CHECKED["large adrenal"][0]).items():
        frame.write_csv(tmp_path / f"{name}.csv")
    assert main(["cohort", "assess", str(tmp_path), "-o", str(tmp_path / "out")]) == 0
    written = pl.read_csv(tmp_path / "out/rejects.csv")
    assert written.columns == ["file", "row", "patient_id", "field", "value", "reason", "severity"]
    assert written["severity"].to_list() == ["check"]


def test_every_rule_is_met_by_a_chart_above() -> None:
    """A rule that no chart here breaks could say anything."""
    said = {" ".join(str(p.text).split(": ", 1)[1:]) for chart, _, _ in REFUSED.values() for p in _problems(chart)}
    old = {"in-the-future", "after-the-assessment", "complete-without-list", "effusion-is-diffuse",
           "diagnosis-before-birth", "stops-before-start", "several-of-one-size", "several-of-one-volume"}  # fmt: skip
    assert {rule.id for rule in integrity().contradictions if rule.says not in said} == old
    checked = {
        check.text
        for chart, *_ in CHECKED.values()
        for check in checks_of(build_case(document(chart), "x", TODAY), TODAY)
    }
    assert {rule.says for rule in integrity().checks} == checked


def _problems(chart: Chart) -> list[Any]:
    with pytest.raises(CaseError) as refused:
        build_case(document(chart), "x", TODAY)
    return refused.value.problems


def test_words_say_what_all_of_them_leave() -> None:
    words = Words("w", "systemic_therapy", "drugs", Choices(("a", "b", "c")), {"ax": 1, "bx": 2, "with": 0})
    assert words.possible("ax and BX") == 3
    assert words.possible("ax/with") == 1
    assert words.possible("with") == words.possible("ax, dx") == words.possible("") == 7
