"""What is answered of each lesion: in the answer, the report, explain and what-if."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import oligoscope as osc
from oligoscope.assess.answer import Answer
from oligoscope.cli.main import main
from oligoscope.report.card_limits import card_limits
from oligoscope.report.cards import parts_of
from oligoscope.report.language import language
from oligoscope.report.terminal import render

CASE: dict[str, Any] = {
    "assessed": "2024-05-02",
    "lesions_complete": True,
    "lesions": [
        {"id": "L1", "organ": "lung", "zone": "central", "size_cm": 1.5},
        {"organ": "brain"},
        {"id": "<b>X</b>", "organ": "lung"},
    ],
}
PACK = {
    "release.yaml": 'id: made_up\ntitle: Made up\nversion: "1"\ndate: "2026-01-01"\nrequires: {om_nsclc: "2026.11"}\n',
    "tables/made-up-courses.yaml": """
table: made-up-courses
title: Courses that are made up
question: Which made-up course suits this lesion?
about: lesion
kind: options
hit: collect
payload: [fractions]
inputs: [lung-zone]
options:
  - {id: FEW, when: {lung-zone: peripheral}, label: few, text: in three, status: design, payload: {fractions: 3}}
  - {id: MANY, when: {lung-zone: [central, ultracentral]}, label: many, text: in eight, status: design, payload: {fractions: 8}}
""",
    "tables/made-up-fitness.yaml": """
table: made-up-fitness
title: Criteria that are made up
question: Does this lesion fit?
about: lesion
kind: criteria
hit: collect
inputs: [organ, lung-zone]
outcomes: {FITS: {label: fits, fits: true}, NOT: {label: does not fit}}
shared: {met: FITS, otherwise: {id: OTHER, then: NOT, status: design}}
groups:
  lungs:
    label: Lungs
    rule: LUNGS
    status: design
    criteria:
      - {id: organ, when: {organ: lung}, text: in the lung}
      - {id: zone, when: {lung-zone: not(ultracentral)}, text: not ultracentral}
""",
}


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    for name, text in PACK.items():
        file = tmp_path / "made_up" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return tmp_path / "made_up"


def test_decisions_stand_by_lesion_under_its_id_or_place() -> None:
    lesions = osc.assess(CASE).lesions
    assert list(lesions) == ["L1", "2", "<b>X</b>"]
    zones = [lesion.decisions["lung-zone"] for lesion in lesions.values()]
    assert [zone.value for zone in zones] == ["central", "NOT_APPLICABLE", None]
    assert zones[2].possible == ("peripheral", "central", "ultracentral")
    assert "lesions.zone" in zones[2].needs


def test_options_and_criteria_about_lesions(pack: Path) -> None:
    answer = osc.assess(CASE, knowledge=pack)
    options = answer.model_dump()["options"]["made-up-courses"]
    assert {name: [(o["id"], o["applies"], o["fractions"]) for o in found] for name, found in options.items()} == {
        "L1": [("MANY", "yes", 8)],
        "2": [],
        "<b>X</b>": [("FEW", "may", 3), ("MANY", "may", 8)],
    }
    groups = {name: lesion.criteria["made-up-fitness"]["lungs"] for name, lesion in answer.lesions.items()}
    assert [group.value for group in groups.values()] == ["FITS", "NOT", None]
    assert groups["<b>X</b>"].criteria == {"organ": "met", "zone": "unknown"}
    jsonschema.validate(answer.model_dump(), Answer.model_json_schema())


def test_what_a_lesion_lacks_is_among_the_needs() -> None:
    assert "lung-zone" in {t for need in osc.assess(CASE).needs if need.input == "lesions.zone" for t in need.settles}
    known = {**CASE, "lesions": [{**CASE["lesions"][0]}]}
    assert "lesions.zone" not in [need.input for need in osc.assess(known).needs]


def test_the_report_shows_lesions_of_which_something_is_asked(pack: Path) -> None:
    answer = osc.assess(CASE, knowledge=pack)
    text, page = render(answer.report(), detail=True), answer.page()
    section = text[text.index("LESIONS") : text.index("DEFINITIONS")]
    assert "L1: lung (central) 1.5 cm" in section
    assert "central  by definition within 2 cm of the proximal bronchial tree" in section
    assert "2: brain" in section
    assert "MANY many in eight" in section
    assert "<b>X</b>" not in page
    assert "&lt;b&gt;X&lt;/b&gt;" in page
    assert "2: brain" not in render(osc.assess(CASE).report(), detail=True)[text.index("LESIONS") :]
    none = osc.assess({"lesions_complete": True, "lesions": [{"organ": "brain"}]})
    assert "LESIONS\n" not in render(none.report(), detail=True)


def test_what_if_of_one_lesion_names_it(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    change, *of_doses = osc.what_if(CASE, {"lesions.L1.zone": "peripheral"}).changes
    assert {each.table for each in of_doses} == {"sabr-not-to-be-used", "sabr-regimen", "lat-modality"}
    assert (change.table, change.lesion, change.before, change.after) == ("lung-zone", "L1", "central", "peripheral")
    file = tmp_path / "case.json"
    file.write_text(json.dumps(CASE), encoding="utf-8")
    assert main(["what-if", str(file), "lesions.L1.zone=peripheral"]) == 0
    assert capsys.readouterr().out.startswith(
        "lung-zone: L1: central → peripheral\n"
        "    by definition within 2 cm of the proximal bronchial tree, or beside the mediastinal or pericardial pleura"
        " → by definition neither ultracentral nor central\n"
    )


def test_explain_follows_the_answer_of_one_lesion(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    explained = osc.explain(CASE, "lung-zone", lesion="L1")
    assert (explained.lesion, explained.chain[0].value) == ("L1", "central")
    assert [rule.id for rule in explained.chain[0].rules] == ["ZONE-CENTRAL"]
    assert osc.explain(CASE, "lung-zone", lesion="2").chain[0].value == "NOT_APPLICABLE"
    file = tmp_path / "case.json"
    file.write_text(json.dumps(CASE), encoding="utf-8")
    assert main(["explain", str(file), "lung-zone", "--lesion", "L1"]) == 0
    assert capsys.readouterr().out == str(explained)
    assert main(["explain", str(file), "lung-zone", "--lesion", "L9"]) == 2
    said = capsys.readouterr().err
    assert "L9" in said
    assert "L1, 2" in said


def test_a_question_about_lesions_is_asked_of_one() -> None:
    with pytest.raises(osc.OligoscopeError) as caught:
        osc.explain(CASE, "lung-zone")
    assert "L1" in caught.value.allowed
    assert osc.explain({"lesions": [{"organ": "lung", "zone": "central"}]}, "lung-zone").lesion == "1"


def test_a_card_for_each_lesion_that_is_there(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    lesions = [
        {"id": "L1", "organ": "lung", "metastasis": True, "zone": "ultracentral", "size_cm": 2.5},
        {"id": "L2", "organ": "liver", "response": "complete_response"},
        {"id": "L3", "organ": "bone", "location": "femur", "prior_radiotherapy": True},
        {"id": "L4", "organ": "adrenal", "size_cm": 2},
    ]
    answer = osc.assess({"case": "cards", "lesions_complete": True, "lesions": lesions})
    cards = {card.name: card for card in answer.report().cards}
    assert list(cards) == ["L1", "L3", "L4"]
    assert cards["L1"].brief == (
        # Not the dose itself: its warning and its conditions stand beside it in the card alone.
        "published regimens that fit: 1; not to be used: 56 Gy in 8 fractions (7 Gy × 8) and 54 to 60 Gy in 3 fractions"
    )
    assert cards["L3"].brief == "no published regimen; re-irradiation; femur"
    assert [heading for heading, _ in parts_of(cards["L3"])] == ["doses_first", "doses_modalities"]
    # The dose that fits for certain, and of those that may fit on what that rests.
    assert [line.id for line in cards["L4"].doses] == ["LV-4"]
    assert {line.id for line in cards["L4"].may} == {"LV-1-1fx", "LV-1-3fx", "LV-1-4fx", "LV-1-5fx"}
    assert {line.depends_on for line in cards["L4"].may} == {
        ("stomach, duodenum or bowel lies within range of the dose, as judged by the team",)
    }
    # No dose that must not be used stands among the options.
    dumped = answer.model_dump()
    assert [option["id"] for option in dumped["options"]["sabr-regimen"]["L1"]] == ["L-3b"]
    assert [each["in_words"] for each in dumped["lesions"]["L1"]["not_to_be_used"]] == [
        "56 Gy in 8 fractions (7 Gy × 8), BED10 95.2 Gy",
        "54 to 60 Gy in 3 fractions, BED10 151.2 to 180 Gy",
    ]
    assert dumped["options"]["sabr-regimen"]["L2"] == []
    page = answer.page()
    assert page.count('<details class="doses">') == 3
    assert "60 Gy in 8 fractions (7.5 Gy × 8), BED10 105 Gy" in page


def test_an_assumption_silences_no_warning_of_an_irradiated_lesion() -> None:
    case = {"charting": "by_exception", "lesions_complete": True, "lesions": [{"id": "L1", "organ": "adrenal"}]}
    (card,) = osc.assess(case).report().cards
    assert [(line.id, line.depends_on) for line in card.remarks] == [
        ("RE-IRRADIATION", ("whether it was irradiated before",))
    ]
    written = {**case, "lesions": [{"id": "L1", "organ": "adrenal", "prior_radiotherapy": False}]}
    (card,) = osc.assess(written).report().cards
    assert not card.remarks


def test_an_unknown_zone_and_size_leave_the_doses_of_all_of_them() -> None:
    lesion = {"id": "L1", "organ": "lung", "metastasis": True}
    (options,) = osc.assess({"lesions": [lesion]}).model_dump()["options"]["sabr-regimen"].values()
    assert {option["applies"] for option in options} == {"may"}
    assert {"L-1-3fx", "L-2-8fx", "L-3b"} <= {option["id"] for option in options}
    by_id = {option["id"]: option for option in options}
    assert by_id["L-3b"]["depends_on"][0] in ("lesions.abuts_proximal_bronchial_tree", "lesions.size_cm")
    assert {"lesions.size_cm", "lesions.zone"} <= set(by_id["L-3b"]["depends_on"])


def test_a_card_has_the_limits_for_the_fractions_of_its_doses(tmp_path: Path) -> None:
    """Of the liver 1, 3, 4, 5 fractions; of the ultracentral lung 8, where another source judges."""
    lesions = [
        {"id": "L1", "organ": "liver", "size_cm": 2, "gi_structure_in_range": False},
        {"id": "L2", "organ": "lung", "metastasis": True, "zone": "ultracentral", "size_cm": 3},
        {"id": "L3", "organ": "bone", "location": "femur"},
    ]
    answer = osc.assess({"case": "limits", "lesions_complete": True, "lesions": lesions})
    report = answer.report()
    limits = report.assessment.knowledge.limits
    told = {
        card.name: list(card_limits([card], report.assessment.knowledge, language(report.lang).say))
        for card in report.cards
    }
    assert [text[: text.index(" (")] for text in told["L1"]] == [
        "In 1 fraction",
        "In 3 fractions",
        "In 4 fractions",
        "In 5 fractions",
    ]
    (eight,) = told["L2"]
    assert told["L3"] == []
    (cord,) = [row for row in limits.of(8, "spinal_cord") if row.source == limits.judged_by[8]]
    assert f"spinal cord and medulla {cord.metric} {cord.limit:g} Gy" in eight
    assert cord.label in eight
    # No organ that may be exceeded with a warning, and no limit of a source that does not judge.
    assert "heart" not in eight
    assert answer.page().count("Limits of organs that stop a plan") == 2
