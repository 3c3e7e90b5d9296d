"""Drugs before planned radiotherapy: worked examples, as a case and as a registry, and every value that was read."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

import oligoscope as osc
from oligoscope.assess.examples import as_document
from oligoscope.assess.pauses import OPEN, TOO_SHORT, DrugPause, Told, pauses_of_case, worst
from oligoscope.assess.told_pauses import line_of, sentence
from oligoscope.chart.document import build_case
from oligoscope.cohort.pauses import count_pauses
from oligoscope.knowledge import KnowledgeError, load
from oligoscope.knowledge.pauses import Pause, Pauses, RawPauses
from oligoscope.vocabulary.synonyms import listed_labels
from tests.support.agreement import TODAY, Chart, batch_of, write_cohort

EXAMPLES: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("pause_examples.yaml").read_text("utf-8"))[
    "examples"
]
IDS = [example["id"] for example in EXAMPLES]
ASSESSED = "2025-05-01"


def pauses() -> Pauses:
    found = load().pauses
    assert found is not None
    return found


def chart(example: dict[str, Any]) -> Chart:
    lesion = {"id": "L1", "organ": example.get("organ", "lung"), "side": "left", "metastasis": "true"}
    plan = {f"planned_radiotherapy1_{name}": value for name, value in {"lesions": "L1", **example["plan"]}.items()}
    return {"assessed": ASSESSED, "lesions_complete": "true", **plan}, [lesion], example["therapies"]


def told(example: dict[str, Any]) -> list[Told]:
    return pauses_of_case(build_case(as_document(*chart(example)), "chart", TODAY), pauses())


@pytest.mark.parametrize("example", EXAMPLES, ids=IDS)
def test_a_case(example: dict[str, Any]) -> None:
    found = [
        [
            each.pause.drug,
            each.pause.verdict,
            each.pause.missing[0] if each.pause.missing else None,
            each.pause.wanted.unit if each.pause.wanted else None,
        ]
        for each in told(example)
    ]
    assert found == example["expect"]


@pytest.mark.parametrize(
    ("gap", "words"),
    [((0, 4), "up to 4 days"), ((1, 4), "1 to 4 days"), ((1, 1), "1 day"), ((2.5, 2.5), "2.5 days"),
     ((3, float("inf")), "at least 3 days"), ((0, float("inf")), "an unknown time")],
)  # fmt: skip
def test_a_gap_in_words(gap: tuple[float, float], words: str) -> None:
    told = DrugPause(OPEN, "alectinib", "", (20260510, 20260510), Pause(5, "days"), gap)
    assert sentence(told, pauses(), "10 May").startswith(f"alectinib: {words} before radiotherapy (10 May)")


@pytest.mark.parametrize(
    ("verdict", "end"),
    [(OPEN, "3 days before radiotherapy (10 May) of a kind or place that is not recorded: cannot be told"),
     (TOO_SHORT, "3 days before radiotherapy (10 May), 5 days asked by {label}: 2 days short")],
)  # fmt: skip
def test_radiotherapy_of_a_kind_that_is_not_recorded(verdict: str, end: str) -> None:
    told = DrugPause(verdict, "alectinib", "", (20260510, 20260510), Pause(5, "days"), (3, 3))
    label = pauses().drugs["alectinib"].label
    assert sentence(told, pauses(), "10 May") == f"alectinib: {end.format(label=label)}"


def test_a_registry_counts_the_same(tmp_path: Path) -> None:
    cases = [worst(each.pause.verdict for each in told(example)) for example in EXAMPLES]
    for number, (example, verdict) in enumerate(zip(EXAMPLES, cases, strict=True)):
        folder = tmp_path / str(number)
        folder.mkdir()
        write_cohort([chart(example)], folder)
        assert count_pauses(batch_of(folder, TODAY), pauses()) == {"planned": 1, verdict: 1}, example["id"]
    write_cohort([chart(example) for example in EXAMPLES], tmp_path)
    counted = count_pauses(batch_of(tmp_path, TODAY), pauses())
    assert counted["planned"] == len(EXAMPLES)
    assert {name: counted[name] for name in set(cases)} == {name: cases.count(name) for name in set(cases)}


def test_the_share_stands_in_the_summary() -> None:
    patients = pl.DataFrame({"patient_id": ["a", "b"], "assessed": [ASSESSED] * 2})
    lines = pl.DataFrame(
        {
            "patient_id": ["a", "b"],
            "drugs": ["alectinib"] * 2,
            "last_dose": ["2025-05-01", "2025-04-01"],
            "ongoing": ["false"] * 2,
        }
    )
    plans = pl.DataFrame(
        {"patient_id": ["a", "b"], "site": ["thorax"] * 2, "technique": ["sabr"] * 2, "start": ["2025-05-04"] * 2}
    )
    found = osc.assess_cohort(
        {"patients": patients, "systemic_therapy": lines, "planned_radiotherapy": plans}, today=TODAY
    )
    assert found.summary["drug_pauses"] == {"planned": 2, "too_short": 1, "cannot_be_told": 0}


def test_a_pause_too_short_is_a_flag_and_a_line() -> None:
    (example,) = (each for each in EXAMPLES if each["id"].startswith("3 "))
    answer = osc.assess(as_document(*chart(example)), today=TODAY).model_dump()
    (flag,) = (each for each in answer["flags"] if each["cites"] == ["sfro-2026"])
    assert (flag["severity"], flag["applies"]) == ("caution", "yes")
    assert "5 days asked by SFRO, April 2026: 2 days short" in flag["text"]
    (line,) = answer["options"]["drug-pause"]
    assert (line["id"], line["drug"], line["verdict"], line["planned"]) == (
        "HOLD-1",
        "alectinib",
        "too_short",
        "2025-05-04",
    )
    assert (line["wanted"], line["unit"], line["gap"], line["missing"]) == (
        5,
        "days",
        {"low": 3, "high": 3},
        {"low": 2, "high": 2},
    )
    assert "not verified" in line["note"]


def test_what_cannot_be_told_is_a_flag_that_asks() -> None:
    (example,) = (each for each in EXAMPLES if each["id"] == "the day of the last dose not recorded")
    answer = osc.assess(as_document(*chart(example)), today=TODAY).model_dump()
    (flag,) = (each for each in answer["flags"] if each["cites"] == ["sfro-2026"])
    assert (flag["applies"], flag["depends_on"]) == ("may", ["systemic_therapy.last_dose"])


@pytest.mark.parametrize("example", EXAMPLES, ids=IDS)
def test_every_line_has_words(example: dict[str, Any]) -> None:
    for each in told(example):
        text = line_of(each, pauses())
        assert (each.pause.drug or "drugs") in text
        assert "L1, 2025-05-" in text
        assert "inf" not in text


VALUES = {
    ("none", "none", "none"): "osimertinib gefitinib erlotinib nivolumab pembrolizumab atezolizumab durvalumab avelumab cemiplimab dostarlimab ipilimumab tremelimumab paclitaxel pemetrexed cisplatin carboplatin vinorelbine etoposide",
    ("5 days", "none", "none"): "afatinib",
    ("5 days", "5 days", "none"): "alectinib brigatinib ceritinib crizotinib lorlatinib",
    ("48 hours", "48 hours", "48 hours"): "sotorasib capmatinib trametinib binimetinib",
    ("5 days", "5 days", "5 days"): "adagrasib tepotinib selpercatinib nab-paclitaxel docetaxel",
    ("24 hours", "24 hours", "24 hours"): "larotrectinib",
    ("7 days", "7 days", "7 days"): "cobimetinib trastuzumab_deruxtecan",
    ("21 days", "none", "none"): "bevacizumab ramucirumab cabozantinib sunitinib",
    ("7 days", "none", "7 days"): "gemcitabine",
}  # fmt: skip


def test_the_values_are_those_that_were_read() -> None:
    wanted = {name.replace("_", " "): key for key, names in VALUES.items() for name in names.split()}
    found = {
        name: tuple("none" if not pause.amount else str(pause) for pause in drug.of.values())
        for name, drug in pauses().drugs.items()
    }
    assert found == wanted


def test_a_pack_replaces_a_drug_with_its_source(tmp_path: Path) -> None:
    (tmp_path / "studies").mkdir()
    (tmp_path / "release.yaml").write_text(
        'id: ours\ntitle: Ours\nversion: "1"\ndate: 2026-11-20\nrequires: {om_nsclc: "2026.11"}\n'
    )
    (tmp_path / "studies/ours.yaml").write_text("study: ours\ntitle: Ours\nreports: [{id: ours, citation: Ours}]\n")
    rules = ", ".join(f"{verdict}: {rule}" for verdict, rule in pauses().rules.items())
    (tmp_path / "pauses.yaml").write_text(
        f"name: drug-pause\nsource: ours\nlabel: ours\nstatus: design\nrules: {{{rules}}}\n"
        "drugs: {afatinib: {sabr: 9 days, intracranial: none, other: none}}\n"
    )
    found = load(tmp_path).pauses
    assert found is not None
    assert (found.drugs["afatinib"].source, found.drugs["afatinib"].of["sabr"].amount) == ("ours", 9)
    # The others keep theirs.
    assert found.drugs["alectinib"] == pauses().drugs["alectinib"]


def test_a_source_must_be_a_study(tmp_path: Path) -> None:
    (tmp_path / "release.yaml").write_text(
        'id: ours\ntitle: Ours\nversion: "1"\ndate: 2026-11-20\nrequires: {om_nsclc: "2026.11"}\n'
    )
    (tmp_path / "pauses.yaml").write_text(
        "name: drug-pause\nsource: nobody\nlabel: ours\nstatus: design\nrules: {}\n"
        "drugs: {afatinib: {sabr: 9 days, intracranial: none, other: none}}\n"
    )
    with pytest.raises(KnowledgeError, match=r"pauses\.yaml:2: there is no evidence nobody"):
        load(tmp_path)


@pytest.mark.parametrize("text", ["5", "five days", "0 days", "-1 days", "5 weeks", "1000 days"])
def test_a_pause_has_a_number_and_a_unit(text: str) -> None:
    raw = {"name": "x", "source": "x", "label": "x", "status": "seen", "rules": {}}
    with pytest.raises(ValueError, match="5 days"):
        RawPauses.model_validate({**raw, "drugs": {"x": {"sabr": text, "intracranial": "none", "other": "none"}}})


def test_every_drug_of_the_table_is_a_word_of_a_chart() -> None:
    assert set(pauses().drugs) == set(listed_labels("drugs.yaml"))
