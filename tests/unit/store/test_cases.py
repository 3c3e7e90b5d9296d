"""Saved cases: nothing lost, nothing overwritten, and a log that cannot be changed unseen; on SQLite and PostgreSQL."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from oligoscope.store import Cases, Changed, Database, NotKept
from oligoscope.store.database import Unavailable
from tests.support.postgres import postgres

CASE = {"patient": {"ecog": "1"}}


@pytest.fixture(params=["sqlite", "postgresql"])
def cases(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Cases]:
    url = f"sqlite:///{tmp_path / 'cases.sqlite'}" if request.param == "sqlite" else postgres()
    database = Database(url)
    yield Cases(database)
    database.close()


def test_a_case_is_read_as_it_was_saved(cases: Cases) -> None:
    made = cases.create(CASE, "Patient A", "anna")
    kept = cases.read(made.id, "bert")
    assert kept.document == CASE
    assert (kept.summary.pseudonym, kept.summary.version, kept.summary.status) == ("Patient A", 1, "open")
    saved = cases.save(made.id, 1, "anna", document={"patient": {"ecog": "2"}}, status="discussed")
    assert saved.version == 2
    assert cases.read(made.id, "bert").document == {"patient": {"ecog": "2"}}
    assert [each.id for each in cases.list("x")][:1] == [made.id]


def test_who_saves_over_another_is_told_and_nothing_is_overwritten(cases: Cases) -> None:
    made = cases.create(CASE, "A", "anna")
    cases.save(made.id, 1, "anna", document={"patient": {"ecog": "2"}})
    with pytest.raises(Changed, match="version 2 by now"):
        cases.save(made.id, 1, "bert", document={"patient": {"ecog": "3"}})
    assert cases.read(made.id, "x").document == {"patient": {"ecog": "2"}}
    with pytest.raises(NotKept):
        cases.read("no such case", "x")


def test_of_many_who_save_at_once_one_is_kept_and_the_others_are_told(cases: Cases) -> None:
    """Two at the same moment, thirty times: a save and a decision on the same version never both hold."""
    for number in range(30):
        made, both = cases.create(CASE, "A", "anna"), threading.Barrier(2)
        outcomes: list[str] = []

        def saves(case_id: str = made.id, both: threading.Barrier = both, outcomes: list[str] = outcomes) -> None:
            both.wait()
            try:
                cases.save(case_id, 1, "anna", document={"patient": {"ecog": "2"}})
                outcomes.append("saved")
            except Changed:
                outcomes.append("told")

        def decides(case_id: str = made.id, both: threading.Barrier = both, outcomes: list[str] = outcomes) -> None:
            both.wait()
            try:
                cases.decide(case_id, 1, "bert", "board", "wait", "", "2026.11", {})
                outcomes.append("decided")
            except Changed:
                outcomes.append("told")

        threads = [threading.Thread(target=saves), threading.Thread(target=decides)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        kept = cases.read(made.id, "x")
        assert outcomes.count("told") == 1, (number, outcomes)
        assert kept.summary.version == 2
        assert len(kept.decisions) == outcomes.count("decided")
        assert (kept.document == CASE) == ("decided" in outcomes)
    assert cases.broken_line() is None


def test_a_request_that_is_sent_twice_is_done_once(cases: Cases) -> None:
    first = cases.create(CASE, "A", "anna", key="k1")
    assert cases.create(CASE, "A", "anna", key="k1").id == first.id
    with pytest.raises(ValueError, match="used for another case"):
        cases.create({"patient": {"ecog": "4"}}, "A", "anna", key="k1")


def test_a_decision_is_kept_with_what_the_board_was_shown(cases: Cases) -> None:
    made = cases.create(CASE, "A", "anna")
    cases.decide(made.id, 1, "typist", "anna", "SABR of all sites", "one against", "2026.11", {"omd-state": "SYNC"})
    (decision,) = cases.read(made.id, "bert").decisions
    assert (decision.decision, decision.dissent, decision.who) == ("SABR of all sites", "one against", "anna")
    assert (decision.case_version, decision.answers) == (1, {"omd-state": "SYNC"})
    with pytest.raises(ValueError, match="it is empty"):
        cases.decide(made.id, 2, "typist", "anna", "  ", "", "2026.11", {})


def test_a_patient_can_be_forgotten_and_the_log_still_holds(cases: Cases) -> None:
    made = cases.create(CASE, "Pseudonym 4711", "anna", key="k2")
    cases.decide(made.id, 1, "typist", "anna", "wait", "", "2026.11", {})
    cases.forget(made.id, "anna")
    with pytest.raises(NotKept):
        cases.read(made.id, "anna")
    assert cases.broken_line() is None
    with cases.database.reading() as session:
        for table in ("identities", "cases", "decisions", "requests"):
            assert "4711" not in str(session.execute(text(f"SELECT * FROM {table}")).all())
        assert made.id in str(session.execute(text("SELECT * FROM log")).all())


def test_a_line_of_the_log_that_is_changed_or_taken_out_is_found(cases: Cases) -> None:
    made = cases.create(CASE, "A", "anna")
    for _ in range(3):
        cases.read(made.id, "bert")
    with cases.database.writing() as session:
        lines = session.execute(text("SELECT number FROM log WHERE what = 'read' ORDER BY number")).scalars().all()
        session.execute(text("UPDATE log SET who = 'nobody' WHERE number = :n"), {"n": lines[1]})
    assert cases.broken_line() == lines[1]
    with cases.database.writing() as session:
        session.execute(text("DELETE FROM log WHERE number = :n"), {"n": lines[1]})
    assert cases.broken_line() == lines[1]


def test_what_a_database_could_not_keep_is_refused_on_each(cases: Cases) -> None:
    made = cases.create(CASE, "A", "anna")
    with pytest.raises(ValueError, match="null character"):
        cases.create(CASE, "a\0b", "anna")
    with pytest.raises(ValueError, match="at most 200"):
        cases.decide(made.id, 1, "typist", "x" * 201, "wait", "", "2026.11", {})
    with pytest.raises(ValueError, match="a day such as"):
        cases.save(made.id, 1, "anna", discussed="next Tuesday")
    for name in ("\0", "x" * 400, "'; DROP TABLE cases"):
        with pytest.raises(NotKept):
            cases.read(name, "anna")
    assert cases.read(made.id, "anna").summary.version == 1


def test_many_at_once_wait_for_each_other(cases: Cases) -> None:
    made = [cases.create(CASE, str(n), "anna") for n in range(4)]
    failed: list[BaseException] = []

    def work(case_id: str) -> None:
        try:
            for version in range(1, 11):
                cases.save(case_id, version, "anna", document={"patient": {"ecog": str(version % 4)}})
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(each.id,)) for each in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert [cases.read(each.id, "x").summary.version for each in made] == [11] * 4
    assert cases.broken_line() is None


def test_a_database_that_does_not_answer_is_named_without_its_password() -> None:
    with pytest.raises(Unavailable) as refused:
        Database("postgresql+psycopg://anna:secret@127.0.0.1:1/none")
    assert "secret" not in str(refused.value)
    with pytest.raises(ValueError, match="sqlite:///FILE"):
        Database("nonsense")


KILLED = """
import sys
from oligoscope.store import Cases, Database
cases = Cases(Database(sys.argv[1]))
while True:
    made = cases.create({"patient": {"ecog": "1"}, "lesions": [{"organ": "liver"}] * 200}, "A", "anna")
    print(made.id, flush=True)
"""


def test_a_server_that_is_killed_has_kept_what_it_acknowledged(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'cases.sqlite'}"
    acknowledged: list[str] = []
    for delay in (0.6, 0.75, 0.9):
        with subprocess.Popen([sys.executable, "-c", KILLED, url], stdout=subprocess.PIPE, text=True) as server:
            time.sleep(delay)
            server.kill()
            assert server.stdout
            acknowledged += [line for line in server.stdout.read().split("\n") if len(line) == 36]
    cases = Cases(Database(url))
    kept = {each.id for each in cases.list("x")}
    assert set(acknowledged) <= kept
    assert len(kept) <= len(acknowledged) + 3, "at most the one in flight at each kill"
    assert all(len(cases.read(each, "x").document["lesions"]) == 200 for each in kept)
    assert cases.broken_line() is None
