"""The database in trouble: PostgreSQL stopped in the middle and started again, and a disk that is full.

What was said to be saved is there, what was not is not there by half, who asks is told, and it goes on by itself.
"""

import resource
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from oligoscope.store import Cases, Database
from oligoscope.store.accounts import Accounts
from oligoscope.store.models import CaseRow, Identity, LogRow
from oligoscope.web import create_app
from oligoscope.web.settings import LOOPBACK, Settings
from tests.support.postgres import Server, started

CASE = {"patient": {"ecog": 1}}
A_PERSON = {"accept": "text/html,application/xhtml+xml"}
SECRET = "four words that rhyme"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    found = started()
    yield found
    found.remove()


@contextmanager
def serving(url: str, *, accounts: bool = False) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(database=url, hosts=(*LOOPBACK, "testserver"), accounts=accounts))) as client:
        yield client


def half_saved(url: str) -> list[str]:
    """Rows that do not belong together: a case without its name or line, a line without its case; a broken log."""
    database = Database(url)
    wrong = [] if Cases(database).broken_line() is None else ["the log does not hold"]
    with database.reading() as session:
        cases = {row.id for row in session.scalars(select(CaseRow))}
        names = session.scalar(select(func.count()).select_from(Identity))
        logged = set(session.scalars(select(LogRow.case_id).where(LogRow.what == "create")))
    database.close()
    wrong += [] if names == len(cases) else [f"{names} names of {len(cases)} cases"]
    return wrong + ([] if logged == cases else ["cases and lines of the log differ"])


def test_who_asks_while_the_database_is_gone_is_told_and_it_goes_on_by_itself(server: Server) -> None:
    url = server.database()
    with serving(url) as client:
        made = client.post("/api/v1/cases", json={"case": CASE, "pseudonym": "Before"}).json()
        server.stop()
        try:
            late = client.post("/api/v1/cases", json={"case": CASE, "pseudonym": "During"})
            assert (late.status_code, late.json()["title"]) == (503, "The database does not answer")
            assert late.headers["retry-after"]
            assert "see that it runs" in late.json()["problems"][0]["fix"]
            assert client.get(f"/api/v1/cases/{made['id']}").status_code == 503
            page = client.get("/board", headers=A_PERSON)
            assert (page.status_code, page.headers["content-type"]) == (503, "text/html; charset=utf-8")
            assert "<h1>The database does not answer</h1>" in page.text
            decided = client.post(f"/board/{made['id']}", data={"version": "1", "decision": "x"}, headers=A_PERSON)
            assert decided.status_code == 503
            assert "Nothing of what you sent was kept" in decided.text
            assert "Not saved" in client.post("/board", data={"patient.ecog": "1"}).text, "in the place of the button"
            assert client.post("/api/v1/assess", json=CASE).status_code == 200, "an answer needs no database"
        finally:
            server.start()
        assert client.get(f"/api/v1/cases/{made['id']}").json()["pseudonym"] == "Before"
        assert [each["pseudonym"] for each in client.get("/api/v1/cases").json()] == ["Before"]
        assert client.post(f"/api/v1/cases/{made['id']}/decision", json={"version": 1, "decision": "wait"}).is_success
    assert half_saved(url) == []


def test_nobody_is_turned_into_nobody_while_the_database_is_gone(server: Server) -> None:
    """Signing in says what is wrong, not that the password is; a session is there again afterwards."""
    url = server.database()
    accounts = Accounts(Database(url))
    accounts.choose_password("anna", accounts.add("anna", "admin", "test"), SECRET)
    accounts.database.close()
    entry = {"name": "anna", "secret": SECRET}
    with serving(url, accounts=True) as client:
        assert client.post("/sign-in", data=entry, follow_redirects=False).status_code == 303
        server.stop()
        try:
            for path in ("/board", "/"):
                page = client.get(path, headers=A_PERSON, follow_redirects=False)
                assert (page.status_code, "<h1>The database does not answer</h1>" in page.text) == (503, True)
            again = TestClient(client.app).post("/sign-in", data=entry, headers=A_PERSON)
            assert (again.status_code, "password" in again.text.split("<main")[1]) == (503, False)
        finally:
            server.start()
        assert client.get("/board", headers=A_PERSON, follow_redirects=False).status_code == 200


def test_what_was_acknowledged_while_it_was_stopped_is_there_once(server: Server) -> None:
    """Three save as fast as they can while the server is stopped and started twice; what failed is sent again."""
    url, acknowledged, statuses = server.database(), dict[str, str](), set[int]()
    with serving(url) as client:
        is_over = threading.Event()

        def saves(who: int) -> None:
            number = 0
            while not is_over.is_set():
                key, number = f"{who}-{number}", number + 1
                status = 0
                while status != 201 and not (is_over.is_set() and status):
                    body = {"case": CASE, "pseudonym": key}
                    answer = client.post("/api/v1/cases", json=body, headers={"idempotency-key": key})
                    status = answer.status_code
                    statuses.add(status)
                if status == 201:
                    acknowledged[key] = answer.json()["id"]

        threads = [threading.Thread(target=saves, args=(who,)) for who in range(3)]
        for each in threads:
            each.start()
        for stops in range(3):
            enough = len(acknowledged) + 5
            for _ in range(600):
                if len(acknowledged) >= enough:
                    break
                time.sleep(0.05)
            if stops < 2:
                server.stop()
                server.start()
        is_over.set()
        for each in threads:
            each.join()
        kept = client.get("/api/v1/cases").json()
    assert statuses == {201, 503}
    assert len(acknowledged) >= 15
    ids = {each["pseudonym"]: each["id"] for each in kept}
    assert len(ids) == len(kept), "none is there twice"
    assert ids.items() >= acknowledged.items()
    assert half_saved(url) == []


def test_a_full_disk_is_told_and_keeps_nothing_by_half(tmp_path: Path) -> None:
    """Files of this process may not grow beyond a little more: each write of SQLite then fails as on a full disk."""
    url, body = f"sqlite:///{tmp_path / 'cases.sqlite'}", {"case": {"lesions": [{"organ": "liver"}] * 1000}}
    with serving(url) as client:
        acknowledged = [client.post("/api/v1/cases", json=body).json()["id"]]
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        size = max(path.stat().st_size for path in tmp_path.iterdir())
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 300_000, hard))
        try:
            for _ in range(100):
                said = client.post("/api/v1/cases", json=body)
                if said.status_code != 201:
                    break
                acknowledged.append(said.json()["id"])
            assert (said.status_code, said.json()["title"]) == (503, "Nothing can be saved")
            assert "make room" in said.json()["problems"][0]["fix"]
            assert len(acknowledged) > 3
            resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
            page = client.get("/board", headers=A_PERSON)
            assert (page.status_code, "<h1>Nothing can be saved</h1>" in page.text) == (503, True)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        acknowledged.append(client.post("/api/v1/cases", json=body).json()["id"])
        assert {each["id"] for each in client.get("/api/v1/cases").json()} == set(acknowledged)
    assert half_saved(url) == []
