"""Reviews in the browser: what is imported, screened, settled and told, by whom, and what nobody may see."""

import re
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from multiprocessing import active_children
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from oligoscope.api import literature
from oligoscope.errors import OligoscopeError
from oligoscope.store import Cases, Database
from oligoscope.store.accounts import Accounts
from oligoscope.store.models import LogRow
from oligoscope.web import create_app, sittings
from oligoscope.web.learning import Learner
from oligoscope.web.settings import LOOPBACK, Settings
from tests.functional.test_access import OURS, SECRET
from tests.functional.test_literature import ris
from tests.functional.test_literature_screening import KNEES, LUNGS

NAMES = {"vera": "viewer", "clara": "clinician", "claude": "clinician", "curt": "curator", "cora": "curator"}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    url = f"sqlite:///{tmp_path_factory.mktemp('reviews') / 'cases.sqlite'}"
    accounts = Accounts(Database(url))
    for name, role in NAMES.items():
        accounts.choose_password(name, accounts.add(name, role, "test"), SECRET)
    return Settings(database=url, hosts=(*LOOPBACK, "testserver"), accounts=True, over_tls=True)


@pytest.fixture(scope="module")
def signed_in(settings: Settings) -> dict[str, TestClient]:
    """A browser of each."""
    app = create_app(settings)
    found = {}
    for number, name in enumerate(NAMES):
        client = TestClient(
            app, base_url="https://testserver", client=(f"10.1.0.{number}", 1), follow_redirects=False, headers=OURS
        )
        assert client.post("/sign-in", data={"name": name, "secret": SECRET}).status_code == 303
        found[name] = client
    return found


@pytest.fixture
def people(signed_in: dict[str, TestClient], settings: Settings) -> dict[str, TestClient]:
    """Browsers of people; the review `lungs` is there anew: knees are records 1 to 6, lungs 7 to 12."""
    shutil.rmtree(settings.reviews(), ignore_errors=True)
    made(settings, "lungs")
    return signed_in


def made(settings: Settings, name: str) -> None:
    """A review that is there; `test_review_work` imports through the pages."""
    settings.reviews().mkdir(exist_ok=True)
    file = settings.reviews() / "a.ris"
    file.write_text(ris(*KNEES, *LUNGS), "utf-8")
    literature.import_files(file, store=settings.reviews() / f"{name}.db", database="Made-up base")
    file.unlink()


def store(settings: Settings) -> Path:
    return settings.reviews() / "lungs.db"


def shown(page: str) -> int:
    """The record that a page of screening shows."""
    found = re.search(r'name="record" value="(\d+)"', page)
    assert found, page[:500]
    return int(found[1])


def say(client: TestClient, record: int, verdict: str, name: str = "lungs", **more: str) -> tuple[int, str]:
    """Decide a record as a key does; the status, and the part of the page that comes back."""
    given = {"stage": "abstract", "record": str(record), "verdict": verdict, **more}
    answer = client.post(f"/review/{name}/screen", data=given, headers={"hx-request": "true"})
    return answer.status_code, answer.text


def test_a_decision_is_on_disk_before_the_next_record_is_shown_and_it_is_like_the_included_ones(
    people: dict[str, TestClient], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sittings, "PATIENCE", 60)
    clara = people["clara"]
    assert shown(clara.get("/review/lungs/screen").text) == 1
    status, page = say(clara, 1, "exclude", reason="a knee")
    assert (status, shown(page)) == (200, 2)
    log = (
        sqlite3.connect(store(settings)).execute("select who, stage, record, verdict, reason from decision").fetchall()
    )
    assert log == [("clara", "abstract", 1, "exclude", "a knee")]
    say(clara, 7, "include")
    _, page = say(clara, 8, "skip")
    assert shown(page) in (9, 10, 11, 12)
    assert "ranked by your decisions" in page
    assert literature.waiting(store=store(settings), who="clara").waiting[0] == shown(page)


def test_records_that_were_passed_over_come_last_and_back_shows_what_was_said(people: dict[str, TestClient]) -> None:
    clara = people["clara"]
    _, page = say(clara, 1, "maybe", reason="unsure")
    assert shown(page) == 2
    _, page = say(clara, 2, "exclude")
    _, page = say(clara, 3, "back")
    assert (shown(page), "You said <b>exclude</b>" in page) == (2, True)
    before = re.search(r'name="before" value="(\d+)"', page)
    assert before
    _, page = say(clara, 2, "back", before=before[1])
    assert (shown(page), "You said <b>maybe</b>: unsure" in page) == (1, True)
    for record in range(3, 13):
        _, page = say(clara, record, "exclude")
    assert (shown(page), "1 to read" in page) == (1, True)
    _, page = say(clara, 1, "exclude")
    assert "Nothing is left to read" in page


def test_nobody_sees_what_another_said_before_both_are_in(people: dict[str, TestClient]) -> None:
    clara, claude, curt = (people[name] for name in ("clara", "claude", "curt"))
    say(clara, 1, "exclude", reason="a secret reason")
    say(clara, 7, "include")
    pages = ["/review/lungs", "/review/lungs/screen", "/review/lungs/records/1"]
    for each in pages:
        assert "a secret reason" not in claude.get(each).text
    assert "a secret reason" not in curt.get("/review/lungs/conflicts").text
    for box, title in (("excluded", KNEES[0]), ("sought", LUNGS[0])):
        hidden = claude.get(f"/review/lungs/box/{box}").text
        assert title not in hidden
        assert "<b>1</b> not named" in hidden
        assert title in clara.get(f"/review/lungs/box/{box}").text
        assert title in people["vera"].get(f"/review/lungs/box/{box}").text, "a viewer screens nothing"
    # The drawing names no record: the records of a box are told by its page alone.
    assert "records 1" not in claude.get("/review/lungs").text
    say(claude, 1, "include")
    assert KNEES[0] in claude.get("/review/lungs/box/waiting?readers=2").text


def test_a_conflict_is_settled_once_both_are_in(people: dict[str, TestClient], settings: Settings) -> None:
    clara, claude, curt = (people[name] for name in ("clara", "claude", "curt"))
    say(clara, 1, "exclude", reason="wrong organ")
    early = curt.post("/review/lungs/conflicts", data={"stage": "abstract", "record": "1", "verdict": "include"})
    assert early.status_code == 422
    say(claude, 1, "include")
    page = curt.get("/review/lungs/conflicts").text
    assert "wrong organ" in page
    assert "<b>claude</b> include" in page
    wrong = curt.post("/review/lungs/conflicts", data={"stage": "abstract", "record": "1", "verdict": "maybe"})
    assert wrong.status_code == 422
    given = {"stage": "abstract", "record": "1", "verdict": "exclude", "reason": "a knee it is"}
    assert curt.post("/review/lungs/conflicts", data=given).status_code == 303
    assert "None." in curt.get("/review/lungs/conflicts").text
    flow = literature.prisma(store=store(settings), readers=2).found
    assert flow.boxes["excluded"].records == (1,)
    assert curt.post("/review/lungs/conflicts", data=given).status_code == 422, "it is settled"


def test_what_is_told_is_what_the_command_prints(people: dict[str, TestClient], settings: Settings) -> None:
    clara, vera = people["clara"], people["vera"]
    for record in (1, 2):
        say(clara, record, "exclude")
    say(clara, 7, "include")
    assert clara.post("/review/lungs/sample", data={"stage": "abstract", "count": "3", "seed": "1"}).status_code == 303
    drawn = []
    page = clara.get("/review/lungs/screen").text
    for _ in range(3):
        drawn.append(shown(page))
        _, page = say(clara, drawn[-1], "exclude")
    printed = str(literature.progress(store=store(settings)))
    assert "recall" in printed
    page = vera.get("/review/lungs").text
    assert printed.strip() in page
    flow = literature.prisma(store=store(settings)).found
    for name, box in flow.boxes.items():
        drawn = page.split(f'<a href="/review/lungs/box/{name}">')[-1].split("</a>")[0]
        assert f"{box.title} (n = {len(box.records)})" in drawn
        behind = vera.get(f"/review/lungs/box/{name}").text
        assert {int(key) for key in re.findall(r"/review/lungs/records/(\d+)", behind)} == set(box.records)
    assert people["vera"].get("/review/lungs/box/none").status_code == 404


def test_beside_a_record_stands_what_the_review_asks_with_the_sentence_that_speaks_of_it(
    people: dict[str, TestClient], settings: Settings
) -> None:
    clara = people["clara"]
    page = clara.get("/review/lungs/screen").text
    (read,) = literature.criteria(shown(page), store=store(settings)).found.records.values()
    assert not any(each.spoken for each in read[1])
    assert all(each.text in page for each in read[1])
    for record in range(1, 7):
        _, page = say(clara, record, "exclude")
    (read,) = literature.criteria(shown(page), store=store(settings)).found.records.values()
    said = [each for each in read[1] if each.spoken]
    assert said
    for each in said:
        assert f"<b>{each.word}</b>: {each.text}" in page
        assert all(f'<q class="soft">{one.sentence}</q>' in page for one in each.spoken)


def test_a_full_text_is_excluded_with_its_reason(people: dict[str, TestClient]) -> None:
    clara = people["clara"]
    assert "Nothing is left to read" in clara.get("/review/lungs/screen?stage=full_text").text
    say(clara, 7, "include")
    assert shown(clara.get("/review/lungs/screen?stage=full_text").text) == 7
    status, page = say(clara, 7, "exclude", stage="full_text")
    assert (status, shown(page)) == (422, 7)
    assert "why it is excluded" in page
    status, page = say(clara, 7, "exclude", stage="full_text", reason="not retrieved")
    assert (status, "Nothing is left to read" in page) == (200, True)


def test_roles(people: dict[str, TestClient]) -> None:
    statuses = {
        name: (
            client.get("/review/lungs").status_code,
            client.get("/review/lungs/screen").status_code,
            say(client, 1, "exclude")[0],
            client.post("/review/lungs", data={"work": "nothing"}).status_code,
            client.get("/review/lungs/work").status_code,
            client.get("/review/lungs/conflicts").status_code,
        )
        for name, client in people.items()
    }
    assert statuses == {
        "vera": (200, 403, 403, 403, 403, 403),
        "clara": (200, 200, 200, 403, 403, 403),
        "claude": (200, 200, 200, 403, 403, 403),
        "curt": (200, 200, 200, 422, 404, 200),
        "cora": (200, 200, 200, 422, 404, 200),
    }
    another = {"origin": "https://evil.example"}
    given = {"stage": "abstract", "record": "2", "verdict": "include"}
    assert people["clara"].post("/review/lungs/screen", data=given, headers=another).status_code == 403


def test_a_signed_in_person_extracts_under_the_own_name_alone(
    people: dict[str, TestClient], settings: Settings
) -> None:
    for stage in ("abstract", "full_text"):
        literature.decide(7, "include", store=store(settings), who="clara", stage=stage)
    curt, cora, clara = (people[name] for name in ("curt", "cora", "clara"))
    form = {"study": "lung-1", "title": "T", "reports.0.id": "lung-1", "~handed": "new", "~as": "one of two"}
    for client, population in ((curt, "a hidden word"), (cora, "another word")):
        assert "a hidden word" not in client.get("/review/lungs/extract/7?reader=curt").text
        sent = {**form, "population": population, "~reader": "somebody else"}
        assert client.post("/review/lungs/extract/7", data=sent).status_code == 303
    page = cora.get("/review/lungs/settle/7").text
    assert "cora and curt extracted it apart. They differ in 1 place." in page
    assert "<b>curt</b>: a hidden word" in page
    assert clara.get("/review/lungs/settle/7").status_code == 403
    assert clara.post("/review/lungs/settle/7", data={"population": "curt"}).status_code == 403


def test_the_log_tells_what_was_done_to_a_review(people: dict[str, TestClient], settings: Settings) -> None:
    people["clara"].post("/review/lungs/sample", data={"stage": "abstract", "count": "2", "seed": "7"})
    cases = Cases(Database(str(settings.database)))
    with cases.database.reading() as session:
        told = [(row.who, row.detail) for row in session.scalars(select(LogRow).where(LogRow.what == "review"))]
    assert told[-1] == ("clara", "lungs: draw 2, seed 7, abstract, for clara")
    assert cases.broken_line() is None


def test_a_reader_does_not_wait_for_the_order_to_be_learned(
    people: dict[str, TestClient], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Learning goes on for as long as we want here; the next record comes in the order that is there, and the new one once it is learned."""
    clara, asked = people["clara"], Learner._asked
    released = threading.Event()

    def slow(*where: Any) -> Any:
        released.wait(60)
        return asked(*where)

    made(settings, "slow")
    monkeypatch.setattr(Learner, "_asked", slow)
    began = time.perf_counter()
    assert shown(clara.get("/review/slow/screen").text) == 1
    _, page = say(clara, 1, "exclude", "slow")
    assert shown(page) == 2
    _, page = say(clara, 7, "include", "slow")
    assert (shown(page), "ranked by your decisions" in page) == (2, False)
    assert shown(clara.get("/review/slow/screen?stage=full_text").text) == 7, "full texts wait for nothing"
    assert time.perf_counter() - began < 60, "nobody let the learning go on"
    released.set()
    monkeypatch.setattr(sittings, "PATIENCE", 60)
    say(clara, 2, "exclude", "slow")
    _, page = say(clara, 3, "exclude", "slow")
    assert (shown(page) in range(8, 13), "ranked by your decisions" in page) == (True, True)


def test_a_process_that_learns_and_is_killed_is_followed_by_another(
    people: dict[str, TestClient], settings: Settings
) -> None:
    """And what is wrong with a review is raised as ever."""
    learner, (clara, file) = Learner(), (people["clara"], store(settings))
    say(clara, 1, "exclude")
    say(clara, 7, "include")
    found = learner.order(file, "clara", "abstract").result(60)
    assert (found.learned, found.waiting[0] in range(8, 13)) == (True, True)
    before = {each.pid for each in active_children() if each.name == "ranking"}
    assert learner.order(file, "clara", "abstract").result(60) == found
    assert {each.pid for each in active_children() if each.name == "ranking"} == before, "the same goes on"
    for each in active_children():
        if each.name == "ranking":
            each.kill()
            each.join()
    assert learner.order(file, "clara", "abstract").result(60) == found
    with pytest.raises(OligoscopeError, match="there is no such file"):
        learner.order(file.with_name("none.db"), "clara", "abstract").result(60)


def test_the_process_that_learns_ends_with_its_server(settings: Settings, people: dict[str, TestClient]) -> None:
    code = (
        "import os, sys; from pathlib import Path; from multiprocessing import active_children\n"
        "from oligoscope.web.learning import Learner\n"
        "Learner().order(Path(sys.argv[1]), 'clara', 'abstract').result(60)\n"
        "print(active_children()[0].pid, flush=True); os.kill(os.getpid(), 9)\n"
    )
    run = subprocess.run([sys.executable, "-c", code, str(store(settings))], capture_output=True, text=True)
    assert run.returncode == -9, run.stderr
    for _ in range(200):
        if (
            not Path(f"/proc/{run.stdout.strip()}/cmdline").exists()
            or not Path(f"/proc/{run.stdout.strip()}/cmdline").read_bytes()
        ):
            return
        time.sleep(0.1)
    raise AssertionError("it goes on alone")
