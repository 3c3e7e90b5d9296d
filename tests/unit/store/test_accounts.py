"""Accounts: what opens one, what locks it, when a session ends; on SQLite and PostgreSQL."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from oligoscope.errors import NotAllowed
from oligoscope.store import Database
from oligoscope.store.accounts import (
    CODE_SECONDS,
    IDLE_SECONDS,
    LOCKED_SECONDS,
    SESSION_SECONDS,
    TRIES,
    Account,
    Accounts,
    Identity,
    SignInRefused,
)
from oligoscope.store.log import broken
from tests.support.postgres import postgres

SECRET = "four words that rhyme"


class Clock:
    """Seconds that pass when told to."""

    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["sqlite", "postgresql"])
def accounts(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[Accounts]:
    url = f"sqlite:///{tmp_path / 'cases.sqlite'}" if request.param == "sqlite" else postgres()
    database = Database(url)
    found = Accounts(database, clock)
    found.choose_password("anna", found.add("anna", "admin", "test"), SECRET)
    yield found
    database.close()


def test_a_password_opens_a_session_that_ends(accounts: Accounts, clock: Clock) -> None:
    token = accounts.sign_in("anna", SECRET)
    assert accounts.of(token) == Account("anna", "admin", has_password=True, locked=False)
    clock.now += IDLE_SECONDS - 1
    assert accounts.of(token), "used in time, it goes on"
    clock.now += IDLE_SECONDS - 1
    assert accounts.of(token)
    clock.now += IDLE_SECONDS + 1
    assert accounts.of(token) is None, "silent for too long"
    other = accounts.sign_in("anna", SECRET)
    for _ in range(SESSION_SECONDS // IDLE_SECONDS):
        clock.now += IDLE_SECONDS - 1
        assert accounts.of(other)
    clock.now += IDLE_SECONDS - 1
    assert accounts.of(other) is None, "over after a shift, however busy"
    assert accounts.of("nonsense") is None


def test_a_session_ends_where_it_is_signed_out_or_the_password_is_another(accounts: Accounts) -> None:
    first, second = accounts.sign_in("anna", SECRET), accounts.sign_in("anna", SECRET)
    accounts.sign_out(first)
    assert accounts.of(first) is None
    assert accounts.of(second)
    accounts.choose_password("anna", SECRET, "other words entirely")
    assert accounts.of(second) is None
    with pytest.raises(SignInRefused):
        accounts.sign_in("anna", SECRET)


def test_the_log_says_who_signed_out(accounts: Accounts) -> None:
    accounts.sign_out(accounts.sign_in("anna", SECRET))
    accounts.sign_out("no token of anybody")
    with accounts.database.reading() as session:
        said = session.execute(text("SELECT who, what FROM log WHERE what LIKE 'sign%' ORDER BY number")).all()
    assert [tuple(each) for each in said][-2:] == [("anna", "sign in"), ("anna", "sign out")]


def test_a_role_that_is_none_is_given_to_nobody(accounts: Accounts) -> None:
    accounts.add("bert", "viewer", "anna")
    with pytest.raises(NotAllowed, match="role"):
        accounts.give_role("bert", "chief", "anna")
    assert [each.role for each in accounts.list() if each.name == "bert"] == ["viewer"]


def test_wrong_passwords_lock_for_a_while(accounts: Accounts, clock: Clock) -> None:
    for _ in range(TRIES):
        with pytest.raises(SignInRefused):
            accounts.sign_in("anna", "wrong")
    with pytest.raises(SignInRefused):
        accounts.sign_in("anna", SECRET)
    assert accounts.list()[0].locked
    clock.now += LOCKED_SECONDS + 1
    assert accounts.sign_in("anna", SECRET)
    for _ in range(TRIES - 1):
        with pytest.raises(SignInRefused):
            accounts.sign_in("anna", "wrong")
    assert accounts.sign_in("anna", SECRET), "one less than too many"
    with pytest.raises(SignInRefused):
        accounts.sign_in("anna", "wrong")
    assert accounts.sign_in("anna", SECRET), "the right one began the count again"


def test_a_refusal_says_the_same_for_a_name_that_is_none(accounts: Accounts) -> None:
    said = set()
    for name in ("anna", "nobody", "\0", "", "x" * 1000, "ä"):
        with pytest.raises(SignInRefused) as refused:
            accounts.sign_in(name, "wrong")
        said.add(str(refused.value))
    assert len(said) == 1
    with accounts.database.reading() as session:
        names = set(session.execute(text("SELECT who FROM log WHERE what = 'refused'")).scalars())
        assert broken(session) is None
    assert names == {"anna", "unknown"}, "what was typed for a name may be a password"


def test_a_reset_takes_all_away_and_its_code_works_once_and_for_a_day(accounts: Accounts, clock: Clock) -> None:
    token = accounts.sign_in("anna", SECRET)
    code = accounts.reset("anna", "test")
    assert accounts.of(token) is None
    with pytest.raises(SignInRefused):
        accounts.sign_in("anna", SECRET)
    with pytest.raises(SignInRefused):
        accounts.sign_in("anna", code)
    accounts.choose_password("anna", code, "other words entirely")
    with pytest.raises(SignInRefused):
        accounts.choose_password("anna", code, "third words entirely")
    late = accounts.reset("anna", "test")
    clock.now += CODE_SECONDS + 1
    with pytest.raises(SignInRefused):
        accounts.choose_password("anna", late, "other words entirely")


@pytest.mark.parametrize("password", ["short", "x" * 501, "my name is Anna, really"])
def test_a_password_that_is_none_is_refused_and_not_shown(accounts: Accounts, password: str) -> None:
    with pytest.raises(ValueError) as refused:
        accounts.choose_password("anna", SECRET, password)
    assert password not in str(refused.value)
    assert accounts.sign_in("anna", SECRET)


def test_a_disabled_account_opens_nothing_until_it_is_enabled(accounts: Accounts) -> None:
    """Neither by password, code nor session; its password is what it was."""
    code = accounts.add("bert", "viewer", "test")
    accounts.choose_password("bert", code, SECRET)
    token = accounts.sign_in("bert", SECRET)
    assert [each.sessions for each in accounts.list()] == [0, 1]
    accounts.disable("bert", "test")
    assert accounts.of(token) is None
    with pytest.raises(SignInRefused):
        accounts.sign_in("bert", SECRET)
    code = accounts.reset("bert", "test")
    with pytest.raises(SignInRefused):
        accounts.choose_password("bert", code, "other words entirely")
    with pytest.raises(ValueError, match="disabled"):
        accounts.token("bert", 1, "test")
    accounts.enable("bert", "test")
    accounts.choose_password("bert", code, "other words entirely")
    assert accounts.of(accounts.sign_in("bert", "other words entirely"))


def test_who_is_disabled_is_no_administrator_to_count_on(accounts: Accounts) -> None:
    accounts.add("bert", "admin", "test")
    accounts.disable("bert", "test")
    for deed in (accounts.disable, accounts.remove):
        with pytest.raises(ValueError, match="last administrator"):
            deed("anna", "test")
    accounts.remove("bert", "test")


def test_the_last_administrator_stays(accounts: Accounts) -> None:
    with pytest.raises(ValueError, match="last administrator"):
        accounts.remove("anna", "test")
    with pytest.raises(ValueError, match="last administrator"):
        accounts.give_role("anna", "viewer", "test")
    accounts.add("bert", "admin", "test")
    token = accounts.sign_in("anna", SECRET)
    accounts.give_role("anna", "viewer", "test")
    found = accounts.of(token)
    assert found
    assert found.role == "viewer"
    accounts.remove("anna", "test")
    assert accounts.of(token) is None
    for name, role in (("bert", "admin"), ("a b", "viewer"), ("carl", "chief")):
        with pytest.raises(ValueError):
            accounts.add(name, role, "test")


def test_nothing_that_opens_an_account_is_kept(accounts: Accounts) -> None:
    code = accounts.add("bert", "viewer", "test")
    tokens = [accounts.sign_in("anna", SECRET), accounts.token("bert", 30, "test")]
    with accounts.database.reading() as session:
        kept = "".join(str(session.execute(text(f"SELECT * FROM {t}")).all()) for t in ("accounts", "sessions", "log"))
    assert "$argon2id$" in kept
    assert not any(secret in kept for secret in (SECRET, code, *tokens))


def test_a_program_s_token_lives_as_long_as_was_said(accounts: Accounts, clock: Clock) -> None:
    token = accounts.token("anna", 30, "test")
    clock.now += 29 * 24 * 3600
    assert accounts.of(token)
    clock.now += 2 * 24 * 3600
    assert accounts.of(token) is None
    with pytest.raises(ValueError, match="1 to 366"):
        accounts.token("anna", 367, "test")


def test_whom_a_provider_vouches_for_is_found_by_issuer_and_subject_alone(accounts: Accounts) -> None:
    anna = Identity("https://one.example", "1", "anna")
    first = accounts.of(accounts.enter(anna, "viewer"))
    again = accounts.of(accounts.enter(replace(anna, name="other"), "clinician"))
    assert first
    assert again == replace(first, role="clinician")
    others = [replace(anna, subject="2"), replace(anna, issuer="https://two.example")]
    found = [accounts.of(accounts.enter(each, "viewer")) for each in others]
    assert len({first.name, "anna", *(each.name for each in found if each)}) == 4
    assert accounts.sign_in("anna", SECRET)
    with pytest.raises(ValueError, match="viewer, clinician"):
        accounts.enter(anna, "king")
    with pytest.raises(SignInRefused):
        accounts.sign_in(first.name, "")
