"""Screening and the flow of a review, from end to end: what is decided, what comes next, what is told of it."""

import io
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest

from oligoscope.api import literature
from oligoscope.cli.literature_screening import HELP
from oligoscope.cli.main import main
from oligoscope.errors import OligoscopeError
from tests.functional.test_literature import ris, run

LUNGS = [f"Ablation of lung metastases, series {word}" for word in ("alpha", "beta", "gamma", "delta", "eta", "iota")]
KNEES = [f"Cartilage of the knee, series {word}" for word in ("one", "two", "three", "four", "five", "six")]


@pytest.fixture
def review(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Knees come first: 1 to 6; lungs are 7 to 12."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.ris").write_text(ris(*KNEES, *LUNGS))
    literature.import_files("a.ris", store="r.db", database="Made-up base")
    return tmp_path


def keys(
    text: str, line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> dict[str, object]:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    return run(line, capsys)


def decided(*what: str, who: str = "jane", stage: str = "abstract", **more: str) -> None:
    for each in what:
        record, _, verdict = each.partition("=")
        literature.decide(int(record), verdict, store="r.db", who=who, stage=stage, **more)  # type: ignore[arg-type] # words only


def waiting(who: str = "jane", stage: str = "abstract") -> list[int]:
    return list(literature.waiting(store="r.db", who=who, stage=stage).waiting)


def test_records_are_decided_by_keys(
    review: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    line = "literature screen --store r.db --who jane"
    answer = keys("e a knee\nx\nm\ns\nb\ne\nq\n", line, monkeypatch, capsys)
    assert answer["verdicts"] == {"jane": {"exclude": 2, "maybe": 1}}
    log = sqlite3.connect("r.db").execute("select record, verdict, reason from decision order by id").fetchall()
    assert log == [(1, "exclude", "a knee"), (2, "maybe", ""), (3, "skip", ""), (3, "exclude", "")]


def test_a_key_that_means_nothing_is_answered_by_the_keys(
    review: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told: list[str] = []
    monkeypatch.setattr("oligoscope.cli.literature_screening.complain", told.append)
    keys("x\nq\n", "literature screen --store r.db --who jane", monkeypatch, capsys)
    assert told.count(HELP) == 2, "at the start, and after x"


def test_the_next_record_is_like_the_included_ones_and_skipped_ones_come_last(review: Path) -> None:
    assert waiting() == list(range(1, 13))
    decided("1=exclude", "7=include", "8=skip")
    order = waiting()
    assert order[:4] == sorted(order[:4])
    assert set(order[:4]) == {9, 10, 11, 12}
    assert order[-1] == 8


def test_new_records_keep_the_old_decisions_and_are_ranked_by_them(review: Path) -> None:
    decided("1=exclude", "2=exclude", "7=include", "8=include")
    (review / "b.ris").write_text(ris("Ablation of lung metastases, a new series", start=50))
    literature.import_files("b.ris", store="r.db", update=True)
    assert waiting()[0] in (9, 10, 11, 12, 13)
    assert 13 in waiting()[:5]
    assert {1, 2, 7, 8}.isdisjoint(waiting())


def test_two_readers_are_blind_to_each_other_and_their_conflicts_are_settled(
    review: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    decided("1=exclude", "2=exclude", "7=include", "8=include")
    assert waiting("bob") == list(range(1, 13))
    decided("1=exclude", "2=include", "7=include", "8=include", who="bob")
    told = run("literature screen --store r.db --progress", capsys)
    assert told["agreement"] == [{
        "one": "bob", "other": "jane", "both": 4, "agreed": 3, "kappa": 0.5, "conflicts": [2],
    }]  # fmt: skip
    assert told["settled"] == 3
    run("literature screen --store r.db --who ann --decide 2=exclude --settle", capsys)
    told = run("literature screen --store r.db --progress", capsys)
    assert told["settled"] == 4
    assert '"conflicts": []' in json.dumps(told["agreement"])


def test_recall_is_told_once_the_sample_is_read(review: Path, capsys: pytest.CaptureFixture[str]) -> None:
    decided("1=exclude", *(f"{key}=include" for key in range(7, 13)))
    drawn = literature.draw(3, store="r.db", seed=1, who="jane")
    assert set(drawn) <= {2, 3, 4, 5, 6}
    assert waiting()[:3] == list(drawn)
    recall = run("literature screen --store r.db --progress", capsys)["recall"]
    assert isinstance(recall, dict)
    assert (recall["open"], recall["low"]) == (3, None)
    decided(*(f"{key}=exclude" for key in drawn))
    recall = run("literature screen --store r.db --progress", capsys)["recall"]
    assert isinstance(recall, dict)
    # Two are unread. Had both been relevant, 3 drawn of 5 would miss them in one of ten: the interval lets them in.
    assert (recall["open"], recall["found"], recall["low"], recall["high"]) == (0, 6, 0.75, 1.0)
    assert recall["p_below"] == pytest.approx(0.4)  # One missed of five: 2 of 5 places for it.


def test_the_flow_counts_from_the_log_and_names_its_records(review: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (review / "b.ris").write_text(ris(LUNGS[0], start=6))
    literature.import_files("b.ris", store="r.db", database="Other base")
    decided(*(f"{key}=exclude" for key in range(1, 6)), *(f"{key}=include" for key in range(7, 12)))
    decided("7=include", stage="full_text")
    decided("8=exclude", "9=exclude", stage="full_text", reason="wrong population")
    decided("10=exclude", stage="full_text", reason="not retrieved")
    with pytest.raises(OligoscopeError, match="reason"):
        decided("11=exclude", stage="full_text")
    boxes = run("literature prisma --store r.db --svg flow.svg", capsys)["boxes"]
    assert isinstance(boxes, dict)
    assert {name: box["count"] for name, box in boxes.items()} == {
        "identified": 13, "duplicates": 1, "waiting": 2, "screened": 10, "excluded": 5, "sought": 5,
        "not_retrieved": 1, "text_waiting": 1, "assessed": 3, "text_excluded": 2, "included": 1,
    }  # fmt: skip
    assert boxes["identified"]["by"] == {
        "Made-up base (imported file)": list(range(1, 13)), "Other base (imported file)": [13],
    }  # fmt: skip
    assert boxes["text_excluded"]["by"] == {"wrong population": [8, 9]}
    drawing = ElementTree.parse("flow.svg").getroot()
    space = "{http://www.w3.org/2000/svg}"
    titles = {group.get("id"): group.findtext(f"{space}title") for group in drawing.iter(f"{space}g")}
    assert titles["included"] == "records 7"
    assert titles["text_excluded"] == "records 8, 9"
    capsys.readouterr()
    assert main("literature prisma --store r.db --box text_excluded".split()) == 0  # noqa: SIM905
    assert capsys.readouterr().out == f"8  {LUNGS[1]}\n9  {LUNGS[2]}\n"
    assert main("literature prisma --store r.db --box none".split()) == 2  # noqa: SIM905


def test_an_update_has_a_box_of_what_was_included_before(review: Path, capsys: pytest.CaptureFixture[str]) -> None:
    decided("7=include", "8=include")
    decided("7=include", stage="full_text")
    (review / "b.ris").write_text(ris(LUNGS[0], "A new one of its own", start=6))
    literature.import_files("b.ris", store="r.db", update=True)
    boxes = run("literature prisma --store r.db", capsys)["boxes"]
    assert isinstance(boxes, dict)
    counts = {name: box["records"] for name, box in boxes.items()}
    assert (counts["previous"], counts["identified"], counts["duplicates"]) == ([7], [13, 14], [13])
    assert counts["waiting"] == [14]
    assert json.dumps(counts["screened"]) == "[]"


def test_no_decision_is_lost_to_a_kill(review: Path) -> None:
    """Decisions are told on stdout only after they are kept: each that was told must be there."""
    program = (
        "import sys\nfrom oligoscope.api import literature\n"
        "for key in range(1, 13):\n"
        "    for verdict in ('include', 'exclude', 'maybe') * 20:\n"
        "        literature.decide(key, verdict, store='r.db', who='jane')\n"
        "        print(key, verdict, flush=True)\n"
    )
    chance = random.Random(2)
    told: list[tuple[int, str]] = []
    for _ in range(4):
        process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        first = process.stdout.readline()
        time.sleep(chance.uniform(0.02, 0.15))
        os.kill(process.pid, signal.SIGKILL)
        lines = [first, *process.stdout.read().splitlines()]
        told += [(int(line.split()[0]), line.split()[1]) for line in lines if len(line.split()) == 2]
        process.wait()
    log = sqlite3.connect("r.db").execute("select record, verdict from decision order by id").fetchall()
    left = iter(log)
    assert all(each in left for each in told), "a decision that was told is not in the log, or not in its order"
    assert len(told) >= 4
    assert len(log) - len(told) <= 4, "at most one a kill was kept and not told yet"


def test_criteria_are_shown_with_their_sentences_and_decide_nothing(
    review: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sentence = "Patients with up to 3 metastases of NSCLC were randomised to SABR to all sites"
    (review / "b.ris").write_text(ris("A trial").replace("About A trial", sentence))
    literature.import_files("b.ris", store="r.db")
    answer = run("literature criteria 13 1 --store r.db", capsys)
    found = {each["record"]: {one["id"]: one for one in each["criteria"]} for each in answer["records"]}  # type: ignore[attr-defined] # JSON
    assert {name: one["word"] for name, one in found[13].items() if one["word"] != "unknown"} == dict.fromkeys(
        ("nsclc", "metastatic", "fewer-than-10", "all-treated", "not-more-than-10", "design"), "met"
    )
    assert found[13]["fewer-than-10"]["sentences"] == [{"sentence": f"{sentence}.", "reads": [3]}]
    assert {one["word"] for one in found[1].values()} == {"unknown"}
    decided("13=skip")
    for key in range(2, 13):
        decided(f"{key}=exclude")
    monkeypatch.setattr(sys, "stdin", io.StringIO("s\nq\n"))
    assert main("literature screen --store r.db --who jane".split()) == 0  # noqa: SIM905
    shown = capsys.readouterr().err
    assert "  met: fewer than 10 metastatic lesions (the review" in shown
    assert f"      “{sentence}.”" in shown
    assert sqlite3.connect("r.db").execute("select count(*) from decision where record = 13").fetchone() == (1,)
    assert "metastatic lesions" not in literature.shown(13, 1, store="r.db", criteria="none")
    with pytest.raises(OligoscopeError, match="criteria"):
        literature.criteria(13, store="r.db", criteria="a.ris")
