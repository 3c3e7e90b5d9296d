"""What is done with a review in the background: imports and searches, their progress and what they brought, and one that
goes on after its server was killed.
"""

import html
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from oligoscope.api import literature
from oligoscope.store import Database
from oligoscope.store.jobs import REVIEW, Jobs
from oligoscope.store.models import JobRow, LogRow
from oligoscope.web import create_app
from oligoscope.web.review_work import ReviewWork
from oligoscope.web.settings import LOOPBACK, Settings
from oligoscope.web.worker import Worker
from tests.functional.test_literature import ris
from tests.functional.test_literature_screening import KNEES, LUNGS
from tests.support.databases import Article, Databases, articles, databases, trial
from tests.support.reviews import kept
from tests.support.reviews import ris as many

FILE = {"files": ("a.ris", ris(*KNEES, *LUNGS).encode())}


@pytest.fixture
def held() -> Iterator[Databases]:
    """Stand-ins of both databases."""
    with databases(articles=articles(30), trials={"NCT00000001": trial("NCT00000001")}, obliging=True) as found:
        yield found


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(database=f"sqlite:///{tmp_path / 'cases.sqlite'}", hosts=(*LOOPBACK, "testserver"))


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    """A server that works on what is put down."""
    with TestClient(create_app(settings), follow_redirects=False) as found:
        yield found


@pytest.fixture
def idle(settings: Settings) -> TestClient:
    """A server that works on nothing."""
    return TestClient(create_app(settings), follow_redirects=False)


def ended(client: TestClient, name: str = "r") -> str:
    """The page of what is done, once it is."""
    for _ in range(600):
        page: str = client.get(f"/review/{name}/progress").text
        if "hx-get" not in page:
            return html.unescape(page)
        time.sleep(0.1)
    raise AssertionError(page)


def log(settings: Settings) -> list[str]:
    with Database(str(settings.database)).reading() as session:
        return [row.detail for row in session.query(LogRow).order_by(LogRow.number) if row.what == "review"]


def test_a_review_begins_with_files_and_more_are_added_with_every_line_that_was_not_read(
    client: TestClient, settings: Settings, tmp_path: Path
) -> None:
    begun = client.post("/review", data={"name": "r", "database": "Made-up base"}, files=FILE)
    assert (begun.status_code, begun.headers["location"]) == (303, "/review/r/work")
    page = ended(client)
    assert "Done: importing files." in page
    assert "<b>12</b> records came in." in page
    assert "a.ris: 12 records, RIS, utf-8; Made-up base, round 1" in page
    assert LUNGS[0] in page
    odd = "".join(f"a line that is none {n}\n" for n in range(120))
    sent = {"files": ("b<i>.ris", (ris("Another lung", start=50) + ris(LUNGS[0], start=6) + odd).encode())}
    assert client.post("/review/r", data={"update": "1"}, files=sent).status_code == 303
    page = ended(client)
    assert "b_i_.ris: 2 records, RIS, utf-8; b_i_, round 2" in page
    assert "<b>2</b> records came in; <b>1</b> of them are one with another record." in page
    (address,) = re.findall(r'href="(/review/r/sources/\d+)"', page)
    lines = client.get(address).text.splitlines()
    assert [line.rpartition(" ")[2] for line in lines] == [str(n) for n in range(120)], "every line is named"
    assert client.get("/review/r/sources/99").status_code == 404
    assert client.post("/review/r", files=sent).status_code == 303
    page = ended(client)
    assert "imported before, so nothing was added" in page
    assert str(tmp_path) not in page
    whole = client.get("/review/r").text
    assert "a.ris: 12 records" in whole
    assert str(tmp_path) not in whole
    assert log(settings) == ["r: import a.ris", "r: import b_i_.ris", "r: import b_i_.ris"]
    assert len(list((tmp_path / "reviews-sent").glob("*/given/*"))) == 1, "what was sent before is not kept twice"


@pytest.mark.parametrize(
    "given, sent, said",
    [
        ({"name": "lungs"}, b"x", "there is a review of that name"),
        ({"name": "Lungs!"}, b"x", "small letters, digits and hyphens"),
        ({"name": "../../etc"}, b"x", "small letters, digits and hyphens"),
        ({"name": "new"}, b"", "none was sent"),
        ({"name": "new", "work": "simulate"}, b"x", "Allowed: import, search, update"),
        ({"name": "new", "work": "search", "until": "soon"}, b"x", "this is not a day"),
        ({"name": "new", "work": "update", "until": "soon"}, b"x", "this is not a day"),
        ({"name": "new", "work": "search", "source": "embase"}, b"x", "Allowed: pubmed, clinicaltrials"),
    ],
)
def test_what_cannot_be_begun_is_told_at_the_form(
    idle: TestClient, settings: Settings, tmp_path: Path, given: dict[str, str], sent: bytes, said: str
) -> None:
    settings.reviews().mkdir()
    (settings.reviews() / "lungs.db").touch()
    answer = idle.post("/review", data=given, files={"files": ("x.ris", sent)})
    assert (answer.status_code, said in answer.text) == (422, True)
    assert str(tmp_path) not in answer.text
    assert not list((tmp_path / "reviews-sent").glob("*/given/*"))
    assert Jobs(Database(str(settings.database)), kind=REVIEW).list() == []
    assert idle.get("/review/new/work").status_code == 404


def test_a_strategy_that_is_none_is_told_at_the_form(idle: TestClient, tmp_path: Path) -> None:
    sent = {"strategy": ("mine.yaml", b"- database: Embase\n  query: x\n")}
    answer = idle.post("/review", data={"name": "new", "work": "search"}, files=sent)
    assert (answer.status_code, "Embase" in answer.text, str(tmp_path) in answer.text) == (422, True, False)


def test_a_file_without_a_record_leaves_no_review(client: TestClient, settings: Settings, tmp_path: Path) -> None:
    sent = {"files": ("x.ris", b"%PDF-1.4 no records here")}
    assert client.post("/review", data={"name": "r"}, files=sent).status_code == 303
    page = ended(client)
    assert "It could not be done" in page
    assert "no record was read" in page
    assert str(tmp_path) not in page
    assert not list(settings.reviews().glob("r.db*"))
    assert '<a href="/review/r/work">r</a>, failed' in client.get("/review").text
    assert client.post("/review", data={"name": "r"}, files=FILE).status_code == 303, "it can be begun once more"
    assert "<b>12</b> records" in ended(client)


def test_a_second_while_one_runs_is_told_and_takes_nothing_away(
    idle: TestClient, settings: Settings, tmp_path: Path
) -> None:
    assert idle.post("/review", data={"name": "r"}, files=FILE).status_code == 303
    assert "Waiting to be begun" in idle.get("/review/r/work").text
    for address, given in (("/review", {"name": "r"}), ("/review", {"name": "r", "work": "search"})):
        again = idle.post(address, data=given, files={"files": ("b.ris", ris("Else").encode())})
        assert again.status_code == 422
        assert "r: it is waiting, for " in again.text
        assert "Wait until it is done" in again.text
    assert [path.name for path in (tmp_path / "reviews-sent").glob("*/given/*/*")] == ["a.ris"]
    with TestClient(create_app(settings)) as working:
        assert "a.ris: 12 records" in ended(working)


def test_progress_is_told_as_the_command_keeps_it(idle: TestClient, settings: Settings, tmp_path: Path) -> None:
    idle.post("/review", data={"name": "r"}, files=FILE)
    jobs = Jobs(Database(str(settings.database)), kind=REVIEW)
    job = jobs.claim("somebody")
    assert job
    jobs.say(job.id, "somebody", "importing files")
    assert "<progress aria-label" in idle.get("/review/r/progress").text
    literature_of = tmp_path / "progress.json"
    words = ["literature", "import", str(tmp_path / "m.ris"), "--store", str(tmp_path / "m.db")]
    (tmp_path / "m.ris").write_text(many(0, 50), "utf-8")
    command = [sys.executable, "-m", "oligoscope", *words, "--progress", str(literature_of)]
    subprocess.run(command, check=True, capture_output=True)
    assert '"says": "comparing records"' in literature_of.read_text("utf-8")
    (Path(job.folder) / "progress.json").write_text('{"says": "comparing records", "done": 20000, "of": 50000}')
    page = idle.get("/review/r/progress").text
    assert "Importing files: comparing records, 20,000 of 50,000." in page
    assert 'max="50000" value="20000"' in page
    assert "hx-get" in page


def test_a_search_and_what_came_since(
    settings: Settings, held: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NCBI_API_KEY", raising=False)
    asking = Settings(
        database=settings.database,
        hosts=settings.hosts,
        pubmed_url=held.pubmed_url,
        clinicaltrials_url=held.registry_url,
        per_second=1000,
    )
    with TestClient(create_app(asking), follow_redirects=False) as client:
        begun = client.post("/review", data={"name": "r", "work": "search", "source": "", "until": ""})
        assert (begun.status_code, begun.headers["location"]) == (303, "/review/r/work")
        page = ended(client)
        assert "Done: searching the databases." in page
        assert "<b>31</b> records came in" in page
        assert "PubMed until 2022-09-01: 30 found, 30 new" in page
        assert "ClinicalTrials.gov until 2022-09-01: 1 found, 1 new" in page
        assert held.articles["1000"].title in page
        before = kept(str(settings.reviews() / "r.db"))
        held.articles["9000"] = Article("9000", date(2015, 6, 1), "A made-up series that came late")
        held.trials["NCT00000001"] = trial("NCT00000001", status="COMPLETED", updated="2026-01-01")
        assert "Look for what is new" in client.get("/review/r").text
        assert client.post("/review/r", data={"work": "update"}).status_code == 303
        page = ended(client)
        assert "Done: looking for what is new." in page
        assert "<b>1</b> records came in" in page
        assert re.findall(r'href="/review/r/records/\d+">([^<]+)<', page) == ["A made-up series that came late"]
        assert "RECRUITING" in page
        assert "COMPLETED" in page
        assert len(kept(str(settings.reviews() / "r.db"))) > len(before)
        held.fault("down", "esearch", 99)
        assert client.post("/review/r", data={"work": "search", "until": "2016-01-01"}).status_code == 303
    assert log(settings) == ["r: search", "r: update", "r: search"]


def test_an_import_whose_server_was_killed_ends_with_the_next_as_if_nothing_had_been(
    settings: Settings, tmp_path: Path
) -> None:
    """The command outlives its server; whoever takes the job up waits for it, and does not work beside it."""
    first, second = (many(start, 4_000).encode() for start in (0, 3_000))
    (tmp_path / "one.ris").write_bytes(first)
    (tmp_path / "two.ris").write_bytes(second)
    literature.import_files([tmp_path / "one.ris", tmp_path / "two.ris"], store=tmp_path / "whole.db")
    code = (
        "import sys, os, time; from fastapi.testclient import TestClient; from oligoscope.web import create_app\n"
        "from oligoscope.web.settings import Settings, LOOPBACK\n"
        "app = create_app(Settings(database=sys.argv[1], hosts=(*LOOPBACK, 'testserver')))\n"
        "with TestClient(app, follow_redirects=False) as client:\n"
        "    files = [('files', (os.path.basename(p), open(p, 'rb').read())) for p in sys.argv[2:]]\n"
        "    assert client.post('/review', files=files, data={'name': 'r'}).status_code == 303\n"
        "    while 'reading two.ris' not in client.get('/review/r/progress').text: time.sleep(0.01)\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    words = [str(settings.database), str(tmp_path / "one.ris"), str(tmp_path / "two.ris")]
    killed = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True)
    assert killed.returncode == -9, killed.stderr
    database = Database(str(settings.database))
    (job,) = Jobs(database, kind=REVIEW).list()
    assert job.state == "running"
    with database.writing() as session:  # As if it had been silent for long.
        session.get_one(JobRow, job.id).beat = 0
    with TestClient(create_app(settings)) as client:
        page = ended(client)
        assert "Done: importing files." in page
        assert "one.ris: 4000 records" in page
        assert "two.ris: 4000 records" in page
        assert "<b>8000</b> records came in; <b>1000</b> of them are one with another record." in page
    rows = [
        [
            row
            for query in ("select content from record order by id", "select record, head from head order by record")
            for row in sqlite3.connect(path).execute(query)
        ]
        for path in (tmp_path / "whole.db", settings.reviews() / "r.db")
    ]
    assert rows[0] == rows[1]


def test_a_command_that_outlived_its_server_is_waited_for(settings: Settings, tmp_path: Path) -> None:
    from oligoscope.files.writing import lock, unlock

    jobs = Jobs(Database(str(settings.database)), kind=REVIEW)
    jobs.put("0" * 36, "r", tmp_path, "anna", lambda _: None, "r: import")
    held = lock(tmp_path)
    assert held is not None
    begun = []
    worker = Worker(jobs, lambda folder: begun.append(folder) or ())  # type: ignore[func-returns-value]
    worker.start()
    time.sleep(1.5)
    assert begun == [], "another works in that folder"
    unlock(held)
    for _ in range(100):
        if begun:
            break
        time.sleep(0.1)
    worker.stop()
    assert begun == [tmp_path]


def test_a_job_of_a_review_is_no_registry(idle: TestClient, settings: Settings) -> None:
    idle.post("/review", data={"name": "r"}, files=FILE)
    jobs = Jobs(Database(str(settings.database)), kind=REVIEW)
    job = ReviewWork(jobs, settings.reviews_sent()).job("r")
    assert job
    assert idle.get(f"/cohort/{job.id}").status_code == 404
    assert "a.ris" not in idle.get("/cohort").text
    assert Jobs(jobs.database).claim("a worker of registries") is None
