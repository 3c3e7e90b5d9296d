"""A backup is everything or nothing; from SQLite to PostgreSQL and back the same rows arrive, and the log holds."""

import gzip
import json
from pathlib import Path

import pytest

from oligoscope.store import Cases, Database
from oligoscope.store.accounts import Accounts, Identity
from oligoscope.store.copies import back_up, copied, put, restore
from oligoscope.store.hooks import Hooks
from tests.support.postgres import postgres

CASE = {"patient": {"ecog": "1"}, "note": "größer ≥ 3 – 腫瘍"}


def filled(url: str) -> Database:
    """A database with something in every table."""
    database = Database(url)
    cases, accounts = Cases(database), Accounts(database)
    first = cases.create(CASE, "Pseudonym 4711", "anna", key="k")
    cases.decide(first.id, 1, "anna", "board", "SABR", "one against", "2026.11", {"omd-state": "SYNC"})
    cases.forget(cases.create(CASE, "Pseudonym 4712", "anna").id, "anna")
    accounts.choose_password("anna", accounts.add("anna", "admin", "test"), "four words that rhyme")
    accounts.sign_in("anna", "four words that rhyme")
    accounts.enter(Identity("https://login.example", "1", "bert"), "viewer")
    Hooks(database).keep("service", "card", "accepted", "")
    return database


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return filled(f"sqlite:///{tmp_path / 'cases.sqlite'}")


def test_every_row_goes_to_postgresql_and_back(database: Database, tmp_path: Path) -> None:
    there, back = Database(postgres()), Database(f"sqlite:///{tmp_path / 'back.sqlite'}")
    n = put(copied(database), there)
    assert put(copied(there), back) == n
    rows = list(copied(database))
    assert len(rows) == n > 10
    assert list(copied(there)) == rows
    assert list(copied(back)) == rows
    (case_id,) = Cases(back).of("Pseudonym 4711")
    assert Cases(back).read(case_id, "x").document == CASE
    assert Accounts(back).sign_in("anna", "four words that rhyme")
    assert Cases(back).broken_line() is None
    with pytest.raises(ValueError, match="kept there already"):
        put(copied(database), there)
    for each in (there, back):
        each.close()


def test_a_backup_is_private_whole_and_opens_no_session(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "monday.gz"
    n = back_up(database, file)
    assert file.stat().st_mode & 0o777 == 0o600
    lines = [json.loads(line) for line in gzip.decompress(file.read_bytes()).splitlines()]
    assert len(lines) == n + 2
    assert not {"sessions", "tokens"} & {line.get("table") for line in lines}
    empty = Database(f"sqlite:///{tmp_path / 'empty.sqlite'}")
    assert restore(file, empty) == n
    assert list(copied(empty)) == list(copied(database))
    with pytest.raises(ValueError, match="there is such a file"):
        back_up(database, file)


def test_half_a_backup_or_a_changed_one_restores_nothing(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "monday.gz"
    back_up(database, file)
    whole = file.read_bytes()
    text = gzip.decompress(whole).decode()
    spoiled = {
        "cut": whole[: len(whole) // 2],
        "no end": gzip.compress(text.rpartition("\n")[0].encode()),
        "changed": gzip.compress(text.replace("SABR", "SBRT").encode()),
        "other": gzip.compress(b'{"form": "another"}\n{}'),
        "none": b"hello",
    }
    empty = Database(f"sqlite:///{tmp_path / 'empty.sqlite'}")
    for name, content in spoiled.items():
        file.write_bytes(content)
        with pytest.raises(ValueError, match="backup"):
            restore(file, empty)
        assert not list(copied(empty)), name


def test_a_log_that_does_not_hold_is_not_taken_over(database: Database, tmp_path: Path) -> None:
    rows = [dict(line) for line in copied(database)]
    line = next(each for each in rows if each["table"] == "log")
    line["row"] = {**line["row"], "who": "nobody"}
    empty = Database(f"sqlite:///{tmp_path / 'empty.sqlite'}")
    with pytest.raises(ValueError, match="does not hold"):
        put(rows, empty)
    assert not list(copied(empty))
