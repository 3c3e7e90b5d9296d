"""A review of several people: what they planned, the records they all read first, and their stores made one."""

import io
import json
import shutil
import sqlite3
import sys
from pathlib import Path
from typing import Any

import pytest
from freezegun import freeze_time

from oligoscope.api import literature
from oligoscope.cli.main import main
from oligoscope.errors import OligoscopeError
from tests.functional.test_literature import ris, run
from tests.support.databases import articles, databases, trial

TITLES = [f"Series {word} of made-up patients" for word in "alpha beta gamma delta eta iota kappa mu".split()]  # noqa: SIM905


@pytest.fixture
def review(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Eight records, 1 to 8."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.ris").write_text(ris(*TITLES))
    literature.import_files("a.ris", store="r.db", database="Made-up base")
    return tmp_path


def decided(*what: str, who: str, store: str = "r.db", **more: Any) -> None:
    for each in what:
        record, _, verdict = each.partition("=")
        literature.decide(int(record), verdict, store=store, who=who, **more)


def dump(path: str) -> list[str]:
    return list(sqlite3.connect(path).iterdump())


# ---- protocol ------------------------------------------------------------------------------------


def test_a_changed_field_is_kept_with_its_day_and_its_reason(review: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with freeze_time("2026-01-05"):
        run("literature protocol --store r.db --set title=Lungs registration=PROSPERO:CRD1 date=2026-01-01", capsys)
    with pytest.raises(OligoscopeError, match="Lungs"):
        literature.protocol(store="r.db", values={"question": "Which?", "title": "Bones"})
    with freeze_time("2026-03-07"):
        values = {"title": "Bones", "registration": "PROSPERO:CRD1"}
        told = literature.protocol(store="r.db", values=values, who="jane", why="asked by the board").model_dump()
    assert {name: each["value"] for name, each in told["fields"].items()} == {
        "title": "Bones", "registration": "PROSPERO:CRD1", "date": "2026-01-01",
    }  # fmt: skip
    assert told["amendments"] == [{
        "field": "title", "before": "Lungs", "after": "Bones", "at": "2026-03-07T00:00:00+00:00", "who": "jane",
        "reason": "asked by the board",
    }]  # fmt: skip
    for wrong in ({"name": "x"}, {"date": "May"}, {"title": " "}):
        with pytest.raises(OligoscopeError):
            literature.protocol(store="r.db", values=wrong, why="for a test")
    assert literature.protocol(store="r.db").model_dump() == told


def test_the_protocol_stands_in_the_flow_and_in_every_export(review: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("literature protocol --store r.db --set title=Lungs registration=PROSPERO:CRD1", capsys)
    flow = run("literature prisma --store r.db --svg flow.svg", capsys)
    assert isinstance(flow["protocol"], dict)
    assert flow["protocol"]["fields"]["registration"]["value"] == "PROSPERO:CRD1"
    assert "<title>PRISMA 2020 flow, Lungs, PROSPERO:CRD1</title>" in Path("flow.svg").read_text()
    assert "  registration: PROSPERO:CRD1  (set 20" in str(literature.prisma(store="r.db"))
    for name, said in (("out.ris", "N1  - oligoscope: of Lungs, PROSPERO:CRD1"), ("out.csv", ",Lungs, PROSPERO:CRD1")):
        answer = run(f"literature export {name} --store r.db", capsys)
        assert answer["read_back"] == 8
        assert Path(name).read_text().replace('"', "").count(said) == 8


# ---- calibration ---------------------------------------------------------------------------------


def test_every_reader_calibrates_on_the_same_records_and_differences_are_told_when_all_are_done(
    review: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    decided("1=exclude", who="jane")  # Read before: it is in no round.
    line = "literature screen --store r.db --calibrate 4 --who"
    monkeypatch.setattr(sys, "stdin", io.StringIO("i\ni\ne too small\ne\n"))
    first = run(f"{line} jane", capsys)
    drawn = first["records"]
    assert isinstance(drawn, list)
    assert (len(set(drawn)), 1 in drawn, first["read"], first["finished"]) == (4, False, {"jane": 4}, False)
    decided(f"{drawn[0]}=include", f"{drawn[1]}=include", f"{drawn[2]}=include", who="bob", reason="large enough")
    half = run(f"{line} bob", capsys)
    assert [half[name] for name in ("records", "finished", "agreement", "disagreements")] == [drawn, False, [], []]
    assert run("literature screen --store r.db --progress", capsys)["agreement"] == []
    decided(f"{drawn[3]}=exclude", who="bob")
    whole = run(f"{line} bob", capsys)
    assert whole["finished"]
    assert whole["agreement"] == [
        {"one": "bob", "other": "jane", "both": 4, "agreed": 3, "kappa": 0.5, "conflicts": [drawn[2]]}
    ]
    assert whole["disagreements"] == [{
        "record": drawn[2], "settled": False, "said": [
            {"who": "bob", "verdict": "include", "reason": "large enough", "note": ""},
            {"who": "jane", "verdict": "exclude", "reason": "too small", "note": ""},
        ],
    }]  # fmt: skip
    decided(f"{drawn[2]}=include", who="ann", settles=True)
    again = literature.calibration(store="r.db").model_dump()
    assert [(each["record"], each["settled"]) for each in again["disagreements"]] == [(drawn[2], True)]
    # The round's decisions stand: nobody reads its records again, and the flow counts them.
    assert set(drawn).isdisjoint(literature.waiting(store="r.db", who="bob").waiting)
    boxes = literature.prisma(store="r.db").model_dump()["boxes"]
    assert set(drawn) <= set(boxes["screened"]["records"])


def test_a_round_comes_first_for_a_third_reader_and_is_drawn_once(review: Path) -> None:
    drawn = literature.calibrate(3, store="r.db")
    assert literature.calibrate(3, store="r.db") == drawn
    assert literature.waiting(store="r.db", who="zoe").waiting[:3] == drawn
    other = literature.calibrate(3, store="r.db", seed=2)
    assert other != drawn
    wrongs: list[dict[str, Any]] = [{"count": 4}, {"count": 3, "readers": 3}, {"count": 9, "seed": 3}]
    for wrong in (*wrongs, {"count": 3, "readers": 1}):
        with pytest.raises(OligoscopeError):
            literature.calibrate(**wrong, store="r.db")


# ---- two stores ----------------------------------------------------------------------------------


def test_two_stores_merge_with_sources_decisions_and_conflicts_and_again_add_nothing(
    review: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy("r.db", "b.db")
    (review / "b.ris").write_text("loose text\n" + ris(TITLES[7], "A new one", start=7))
    literature.import_files("b.ris", store="b.db", database="Other base")
    decided("1=include", "2=exclude", "8=include", who="jane")
    decided("1=include", "2=include", "10=include", who="bob", store="b.db", reason="fits", note="a note")
    literature.protocol(store="b.db", values={"title": "Lungs"})
    told = run("literature merge r.db b.db -o c.db", capsys)
    assert [told[name] for name in ("records", "distinct", "decisions", "unchanged")] == [10, 9, 6, False]
    assert told["stores"] == [
        {"path": "r.db", "records": 8, "known": 0, "decisions": 3, "known_decisions": 0, "runs": 0},
        {"path": "b.db", "records": 10, "known": 8, "decisions": 3, "known_decisions": 0, "runs": 0},
    ]
    progress = literature.progress(store="c.db").model_dump()
    assert progress["verdicts"] == {"jane": {"include": 2, "exclude": 1}, "bob": {"include": 3}}
    assert progress["agreement"][0]["conflicts"] == (2,)
    boxes = literature.prisma(store="c.db").model_dump()["boxes"]
    assert boxes["identified"]["by"]["Other base (imported file)"] == [9, 10]
    assert boxes["duplicates"]["records"] == [9]
    assert literature.protocol(store="c.db").model_dump()["fields"]["title"]["value"] == "Lungs"
    kept = sqlite3.connect("c.db").execute("select who, record, verdict, reason, note, at from decision").fetchall()
    sent = [
        row
        for name in ("r.db", "b.db")
        for row in sqlite3.connect(name).execute("select who, record, verdict, reason, note, at from decision")
    ]
    assert sorted(kept) == sorted(sent)
    assert sqlite3.connect("c.db").execute("select line, text from remark").fetchall() == [
        (1, "text between records, not read: loose text")
    ]
    # Once more, into the same file; and each of them again into the whole.
    before = dump("c.db")
    assert run("literature merge r.db b.db -o c.db", capsys)["unchanged"]
    for part in ("r.db", "b.db"):
        run(f"literature merge c.db {part} -o d.db", capsys)
        assert dump("d.db") == before
        Path("d.db").unlink()
    assert main("literature merge r.db c.db -o b.db".split()) == 2  # noqa: SIM905  # It says something else.
    assert main("literature merge r.db -o e.db".split()) == 2  # noqa: SIM905
    assert not list(review.glob("*.part*"))


def test_one_person_of_two_minds_is_refused_and_a_later_copy_is_not(review: Path) -> None:
    with freeze_time("2026-01-05"):
        decided("1=include", "3=maybe", who="jane")
    shutil.copy("r.db", "b.db")
    with freeze_time("2026-01-06"):
        decided("1=exclude", "3=include", who="jane", store="b.db")  # She thought again: b goes on where r ends.
    literature.merge(["r.db", "b.db"], output="c.db")
    assert literature.progress(store="c.db").model_dump()["verdicts"] == {"jane": {"exclude": 1, "include": 1}}
    with freeze_time("2026-01-07"):
        decided("3=exclude", who="jane")
    with pytest.raises(OligoscopeError) as refused:
        literature.merge(["r.db", "b.db"], output="d.db")
    said = str(refused.value)
    for words in (
        "record 3",
        "r.db: jane, exclude on 2026-01-07",
        "b.db: jane, include on 2026-01-06",
    ):
        assert words in said
    assert not Path("d.db").exists()


def test_two_minds_are_found_behind_a_duplicate_and_in_adjudications(review: Path) -> None:
    (review / "b.ris").write_text(ris(TITLES[0]))
    literature.import_files("b.ris", store="b.db")
    decided("1=include", who="jane")
    decided("1=exclude", who="jane", store="b.db")
    with pytest.raises(OligoscopeError, match="jane"):
        literature.merge(["r.db", "b.db"], output="c.db")
    decided("1=include", who="jane", store="b.db")
    decided("1=include", who="ann", settles=True)
    decided("1=exclude", who="zoe", store="b.db", settles=True)
    with pytest.raises(OligoscopeError, match=r"ann, include.*zoe, exclude"):
        literature.merge(["r.db", "b.db"], output="c.db")


def test_samples_and_rounds_stay_where_they_are_still_random(review: Path) -> None:
    literature.draw(3, store="r.db", seed=1, who="jane")
    drawn = literature.calibrate(2, store="r.db")
    shutil.copy("r.db", "b.db")
    decided("1=exclude", "2=include", who="bob", store="b.db")
    same = literature.merge(["r.db", "b.db"], output="c.db").model_dump()
    assert same["remarks"] == []
    assert literature.calibration(store="c.db").model_dump()["records"] == list(drawn)
    assert sqlite3.connect("c.db").execute("select who, unread from sample").fetchall() == [("jane", 8)]
    (review / "b.ris").write_text(ris("Another one", start=50))
    literature.import_files("b.ris", store="b.db")
    more = literature.merge(["r.db", "b.db"], output="d.db").model_dump()
    assert more["remarks"] == ["r.db: 1 random samples are left out, drawn before the other records came; draw anew"]


def test_runs_of_searches_and_versions_of_trials_come_with_their_stores(
    review: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    numbers = [f"NCT{place:08d}" for place in range(1, 4)]
    with databases(articles=articles(5), trials={number: trial(number) for number in numbers}) as held:
        where = " ".join(held.options)
        run(f"literature search --source pubmed --store p.db {where}", capsys)
        run(f"literature search --source clinicaltrials --store t.db {where}", capsys)
        told = run("literature merge p.db t.db -o c.db", capsys)
        assert (told["records"], told["runs"]) == (8, 2)
        queries = ("select count(*) from fetched", "select count(*) from version")
        assert [sqlite3.connect("c.db").execute(query).fetchone()[0] for query in queries] == [2, 3]
        # The new store is followed like one that searched both databases itself.
        held.trials[numbers[0]] = trial(numbers[0], status="COMPLETED", updated="2025-01-01")
        update = run(f"literature update --store c.db {where}", capsys, code=1)
    assert "NCT00000001" in json.dumps(update["changed"])


def test_a_store_of_an_earlier_version_gets_what_it_lacks(review: Path) -> None:
    decided("1=include", who="jane")
    database = sqlite3.connect("r.db")
    database.executescript("drop table protocol; drop table calibration; pragma user_version = 2;")
    database.close()
    literature.protocol(store="r.db", values={"title": "Lungs"})
    assert len(literature.calibrate(3, store="r.db")) == 3
    assert literature.progress(store="r.db").model_dump()["verdicts"] == {"jane": {"include": 1}}


def test_labels_that_came_with_a_file_of_both_stores_count_once(review: Path) -> None:
    (review / "labels.csv").write_text("title,abstract,label_included\nOne thing,about it,1\nAnother thing,of that,0\n")
    for name, moment in (("x.db", "2026-01-05"), ("y.db", "2026-02-05")):
        with freeze_time(moment):
            literature.import_files("labels.csv", store=name)
    with freeze_time("2026-03-05"):
        decided("2=include", who="bob", store="y.db")
    told = literature.merge(["x.db", "y.db"], output="z.db").model_dump()
    assert (told["decisions"], told["stores"][1]["known_decisions"]) == (3, 2)
    log = sqlite3.connect("z.db").execute("select who, record, verdict from decision order by id").fetchall()
    assert log == [("imported", 1, "include"), ("imported", 2, "exclude"), ("bob", 2, "include")]


def test_a_file_that_two_stores_read_otherwise_is_refused(review: Path) -> None:
    (review / "a.ris").write_bytes(ris("Ödem der Lunge").encode("cp1252"))
    for name, encoding in (("x.db", "cp1252"), ("y.db", "cp437")):
        literature.import_files("a.ris", store=name, encoding=encoding)
    with pytest.raises(OligoscopeError, match="read otherwise"):
        literature.merge(["x.db", "y.db"], output="z.db")
