"""Studies as records: what one says when it says little, what is refused, and how folders and reviews add up."""

import json
from pathlib import Path
from typing import Any

import pytest

from oligoscope.evidence.errors import EvidenceError
from oligoscope.evidence.model import Publication, Result, Study
from oligoscope.evidence.store import Store, read_study, study_files
from oligoscope.evidence.wording import number_text

RESULT = {"id": "os", "report": "r", "endpoint": "OS", "measure": "median", "value": 10.0, "status": "seen"}


def content(**more: Any) -> dict[str, Any]:
    return {"study": "made-up", "title": "Made up", "reports": [{"id": "r", "published": "2020"}], **more}


def read(**more: Any) -> Study:
    return read_study(json.dumps(content(**more)), "made-up.yaml")


def result(**more: Any) -> Result:
    return Result.model_validate({**RESULT, **more})


def saved(folder: Path, name: str, entry: Any) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(json.dumps(entry))
    return folder


# ---- what a study says that says little ----------------------------------------------------------


def test_a_study_that_says_nothing_of_itself_claims_nothing() -> None:
    """Not randomised, not stopped early, no concern, not contrary, not named by the review."""
    study = read(results=[RESULT])
    claims = (study.randomised, study.stopped_early, study.concern, study.contrary, study.in_review)
    assert not any(claims)
    assert (study.relevance, study.pair, study.n) == ("core", None, None)
    assert not study.results[0].recalled
    assert study.results[0].turn == 1


def test_a_ratio_of_control_over_experimental_is_turned() -> None:
    assert result(measure="hazard_ratio", direction="control over experimental").turn == -1


@pytest.mark.parametrize(
    ("published", "earliest", "latest"),
    [
        ("2016-10-24", "2016-10-24", "2016-10-24"),
        ("2016-10", "2016-10-01", "2016-10-31"),
        ("2016", "2016-01-01", "2016-12-31"),
        (None, "9999-12-31", "9999-12-31"),
    ],
)
def test_a_report_is_as_old_as_its_date_allows(published: str | None, earliest: str, latest: str) -> None:
    report = Publication(id="r", published=published)
    assert (report.earliest, report.latest) == (earliest, latest)


def test_a_study_is_as_old_as_its_first_report() -> None:
    reports = [{"id": "b", "published": "2021-03"}, {"id": "a", "published": "2019"}, {"id": "c"}]
    assert read(reports=reports).published == "2019-01-01"


def test_a_study_is_cited_by_its_first_report_or_by_its_title() -> None:
    assert (
        read(reports=[{"id": "r", "citation": "Nobody 2020"}, {"id": "s", "citation": "Later"}]).citation
        == "Nobody 2020"
    )
    assert read().citation == "Made up (2020)"
    assert read(reports=[{"id": "r"}]).citation == "Made up (undated)"


def test_a_pair_is_one_experimental_arm_and_one_control_whatever_their_order() -> None:
    arms = [{"id": "b", "role": "control"}, {"id": "a", "role": "experimental"}]
    pair = read(arms=arms).pair
    assert pair is not None
    assert [arm.id for arm in pair] == ["a", "b"]
    for others in (arms[:1], [*arms, {"id": "c"}], [*arms, {"id": "c", "role": "control"}], [arms[0], {"id": "c"}]):
        assert read(arms=others).pair is None


@pytest.mark.parametrize(("value", "number"), [(10.5, 10.5), (10, 10.0), (None, None)])
def test_what_is_printed_is_a_number_or_nothing(value: Any, number: float | None) -> None:
    printed = result(value=value)
    assert printed.is_numeric == (number is not None)
    if number is None:
        with pytest.raises(TypeError, match="os has no number"):
            _ = printed.number
    else:
        assert printed.number == number


def test_a_result_of_all_patients_is_told_from_one_of_a_subgroup() -> None:
    assert all(result(population=name).whole_population for name in (None, "all", "all randomised"))
    assert not result(population="EGFR mutated").whole_population


@pytest.mark.parametrize("status", ["review only", "unverified"])
def test_only_what_was_read_at_its_source_is_verified_and_shown(status: str) -> None:
    assert result().verified
    assert not result(status=status).verified
    assert "10" not in number_text(result(status=status, value=10.0, arm="x"))


# ---- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "because"),
    [
        ({"study": "other"}, "made-up.yaml study: other must be the name of its file; name the file other.yaml"),
        ({"reports": [{"id": "r"}, {"id": "r"}]}, r"reports\.r: this id is used twice"),
        ({"arms": [{"id": "a"}, {"id": "b"}, {"id": "a"}]}, r"arms\.a: this id is used twice"),
        ({"results": [RESULT, RESULT]}, r"results\.os: this id is used twice"),
        ({"results": [{**RESULT, "report": "s"}]}, r"results\.os\.report: s is not a report of this study; allowed: r"),
        ({"results": [{**RESULT, "interval": {"low": 9, "high": 8}}]}, r"os\.interval: 9 to 8 is the wrong way round"),
        ({"results": [{**RESULT, "quartiles": {"low": 9, "high": 8}}]}, r"os\.quartiles: 9 to 8 is the wrong way"),
        ({"results": [{**RESULT, "measure": "hazard_ratio", "value": 0}]}, r"os\.value: 0.* is not a ratio"),
        ({"results": [{**RESULT, "measure": "odds_ratio", "value": -0.5}]}, r"os\.value: -0.5 is not a ratio"),
        (
            {"results": [{**RESULT, "measure": "hazard_ratio", "value": "low"}]},
            r"results\.0\.value: .*valid number \(given: 'low'\)",
        ),
        ({"results": [{**RESULT, "value": True}]}, r"results\.0\.value: .*valid number \(given: True\)"),
        ({"results": [{**RESULT, "measure": "hazard_ratio", "value": None}]}, r"os\.value: None is not a ratio"),
        ({"arms": [{"id": "a", "n": 0}]}, r"arms\.0\.n: .*greater than 0 \(given: 0\)"),
        ({"results": [{**RESULT, "events": 0}]}, r"results\.0\.events: .*greater than 0"),
        ({"results": [{**RESULT, "p": {"value": 1.1}}]}, r"p\.value: .*less than or equal to 1"),
        ({"results": [{**RESULT, "interval": {"low": 1, "level": 1}}]}, r"level: .*less than or equal to 0\.9999"),
        ({"results": [{**RESULT, "interval": {"low": 1, "level": 0}}]}, r"level: .*greater than or equal to 0\.5"),
        ({"reports": []}, "reports: .*at least 1 item"),
        ({"colour": "red"}, "made-up.yaml:1 colour: Extra inputs are not permitted"),
    ],
)
def test_a_record_that_cannot_be_right_is_refused(more: dict[str, Any], because: str) -> None:
    with pytest.raises(EvidenceError, match=because):
        read(**more)


def test_ends_that_meet_and_an_end_that_is_missing_are_right() -> None:
    for ends in ({"low": 8, "high": 8}, {"low": 8}, {"high": 8}):
        assert read(results=[{**RESULT, "interval": ends, "quartiles": ends}]).results[0].interval is not None


def test_every_wrong_field_is_told_with_its_line_and_a_long_value_by_its_beginning() -> None:
    text = f"study: made-up\ntitle: [{'x' * 200}]\nreports: [{{id: r}}]\nn: many\n"
    with pytest.raises(EvidenceError) as refused:
        read_study(text, "made-up.yaml")
    first, second = str(refused.value).splitlines()
    assert first.startswith("made-up.yaml:2 title: ")
    assert first.endswith(f"(given: ['{'x' * 55}…)")
    assert second.startswith("made-up.yaml:4 n: ")
    assert second.endswith("(given: 'many')")


def test_what_would_be_passed_over_in_a_folder_is_refused(tmp_path: Path) -> None:
    for name in (".hidden.yaml", "notes.txt", "b.yaml", "a.yaml"):
        (tmp_path / name).write_text("")
    assert [file.name for file in study_files(tmp_path)] == ["a.yaml", "b.yaml"]
    (tmp_path / "c.yml").write_text("")
    with pytest.raises(EvidenceError, match=r"name it c\.yaml"):
        study_files(tmp_path)
    (tmp_path / "c.yml").unlink()
    (tmp_path / "more").mkdir()
    with pytest.raises(EvidenceError, match="move its files up"):
        study_files(tmp_path)
    with pytest.raises(EvidenceError, match="there is no such folder; give one with a YAML file per study"):
        study_files(tmp_path / "nowhere")


# ---- folders, reviews and terms ------------------------------------------------------------------


def test_of_two_studies_of_one_name_the_later_folder_s_counts(tmp_path: Path) -> None:
    ours = saved(tmp_path / "ours", "made-up.yaml", content())
    saved(ours, "another.yaml", content(study="another"))
    theirs = saved(tmp_path / "theirs", "made-up.yaml", content(title="Made up again", results=[RESULT]))
    store = Store([ours, theirs])
    assert store.ids == ("another", "made-up")
    assert [study.title for study in store.studies()] == ["Made up", "Made up again"]
    assert store.resolve("made-up/os")[1].value == 10.0
    for name, near in (("made-upp", "made-up"), ("made-up/oss", "made-up/os")):
        with pytest.raises(EvidenceError, match=rf"there is no evidence {name} \(did you mean {near}\?\)"):
            store.resolve(name) if "/" in name else store.study(name)


def test_a_study_that_cannot_be_read_stops_nobody_who_asks_for_another(tmp_path: Path) -> None:
    folder = saved(tmp_path / "studies", "made-up.yaml", content())
    (folder / "torn.yaml").write_text("study: [")
    store = Store([folder])
    assert store.study("made-up").title == "Made up"
    with pytest.raises(EvidenceError, match=r"torn\.yaml"):
        store.study("torn")


def test_a_later_file_of_terms_takes_the_place_of_single_keys(tmp_path: Path) -> None:
    saved(tmp_path, "a.yaml", {"treatment": "surgery", "settings": ["early", "late"]})
    saved(tmp_path, "b.yaml", {"treatment": "radiotherapy"})
    terms = Store([], terms=[tmp_path / "a.yaml", tmp_path / "b.yaml"]).terms
    assert (terms.treatment, terms.settings, terms.usual) == ("radiotherapy", ["early", "late"], "early")
    assert Store([]).terms.usual == "any"


def test_terms_and_reviews_that_cannot_be_read_name_file_and_field(tmp_path: Path) -> None:
    saved(tmp_path, "terms.yaml", {"settings": "late"})
    with pytest.raises(EvidenceError, match=r"terms\.yaml settings: .*list"):
        _ = Store([], terms=[tmp_path / "terms.yaml"]).terms
    saved(tmp_path, "discrepancies.yaml", [{"id": "D1", "weight": "Z", "text": "so"}])
    with pytest.raises(EvidenceError, match=r"discrepancies\.yaml 0\.weight: .*'A'"):
        _ = Store([], reviews=[tmp_path]).discrepancies


def test_reviews_are_read_one_after_the_other_and_each_part_may_be_missing(tmp_path: Path) -> None:
    entry = {"section": "1", "quote": "so", "kind": "number", "topic": "survival", "flag": "agrees"}
    first = saved(tmp_path / "first", "statements.yaml", [{"id": "S1", **entry}])
    second = saved(tmp_path / "second", "statements.yaml", [{"id": "S2", **entry}])
    saved(second, "references.yaml", [{"ref": 7, "status": "seen"}])
    store = Store([], [first, second])
    assert [statement.id for statement in store.statements] == ["S1", "S2"]
    assert [reference.ref for reference in store.references] == [7]
    assert store.discrepancies == ()
