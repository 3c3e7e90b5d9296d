"""Packs of a hospital as a user gives them: --knowledge, --evidence, --release, knowledge check."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from oligoscope.cli.main import main
from oligoscope.knowledge.pack import PACKAGED

ROOT = Path(__file__).parents[2]
CASE = str(ROOT / "examples/complete.yaml")
HOSPITAL = str(ROOT / "examples/hospital_pack")


def run(*words: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    code = main(list(words))
    out, err = capsys.readouterr()
    return code, out, err


def data(*words: str, capsys: pytest.CaptureFixture[str], code: int = 0) -> Any:
    found, out, _ = run(*words, "--json", capsys=capsys)
    assert found == code
    return json.loads(out)


def child(tmp_path: Path) -> str:
    case = tmp_path / "child.yaml"
    case.write_text("patient: {age: 12}\nlesions: [{organ: liver, metastasis: true}]\n")
    return str(case)


def test_an_answer_says_whose_rule_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = data("assess", child(tmp_path), "--knowledge", HOSPITAL, capsys=capsys)
    decision = answer["decisions"]["lat-candidacy"]
    assert (decision["value"], decision["rule"], decision["pack"]) == ("NOT_COVERED", "STE-1", "st_elsewhere")
    assert [pack["id"] for pack in answer["packs"]] == ["om_nsclc", "st_elsewhere"]
    assert "table safety-flags: STE-BRAIN added; BRAIN_SCOPE retired" in answer["packs"][1]["changes"]
    text = run("assess", child(tmp_path), "--knowledge", HOSPITAL, capsys=capsys)[1]
    assert "a rule of St Elsewhere tumour board (made up), st_elsewhere 3" in " ".join(text.split())
    chain = run("explain", child(tmp_path), "lat-candidacy", "--knowledge", HOSPITAL, capsys=capsys)[1]
    assert "st-elsewhere-2025: Minutes of the tumour board" in chain


def test_our_own_rules_name_no_pack(capsys: pytest.CaptureFixture[str]) -> None:
    answer = data("assess", CASE, capsys=capsys)
    assert not any("pack" in decision for decision in answer["decisions"].values())
    assert "a rule of" not in run("assess", CASE, capsys=capsys)[1]


def test_the_page_says_what_a_layer_changed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.html"
    assert run("assess", CASE, "--knowledge", HOSPITAL, "--html", str(page), capsys=capsys)[0] == 0
    assert "table lat-candidacy: STE-1 added" in page.read_text()


def test_a_wrong_pack_stops_a_command_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(HOSPITAL, tmp_path / "pack")
    shutil.rmtree(tmp_path / "pack/studies")
    code, out, err = run("assess", CASE, "--knowledge", str(tmp_path / "pack"), capsys=capsys)
    assert (code, out) == (2, "")
    assert "tables/lat-candidacy.yaml:10 STE-1: cites: there is no evidence st-elsewhere-2025" in err
    found = data("knowledge", "check", str(tmp_path / "pack"), capsys=capsys, code=1)
    assert (found["ok"], found["examples"]) == (False, {"run": 0, "passed": 0})
    assert {"file", "line", "rule", "problem", "fix"} == set(found["problems"][0])
    studies = ["--evidence", str(ROOT / "examples/hospital_pack/studies")]
    found = data("knowledge", "check", str(tmp_path / "pack"), *studies, capsys=capsys)
    assert (found["ok"], found["examples"]) == (True, {"run": 5, "passed": 5})
    assert run("assess", CASE, "--knowledge", str(tmp_path / "pack"), *studies, capsys=capsys)[0] == 0
    code, _, err = run("knowledge", "check", str(tmp_path / "none"), capsys=capsys)
    assert (code, "no such folder" in err) == (2, True)


def test_a_study_that_nothing_cites_is_read_to_its_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(HOSPITAL, tmp_path / "pack")
    record = tmp_path / "pack/studies/made-up.yaml"
    result = "{id: r, report: made-up, endpoint: OS, measure: ratio, value: abc, status: sene}"
    record.write_text(f"study: made-up\ntitle: T\nreports: [{{id: made-up}}]\nresults:\n  - {result}\n", "utf-8")
    (tmp_path / "pack/studies/other.yaml").write_text("study: made-up\ntitle: T\nreports: [{id: made-up}]\n", "utf-8")
    problems = data("knowledge", "check", str(tmp_path / "pack"), capsys=capsys, code=1)["problems"]
    told = [(each["file"], each["line"], each["problem"].split(":")[0]) for each in problems]
    fields = [("studies/made-up.yaml", 5, f"results.0.{name}") for name in ("measure", "value", "status")]
    assert told == [*fields, ("studies/other.yaml", 0, "study")]


def test_a_rule_names_its_source_or_says_that_it_is_a_ruling(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(HOSPITAL, tmp_path / "pack")
    table = tmp_path / "pack/tables/lat-candidacy.yaml"
    sourced = table.read_text("utf-8")
    bare = sourced.replace("    cites: [st-elsewhere-2025]\n", "")
    table.write_text(bare, "utf-8")
    assert run("knowledge", "check", str(tmp_path / "pack"), capsys=capsys)[0] == 0
    table.write_text(bare.replace("    status: design\n", ""), "utf-8")
    (problem,) = data("knowledge", "check", str(tmp_path / "pack"), capsys=capsys, code=1)["problems"]
    assert (problem["rule"], problem["problem"]) == ("STE-1", "this rule names no source")
    assert "status: design" in problem["fix"]


def spoilt(pack: Path | str, target: Path, name: str, before: str, after: str) -> str:
    """A copy of a pack with other words in one file."""
    shutil.copytree(pack, target)
    text = (target / name).read_text("utf-8")
    assert before in text
    (target / name).write_text(text.replace(before, after, 1), "utf-8")
    return str(target)


def test_a_rule_says_how_well_its_source_was_seen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pack = spoilt(HOSPITAL, tmp_path / "pack", "tables/lat-candidacy.yaml", "    status: design\n", "")
    (problem,) = data("knowledge", "check", pack, capsys=capsys, code=1)["problems"]
    assert (problem["rule"], problem["file"], problem["line"]) == ("STE-1", "tables/lat-candidacy.yaml", 5)
    assert problem["problem"] == "this rule does not say how well its source was seen"
    assert "one of seen, seen-secondary, seed, design" in problem["fix"]


def test_a_file_that_is_no_yaml_is_told_alone_and_not_by_all_that_speak_of_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pack = spoilt(PACKAGED, tmp_path / "base", "tables/omd-timing.yaml", "inputs: [", "inputs: [[")
    (problem,) = data("knowledge", "check", pack, capsys=capsys, code=1)["problems"]
    assert problem["file"] == "tables/omd-timing.yaml"
    assert problem["line"] > 1


def test_where_a_table_cannot_be_read_its_links_are_not_told_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = "    then: NOT_COVERED\n", "    then: NOT_KOVERED\n"
    pack = spoilt(PACKAGED, tmp_path / "base", "tables/lat-candidacy.yaml", *words)
    problems = data("knowledge", "check", pack, capsys=capsys, code=1)["problems"]
    assert {problem["file"] for problem in problems} == {"tables/lat-candidacy.yaml"}
    assert "no worked examples were run" in run("knowledge", "check", pack, capsys=capsys)[1]


def test_a_case_under_an_older_release(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The older release has a narrower limit, and lacks a table."""
    shutil.copytree(PACKAGED, tmp_path / "old")
    for name, before, after in (
        ("release.yaml", '"2026.11"', '"2025.01"'),
        ("facts.yaml", "default: 5", "default: 3"),
    ):
        file = tmp_path / "old" / name
        file.write_text(file.read_text().replace(before, after, 1))
    (tmp_path / "old/tables/recist-response.yaml").unlink()
    case = tmp_path / "four.yaml"
    lesions = ", ".join("{organ: liver, metastasis: true}" for _ in range(4))
    case.write_text(f"lesions_complete: true\ndiffuse_disease: false\nlesions: [{lesions}]\n")
    answer = data("assess", str(case), "--release", str(tmp_path / "old"), capsys=capsys)["release"]
    changed = {change["table"]: (change["before"], change["after"]) for change in answer["changes"]}
    assert answer["knowledge"] == "2025.01"
    assert changed["omd-count-gate"] == ("TOO_MANY", "WITHIN")
    text = run("assess", str(case), "--release", str(tmp_path / "old"), capsys=capsys)[1]
    assert "UNDER 2025.01 AND UNDER 2026.11" in text
    assert "omd-count-gate: TOO_MANY → WITHIN" in text


def test_a_pack_without_one_of_our_tables_still_reports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The whole report without the flags, without the count of organs, and without any table of criteria."""
    shutil.copytree(PACKAGED, tmp_path / "lean")
    for name in ("safety-flags", "staging-work-up", "guideline-statements"):
        (tmp_path / f"lean/tables/{name}.yaml").unlink()
    terms = tmp_path / "lean/appraisal.yaml"
    terms.write_text(terms.read_text().replace(", guideline-statements", ""))
    for example in (tmp_path / "lean/examples").iterdir():
        example.unlink()
    lean = str(tmp_path / "lean")
    for words in (
        ("assess", CASE),
        ("explain", CASE, "omd-state"),
        ("assess", CASE, "--html", str(tmp_path / "p.html")),
    ):
        assert run(*words, "--knowledge", lean, capsys=capsys)[0] == 0
    answer = data("assess", CASE, "--knowledge", lean, capsys=capsys)
    assert answer["flags"] == []


def test_a_study_of_a_pack_is_pooled_and_searched(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(HOSPITAL, tmp_path / "pack")
    shutil.copy(ROOT / "tests/made_up/steady.yaml", tmp_path / "pack/studies")
    before = data("evidence", "pool", "--endpoint", "PFS", capsys=capsys)
    after = data("evidence", "pool", "--endpoint", "PFS", "--knowledge", str(tmp_path / "pack"), capsys=capsys)
    assert after["pooled"]["k"] == before["pooled"]["k"] + 1


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.yml", b"study: a\n", "a study is a .yaml file; name it a.yaml"),
        ("latin.yaml", "title: Müller\n".encode("latin-1"), "latin.yaml:1: this is not UTF-8"),
        ("deep.yaml", b"x: " + b"[" * 3000, "more than 40 levels"),
        ("bomb.yaml", b"a: &a [x]\nb: [*a, *a]\n", "an alias"),
        ("twice.yaml", b"study: twice\nstudy: twice\n", "the key study is written twice"),
        ("day.yaml", b"study: day\ntitle: t\nreports: [{id: r, published: 2020-99-99}]\n", "no day 2020-99-99"),
        ("ids.yaml", b"study: ids\ntitle: t\nreports: [{id: r}, {id: r}]\n", "reports.r: this id is used twice"),
        ("arms.yaml", b"study: arms\ntitle: t\nreports: [{id: r}]\narms: [{id: a}, {id: a}]\n", "arms.a: this id"),
    ],
)
def test_a_file_of_studies_that_cannot_be_used_is_named(
    name: str, content: bytes, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_bytes(content)
    code, _, err = run("evidence", "list", "--evidence", str(tmp_path), capsys=capsys)
    assert (code, said in err, err.count("\n")) == (2, True, 1), err


def test_a_folder_among_studies_is_named_and_hidden_files_are_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "._mac.yaml").write_bytes(b"\xff\xfe")
    (tmp_path / "README.md").write_text("notes")
    assert run("evidence", "list", "--evidence", str(tmp_path), capsys=capsys)[0] == 0
    (tmp_path / "d.yaml").mkdir()
    code, _, err = run("evidence", "list", "--evidence", str(tmp_path), capsys=capsys)
    assert (code, "move its files up" in err) == (2, True)
