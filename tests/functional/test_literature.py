"""The literature commands from end to end: what they print, and what is in the store after them."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

import oligoscope as osc
from oligoscope.cli.main import main
from oligoscope.errors import OligoscopeError

RECORD = """TY  - JOUR
TI  - {title}
AU  - Doe, Jane
PY  - 2024
DO  - {doi}
AB  - {abstract}
N1  - a note of a reader
ZZ  - a tag of another tool
ER  -
"""


def ris(*titles: str, start: int = 0) -> str:
    return "\n".join(
        RECORD.format(title=title, doi=f"10.1234/{start + i}", abstract=f"About {title}.")
        for i, title in enumerate(titles)
    )


def run(line: str, capsys: pytest.CaptureFixture[str], code: int = 0) -> dict[str, object]:
    capsys.readouterr()
    assert main([*line.split(), "--json"]) == code
    answer = json.loads(capsys.readouterr().out)
    assert isinstance(answer, dict)
    return answer


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "one.ris").write_text(ris("Alpha of lungs", "Beta of brains", "Gamma of bones"))
    (tmp_path / "two.ris").write_text("loose text\n" + ris("Gamma of bones", "Delta of livers", start=2))
    return tmp_path


def test_an_import_counts_merges_and_is_the_same_again(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = run("literature import one.ris two.ris --store r.db", capsys)
    assert [first[name] for name in ("read", "added", "merged", "linked", "refused")] == [5, 5, 1, 0, []]
    assert first["quirks"] == [{"file": "two.ris", "line": 1, "quirk": "text between records, not read: loose text"}]
    again = run("literature import one.ris two.ris --store r.db", capsys)
    assert [again[name] for name in ("read", "added")] == [5, 0]
    grouped = run("literature dedupe --store r.db", capsys)
    assert [grouped["records"], grouped["distinct"]] == [5, 4]
    assert grouped["groups"] == [{"ids": [3, 4], "reason": "the same DOI 10.1234/2"}]


def test_what_is_taken_apart_stays_so(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("literature import one.ris two.ris --store r.db", capsys)
    apart = run("literature dedupe --store r.db --apart 4 --who jane", capsys)
    assert (apart["groups"], apart["apart"]) == ([], [[3, 4]])
    assert run("literature dedupe --store r.db", capsys)["groups"] == []
    assert main(["literature", "dedupe", "--store", "r.db", "--apart", "4"]) == 2
    assert main(["literature", "dedupe", "--store", "r.db", "--apart", "1", "--who", "jane"]) == 2


def test_an_export_is_read_back_whole(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("literature import one.ris two.ris --store r.db", capsys)
    for name, every, count in (("out.ris", "", 4), ("out.csv", "--every", 5)):
        answer = run(f"literature export {name} --store r.db {every}", capsys)
        assert [answer["written"], answer["read_back"]] == [count, count]
    text = (place / "out.ris").read_text()
    assert text.count("ZZ  - a tag of another tool") == 4
    assert text.count("N1  - a note of a reader") == 4
    back = run("literature import out.csv --store again.db", capsys)
    assert [back["added"], back["merged"]] == [5, 1]


def test_what_cannot_be_read_is_refused_with_its_line(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "page.xml").write_text("<html>Bad gateway</html>")
    answer = run("literature import page.xml one.ris --store r.db", capsys, code=1)
    assert answer["added"] == 3
    assert answer["refused"] == [
        {
            "file": "page.xml",
            "line": 1,
            "reason": "a page of HTML, where records were expected: the search did not answer with its data",
        }
    ]
    for wrong in ("import none.ris --store r.db", "dedupe --store none.db", "export out.doc --store r.db"):
        assert main(f"literature {wrong}".split()) == 2
    (place / "other.db").write_text("no database of ours")
    with pytest.raises(OligoscopeError, match="this file is something else"):
        osc.literature.import_files("one.ris", store="other.db")


def test_a_store_of_another_program_is_left_alone(place: Path) -> None:
    database = sqlite3.connect("theirs.db")
    database.execute("create table t (x)")
    database.close()
    with pytest.raises(OligoscopeError, match="another program"):
        osc.literature.import_files("one.ris", store="theirs.db")


def test_an_import_that_is_killed_is_finished_by_the_next(place: Path) -> None:
    names = [f"Title {i} with words of its own {i * i}" for i in range(300)]
    files = []
    for i in range(6):
        files.append(place / f"part{i}.ris")
        files[-1].write_text(ris(*names[i * 40 : i * 40 + 80], start=i * 40))
    command = [sys.executable, "-m", "oligoscope", "literature", "import", *map(str, files), "--store"]
    subprocess.run([*command, "whole.db"], check=True, capture_output=True)
    chance = random.Random(1)
    for _ in range(5):
        process = subprocess.Popen([*command, "killed.db"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(0.15, 0.5))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    subprocess.run([*command, "killed.db"], check=True, capture_output=True)
    kept = "select path, line, title, doi, content from record join source on source.id = record.source"
    whole, killed = (
        sqlite3.connect(name).execute(f"{kept} order by record.id").fetchall() for name in ("whole.db", "killed.db")
    )
    assert len(whole) == 480
    assert whole == killed
    grouped = "select record, head from head order by record"
    assert (
        sqlite3.connect("whole.db").execute(grouped).fetchall()
        == sqlite3.connect("killed.db").execute(grouped).fetchall()
    )
