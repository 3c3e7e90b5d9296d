"""The evidence and trials commands as a user runs them."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from oligoscope.cli.main import main
from oligoscope.knowledge import load

ROOT = Path(__file__).parents[2]
MADE_UP = ROOT / "tests/made_up"


def run(*words: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    code = main(list(words))
    out, err = capsys.readouterr()
    return code, out, err


def data(*words: str, capsys: pytest.CaptureFixture[str]) -> Any:
    code, out, _ = run(*words, "--json", capsys=capsys)
    assert code == 0
    return json.loads(out)


def test_list_and_search_filter(capsys: pytest.CaptureFixture[str]) -> None:
    found = data(
        "evidence",
        "list",
        "--endpoint",
        "PFS",
        "--design",
        "randomised",
        "--from",
        "2023",
        "--population",
        "oligometastatic",
        capsys=capsys,
    )
    assert {"northstar", "nrg-lu002"} <= {s["study"] for s in found["studies"]}
    assert "gomez-lct" not in {s["study"] for s in found["studies"]}
    said = data("evidence", "search", "ashworth", capsys=capsys)
    assert "ashworth-2014" in {s["study"] for s in said["studies"]}
    assert "S139" in {s["id"] for s in said["statements"]}
    code, _, err = run("evidence", "list", "--from", "soon", capsys=capsys)
    assert (code, "--from soon" in err) == (2, True)


def test_show_prints_no_number_that_was_not_seen(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run("evidence", "show", "iyengar-sabr", capsys=capsys)
    assert code == 0
    assert "0.304" not in out
    assert "0.815" not in out
    shown = data("evidence", "show", "iyengar-sabr", capsys=capsys)
    assert all("value" not in r and "interval" not in r for r in shown["results"] if r["status"] != "seen")


def test_pool_writes_a_plot_and_takes_a_folder_of_studies(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy(MADE_UP / "steady.yaml", tmp_path)
    before = data("evidence", "pool", "--endpoint", "PFS", capsys=capsys)
    after = data(
        "evidence",
        "pool",
        "--endpoint",
        "PFS",
        "--evidence",
        str(tmp_path),
        "--plot",
        str(tmp_path / "forest.svg"),
        capsys=capsys,
    )
    assert after["pooled"]["k"] == before["pooled"]["k"] + 1
    assert "steady" in (tmp_path / "forest.svg").read_text()
    code, _, err = run("evidence", "pool", "--endpoint", "PFS", "--plot", str(tmp_path / "forest.gif"), capsys=capsys)
    assert (code, ".svg or .png" in err) == (2, True)
    text = run("evidence", "pool", "--endpoint", "PFS", "--as-of", "2022-09-01", capsys=capsys)[1]
    assert "2 trials with a verified effect" in text
    assert "northstar: not published by 2022-09-01" in text


def test_drift_page_holds_both_plots(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(
        "evidence",
        "drift",
        "--from",
        "2022-09-01",
        "--to",
        "2026-11-25",
        "--html",
        str(tmp_path / "drift.html"),
        capsys=capsys,
    )
    assert code == 0
    assert "PFS: 2 trials" in out
    page = (tmp_path / "drift.html").read_text()
    assert page.count("<svg") == 2
    assert "<h1>Local ablative therapy: what changed from 2022-09-01 to 2026-11-25</h1>" in page
    assert page.count("Not a medical device") == 1
    assert "http" not in page.split("<style>")[0]
    code, _, err = run("evidence", "drift", "--from", "2025-01-01", "--to", "2022-01-01", capsys=capsys)
    assert (code, "earlier day first" in err) == (2, True)


def test_audit_and_coverage(capsys: pytest.CaptureFixture[str]) -> None:
    found = data("evidence", "audit", capsys=capsys)
    assert {"centre", "versions", "twice", "review-value", "review-statement"} <= {
        alarm["check"] for alarm in found["alarms"]
    }
    assert all(check["formula"] and check["tolerates"] for check in found["checks"])
    one = data("evidence", "audit", "--study", "sabr-comet", capsys=capsys)
    assert one["alarms"] == []
    covered = data("evidence", "coverage", capsys=capsys)
    assert covered["statements"] == len(covered["matrix"]) == 238


def test_trials_for_one_case_and_for_a_registry(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = str(ROOT / "examples/complete.yaml")
    matches = data("trials", "match", case, capsys=capsys)["trials"]
    assert matches["collision"]["value"] == "NO"
    assert matches["sabr-comet"]["evidence"]["natural_frequencies"][0].startswith(
        "alive at 5 years: 42 of 100 with local ablative therapy, 18 of 100 without"
    )
    assert matches["stop"]["evidence"]["contrary"]
    text = run("trials", "match", case, capsys=capsys)[1]
    assert "Contrary trials" in text
    assert "may be outdated" in text
    code, _, err = run("trials", "show", "hallt", capsys=capsys)
    assert (code, "Did you mean halt" in err) == (2, True)
    (tmp_path / "flat.csv").write_text("patient_id,ecog,lesion1_organ\na,1,liver\nb,9,liver\n")
    code, _, err = run("trials", "match", str(tmp_path / "flat.csv"), "-o", str(tmp_path / "m.csv"), capsys=capsys)
    assert code == 1
    assert (tmp_path / "m.csv").read_text().splitlines()[1].startswith("a,")
    assert "ecog" in (tmp_path / "m-rejects.csv").read_text()
    code, _, err = run("trials", "match", str(tmp_path / "flat.csv"), capsys=capsys)
    assert (code, "give -o" in err) == (2, True)


def test_assess_shows_trials(capsys: pytest.CaptureFixture[str]) -> None:
    answer = data("assess", str(ROOT / "examples/complete.yaml"), capsys=capsys)
    assert answer["trials"]["stop-2"]["value"] == "POSSIBLE"
    text = run("assess", str(ROOT / "examples/complete.yaml"), "--detail", capsys=capsys)[1]
    assert "TRIALS: CONTRARY TRIALS" in text
    assert "of 100 with local ablative therapy" in text


def test_a_folder_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run("evidence", "list", "--evidence", "nowhere", capsys=capsys)
    assert (code, "--evidence nowhere" in err) == (2, True)


def test_no_record_shown_holds_a_number_that_was_recalled(capsys: pytest.CaptureFixture[str]) -> None:
    import re

    checked = 0
    for study in load().evidence.studies():
        values = {True: set[str](), False: set[str]()}
        for result in study.results:
            ends = [result.interval.low, result.interval.high] if result.interval else []
            if result.status != "review only":
                values[result.verified] |= {f"{v:g}" for v in (result.value, *ends) if isinstance(v, (int, float))}
        hidden = {v for v in values[False] - values[True] if len(v.replace(".", "")) > 2}
        if hidden:
            shown = run("evidence", "show", study.study, capsys=capsys)[1]
            found = [v for v in hidden if re.search(rf"(?<![\d.]){re.escape(v)}(?![\d.])", shown)]
            assert not found, (study.study, found)
            checked += len(hidden)
    assert checked > 20
