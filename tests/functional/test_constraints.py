"""`oligoscope dose constraints` and `osc.constraints`: sources side by side, and honest where there is none."""

import json
from pathlib import Path

import pytest

import oligoscope as osc
from oligoscope.cli.main import main

RELEASE = 'id: ours\ntitle: Ours\nversion: "1"\ndate: 2026-11-20\nrequires: {om_nsclc: "2026.11"}\n'
STUDY = "study: our-list\ntitle: Our list\nreports: [{id: our-list, citation: Our own list}]\n"
SOURCE = "source: our-list\nlabel: our list\nstatus: seen\nlimits:\n"


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["dose", "constraints", *words])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_the_json_has_every_source_side_by_side(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "--fractions", "4", "--organ", "spinal_cord", "--json")
    found = json.loads(out)
    assert (code, err) == (0, "")
    assert (found["schema"], found["fractions"], found["judged_by"], found["unavailable"]) == (1, 4, "nccn-2018", None)
    told = [(row["source"], row["metric"], row["limit"], row["unit"], row["kind"]) for row in found["limits"]]
    assert told == [("nccn-2018", "Dmax", 26, "Gy", "at_most"), ("sahgal-2019", "Dmax", 23, "Gy", "at_most")]
    assert [row["status"] for row in found["limits"]] == ["seen-secondary", "seen"]
    assert [(each["lowest"], each["highest"]) for each in found["differences"]] == [(23, 26)]


@pytest.mark.parametrize("fractions", ["7", "10", "15"])
def test_no_column_is_no_limit(capsys: pytest.CaptureFixture[str], fractions: str) -> None:
    code, out, _ = run(capsys, "--fractions", fractions)
    assert code == 0
    assert out.startswith(f"No limit is available in {fractions} fractions, and none is interpolated")
    _, out, _ = run(capsys, "--fractions", fractions, "--json")
    assert json.loads(out)["limits"] == []


def test_an_organ_without_this_column(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "--fractions", "2", "--organ", "oesophagus")
    assert out.startswith("No limit is available for oesophagus in 2 fractions, and none is interpolated; there are")


def test_what_is_not_verified_is_listed_without_its_number(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "--fractions", "1", "--organ", "liver", "--json")
    (row,) = json.loads(out)["limits"]
    assert (row["status"], row["limit"], row["metric"], row["judges"]) == ("unverified", None, None, False)
    assert "not verified" in row["says"]
    _, text, _ = run(capsys, "--fractions", "1", "--organ", "liver")
    assert "9.1" not in text


@pytest.mark.parametrize(
    ("words", "begins"),
    [
        (("--fractions", "0"), "fractions 0: no course"),
        (("--fractions", "-5"), "fractions -5: no course"),
        (("--fractions", "2.5"), "fractions 2.5: no course"),
        (("--fractions", "five"), "fractions five: it is not a number"),
        (("--fractions", "5", "--organ", "spinal cored"), "organ spinal cored: no limit is known of it"),
    ],
)
def test_what_is_refused(capsys: pytest.CaptureFixture[str], words: tuple[str, ...], begins: str) -> None:
    code, out, err = run(capsys, *words)
    assert (code, out) == (2, "")
    assert err.startswith(begins)


def test_an_organ_by_another_name() -> None:
    assert osc.constraints(5, "esophagus").found.limits == osc.constraints("5", "oesophagus").found.limits


def pack(folder: Path, limits: str, organs: str = "") -> Path:
    for name in ("limits", "studies"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "release.yaml").write_text(RELEASE)
    (folder / "studies/our-list.yaml").write_text(STUDY)
    (folder / "limits/our-list.yaml").write_text(SOURCE + limits)
    if organs:
        (folder / "limits.yaml").write_text(organs)
    return folder


def test_a_pack_adds_and_replaces_limits(tmp_path: Path) -> None:
    rows = (
        "  - {id: TG101-cord-max, organ: spinal_cord, metric: D0.035cc, at_most: {5: 28}}\n"
        "  - {id: OURS-thyroid, organ: thyroid, metric: Dmean, at_most: {5: 9}}\n"
    )
    ours = pack(tmp_path, rows, "organs: {thyroid: {label: thyroid}}\njudged_by: {5: our-list}\n")
    cord = osc.constraints(5, "spinal_cord", knowledge=ours).model_dump()
    by_id = {row["id"]: row for row in cord["limits"]}
    assert (by_id["TG101-cord-max"]["limit"], by_id["TG101-cord-max"]["pack"]) == (28, "ours")
    assert [row["id"] for row in cord["limits"] if row["judges"]] == ["TG101-cord-max"]
    assert by_id["TG101-cord-D0.35cc"]["judges"] is False
    # The row is replaced as a whole: three fractions are no longer limited by it.
    assert "TG101-cord-max" not in {r["id"] for r in osc.constraints(3, "cord", knowledge=ours).model_dump()["limits"]}
    assert osc.constraints(5, "thyroid", knowledge=ours).model_dump()["limits"][0]["limit"] == 9


@pytest.mark.parametrize(
    ("row", "line", "problem"),
    [
        ("  - {id: A, organ: tyroid, metric: Dmax, at_most: {5: 9}}\n", 5, "there is no organ tyroid"),
        ("  - {id: A, organ: liver, metric: D95, at_most: {5: 9}}\n", 5, "metric D95: "),
        ("  - {id: A, organ: liver, metric: Dmax, at_most: 9}\n", 5, "it does not say for how many fractions"),
        ("  - {id: A, organ: liver, metric: Dmax}\n", 5, "it has no limit"),
        ("  - {id: A, organ: liver, metric: Dmax, at_most: {5: -1}}\n", 5, "greater than 0"),
        ("  - {id: A, organ: liver, metric: Dmax, at_most: {2.5: 9}}\n", 5, "valid integer"),
        ("  - {id: A, organ: liver, metric: Dmax, at_most: {5: 9}, status: sure}\n", 5, "status sure is not known"),
        ("  - {id: A, organ: liver, metric: Dmax, at_most: {5: 9}, source: nobody}\n", 5, "no evidence nobody"),
        ("  - {id: A, organ: liver, metric: Dmax, at_most: {5: 9}, at_least: {5: 9}}\n", 5, "at_most and at_least"),
        ("  - {id: A, organ: liver, metric: {5: V5Gy}, at_most: {3: 9}}\n", 5, "different numbers of fractions"),
        ("  - {id: A, organ: liver, metric: Dmax, at_most: {5: 9}}\n" * 2, 6, "the id A is used twice"),
    ],
)
def test_a_mistake_is_named_with_file_and_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], row: str, line: int, problem: str
) -> None:
    assert main(["knowledge", "check", str(pack(tmp_path, row))]) == 1
    told = [text for text in capsys.readouterr().out.splitlines() if text.startswith(f"limits/our-list.yaml:{line}")]
    assert any(problem in text for text in told)


def test_who_judges_must_have_limits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    row = "  - {id: A, organ: liver, metric: Dmax, at_most: {5: 9}}\n"
    assert main(["knowledge", "check", str(pack(tmp_path, row, "judged_by: {5: someone}\n"))]) == 1
    assert capsys.readouterr().out.startswith("limits.yaml:1: no limit is of someone")
