"""Signing in by an identity provider: who enters with which role, and every token, code and answer that opens nothing."""

import json
import logging
import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from oligoscope.cli.main import main
from oligoscope.errors import NotAllowed
from oligoscope.store import Database
from oligoscope.store.accounts import Account, Accounts
from oligoscope.store.log import broken
from oligoscope.store.models import LogRow
from oligoscope.web import create_app
from oligoscope.web.identity import SECRET
from oligoscope.web.identity import Provider as Asked
from oligoscope.web.settings import LOOPBACK, Oidc, Settings
from tests.functional.test_web_in_a_browser import browser, served
from tests.support import identity
from tests.support.identity import CLIENT, DOWN, FAULTS, Provider

__all__ = ["browser"]

PASSWORD = "four words that rhyme"
OURS = {"origin": "https://testserver"}
ROLES = {"chiefs": "admin", "board": "clinician", "readers": "viewer"}
ADDRESSES = count(1)


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    with identity.provider() as found:
        yield found


@pytest.fixture
def provider(running: Provider) -> Provider:
    """The stand-in as it is at first: m.bauer of the board, nothing wrong."""
    running.claims = {"sub": "0001", "preferred_username": "m.bauer", "groups": ["staff", "board"]}
    running.fault, running.basic, running.asks = "", True, False
    running.asked.clear()
    return running


@pytest.fixture(scope="module")
def settings(running: Provider, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("identity")
    (folder / "secret").write_text(f"{identity.SECRET}\n", "utf-8")
    url = f"sqlite:///{folder / 'cases.sqlite'}"
    accounts = Accounts(Database(url))
    for name in ("anna", "m.bauer"):
        accounts.choose_password(name, accounts.add(name, "admin", "test"), PASSWORD)
    oidc = Oidc(running.url, CLIENT, ROLES, secret_file=str(folder / "secret"))
    return Settings(database=url, hosts=(*LOOPBACK, "testserver"), accounts=True, over_tls=True, oidc=oidc)


@pytest.fixture(scope="module")
def accounts(settings: Settings) -> Accounts:
    return Accounts(Database(str(settings.database)))


@pytest.fixture
def browsers(app: FastAPI) -> Iterator[TestClient]:
    """One browser after another, each from an address of its own."""

    def each() -> Iterator[TestClient]:
        while True:
            where = (f"10.0.2.{next(ADDRESSES) % 250}", 1)
            yield TestClient(app, base_url="https://testserver", client=where, follow_redirects=False)

    return each()


@pytest.fixture(scope="module")
def app(settings: Settings) -> FastAPI:
    return create_app(settings)


@pytest.fixture
def client(browsers: Iterator[TestClient]) -> TestClient:
    return next(browsers)


def sent(client: TestClient) -> str:
    """Where the server sends a browser that wants to sign in."""
    away = client.get("/sign-in/provider")
    assert away.status_code == 303, away.text
    return str(away.headers["location"])


def returned(address: str) -> str:
    """Where the provider sends it back to, after somebody signed in there."""
    back = urlsplit(httpx.get(address).headers["location"])
    assert back.netloc == "testserver"
    return f"{back.path}?{back.query}"


def entered(client: TestClient) -> httpx.Response:
    found: httpx.Response = client.get(returned(sent(client)))
    return found


def lines(accounts: Accounts) -> list[tuple[str, str, str]]:
    with accounts.database.reading() as session:
        assert broken(session) is None
        return [(row.who, row.what, row.detail) for row in session.scalars(select(LogRow).order_by(LogRow.number))]


def test_somebody_enters_by_the_provider_with_the_role_of_the_claim(
    client: TestClient, provider: Provider, accounts: Accounts
) -> None:
    assert f"Sign in through {urlsplit(provider.url).netloc}" in client.get("/sign-in").text
    address = sent(client)
    asked = {name: found[0] for name, found in parse_qs(urlsplit(address).query).items()}
    assert (asked["response_type"], asked["client_id"], asked["scope"]) == ("code", CLIENT, "openid profile")
    assert (asked["code_challenge_method"], len(asked["code_challenge"])) == ("S256", 43)
    assert asked["redirect_uri"] == "https://testserver/sign-in/back"
    inside = client.get(returned(address))
    assert inside.status_code == 200, inside.text
    cookies = {each.partition("=")[0]: each for each in inside.headers.get_list("set-cookie")}
    assert {"HttpOnly", "Secure", "SameSite=strict", "Path=/"} <= set(cookies["__Host-oligoscope"].split("; "))
    assert "Max-Age=0" in cookies["__Host-oligoscope-away"]
    assert '<meta http-equiv="refresh" content="0;url=/">' in inside.text
    (name,) = re.findall(r"signed in: (\S+)</span>", client.get("/").text)
    assert re.fullmatch(r"m\.bauer\.[0-9a-f]{8}", name), "never the name of the account with a password"
    assert client.get("/board").status_code == 200
    assert client.get("/accounts").status_code == 403, "a clinician"
    told = [line for line in lines(accounts) if line[0] == name]
    assert [what for _, what, _ in told] == ["account", "sign in", "list"]
    assert told[1][2] == f"by {provider.url}"


def test_the_cookie_of_a_sign_in_under_way_is_the_one_that_another_site_may_bring(client: TestClient) -> None:
    cookie = client.get("/sign-in/provider").headers["set-cookie"]
    assert cookie.startswith("__Host-oligoscope-away=")
    assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/", "Max-Age=600"} <= set(cookie.split("; "))
    assert client.get("/").status_code == 401, "it opens nothing"


def test_a_role_follows_the_claim_and_an_account_its_subject(
    browsers: Iterator[TestClient], provider: Provider, accounts: Accounts
) -> None:
    """Another role there is another role here; another name is the same account; another subject is another account."""

    def account(subject: str, name: str, groups: object) -> Account:
        provider.claims = {"sub": subject, "preferred_username": name, "groups": groups}
        client = next(browsers)
        assert entered(client).status_code == 200
        found = accounts.of(client.cookies["__Host-oligoscope"])
        assert found
        return found

    first = account("0002", "l.adler", ["readers"])
    assert (first.role, first.provider, first.has_password) == ("viewer", provider.url, False)
    second = account("0002", "lena.adler@hospital.example", "board")
    assert (second.name, second.role) == (first.name, "clinician")
    assert account("0002", "l.adler", ["readers", "board"]).role == "clinician", "the one that is named first"
    other = account("0003", "l.adler", ["readers"])
    assert other.name != first.name
    assert account("0004", "anna", ["readers"]).name.startswith("anna."), "no name opens an account"
    assert account("0005", "<b>ä ö</b>", ["readers"]).name.startswith("bb.")
    assert account("0006", "", ["readers"]).name.startswith("user.")
    roles = [detail.split()[2] for who, what, detail in lines(accounts) if who == first.name and what == "account"]
    assert roles == ["viewer", "clinician"]


@pytest.mark.parametrize(
    "groups", [None, [], ["staff"], "Board", "boards", ["BOARD"], [["board"]], {"board": True}, True, 1, "viewer"]
)
def test_who_has_no_role_there_has_none_here(
    client: TestClient, provider: Provider, accounts: Accounts, groups: object
) -> None:
    provider.claims = {"sub": "no role", "preferred_username": "nobody", "groups": groups}
    before = len(accounts.list())
    said = entered(client)
    assert (said.status_code, "names no role" in said.text) == (403, True)
    assert client.get("/").status_code == 401
    assert len(accounts.list()) == before
    assert lines(accounts)[-1][:2] == ("unknown", "refused")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_token_that_does_not_hold_opens_nothing(
    client: TestClient, provider: Provider, accounts: Accounts, fault: str
) -> None:
    provider.fault = fault
    signed_in = [line for line in lines(accounts) if line[1] == "sign in"]
    said = entered(client)
    assert (said.status_code, "Not signed in" in said.text) == (403, True)
    assert "__Host-oligoscope" not in client.cookies
    assert client.get("/").status_code == 401
    assert [line for line in lines(accounts) if line[1] == "sign in"] == signed_in
    assert lines(accounts)[-1][:2] == ("unknown", "refused")


@pytest.mark.parametrize("fault", DOWN)
def test_a_provider_that_does_not_answer_well_is_told_and_passwords_still_open(
    client: TestClient, provider: Provider, fault: str
) -> None:
    address = sent(client)
    back = returned(address)
    provider.fault = fault
    said = client.get(back, headers={"accept": "text/html"})
    assert (said.status_code, said.headers["retry-after"]) == (503, "10") if fault != "no keys" else (403, None)
    if fault != "no keys":
        assert "identity provider does not answer" in said.text
        assert client.get("/sign-in/provider", headers={"accept": "text/html"}).status_code == 503
    assert client.get("/").status_code == 401
    assert client.post("/sign-in", data={"name": "anna", "secret": PASSWORD}, headers=OURS).status_code == 303


def test_a_provider_that_is_gone_is_told(settings: Settings) -> None:
    assert settings.oidc
    gone = Oidc("http://127.0.0.1:9", CLIENT, ROLES, secret_file=settings.oidc.secret_file)
    with TestClient(create_app(Settings(**{**vars(settings), "oidc": gone})), base_url="https://testserver") as client:
        assert client.get("/sign-in/provider").status_code == 503
        assert client.get("/sign-in").status_code == 200


def test_a_sign_in_belongs_to_the_browser_that_began_it_and_comes_back_once(
    browsers: Iterator[TestClient], provider: Provider
) -> None:
    mine, other, third = (next(browsers) for _ in range(3))
    back, theirs = returned(sent(mine)), returned(sent(other))
    assert third.get(back).status_code == 403, "it began none"
    assert other.get(back).status_code == 403, "it began another"
    assert other.get(theirs).status_code == 403, "which is over by that"
    assert mine.get(back.replace("state=", "state=x")).status_code == 403
    fresh = next(browsers)
    back = returned(sent(fresh))
    kept = fresh.cookies["__Host-oligoscope-away"]
    assert fresh.get(back).status_code == 200
    asked = len(provider.asked)
    fresh.cookies.clear()
    fresh.cookies.set("__Host-oligoscope-away", kept)
    assert fresh.get(back).status_code == 403, "once more, with the cookie kept"
    assert len(provider.asked) == asked, "the provider is not even asked"


def test_a_code_or_a_provider_that_is_not_ours_opens_nothing(
    browsers: Iterator[TestClient], provider: Provider
) -> None:
    def back(**changes: str) -> int:
        client = next(browsers)
        parts = urlsplit(returned(sent(client)))
        given = {**{name: found[0] for name, found in parse_qs(parts.query).items()}, **changes}
        status: int = client.get(parts.path, params={name: value for name, value in given.items() if value}).status_code
        return status

    assert back() == 200
    # A code that somebody else's browser got: its challenge fits no other verifier.
    stolen = parse_qs(urlsplit(returned(sent(next(browsers)))).query)["code"][0]
    assert back(code=stolen) == 403
    assert back(code=stolen) == 403, "used twice"
    for changes in ({"iss": "https://elsewhere.example"}, {"error": "access_denied"}, {"code": ""}, {"state": ""}):
        assert back(**changes) == 403, changes


@pytest.mark.parametrize("cookie", ["", "a.b.c", "..", "x" * 131, ".".join(["é" * 43] * 3)])
def test_a_cookie_that_was_made_up_is_no_sign_in(client: TestClient, provider: Provider, cookie: str) -> None:
    state = cookie.partition(".")[0] or "x"
    headers = {"cookie": f"__Host-oligoscope-away={cookie}".encode()}
    assert client.get("/sign-in/back", params={"code": "x", "state": state}, headers=headers).status_code == 403
    assert not provider.asked


def test_a_provider_may_want_the_secret_in_the_form(client: TestClient, provider: Provider) -> None:
    provider.basic = False
    assert entered(client).status_code == 200


def test_the_secret_is_nowhere_but_on_its_way_to_the_provider(
    client: TestClient,
    provider: Provider,
    settings: Settings,
    accounts: Accounts,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    address = sent(client)
    provider.fault = "wrong nonce"
    pages = [client.get("/sign-in").text, client.get(returned(address)).text, address, settings.text()]
    said = "".join([*pages, caplog.text, repr(settings), json.dumps(lines(accounts))])
    assert identity.SECRET not in said
    assert all(identity.SECRET not in str(asked) for _, asked in provider.asked)
    assert Settings.of(settings.text()) == settings


def test_what_an_account_of_the_provider_is_not_given_here(
    browsers: Iterator[TestClient], provider: Provider, accounts: Accounts
) -> None:
    """No password, no token that outlives it, no other role; it is disabled here, and counts as no last administrator."""
    provider.claims = {"sub": "0009", "preferred_username": "chief", "groups": ["chiefs"]}
    client = next(browsers)
    assert entered(client).status_code == 200
    found = accounts.of(client.cookies["__Host-oligoscope"])
    assert found
    assert client.get("/accounts").status_code == 200
    page = client.get("/accounts").text
    assert f"by {provider.url}" in page
    assert f"Role of {found.name}" not in page
    for deed in (
        lambda: accounts.reset(found.name, "test"),
        lambda: accounts.token(found.name, 1, "test"),
        lambda: accounts.give_role(found.name, "viewer", "test"),
    ):
        with pytest.raises(ValueError, match="vouches for it"):
            deed()
    with pytest.raises(ValueError, match="not right"):
        accounts.choose_password(found.name, "", PASSWORD)
    accounts.remove("m.bauer", "test")
    with pytest.raises(ValueError, match="last administrator"):
        accounts.remove("anna", "test")
    accounts.disable(found.name, "test")
    assert client.get("/").status_code == 401
    again = next(browsers)
    assert entered(again).status_code == 403
    assert again.get("/").status_code == 401
    assert lines(accounts)[-1] == (found.name, "refused", "disabled")
    accounts.enable(found.name, "test")
    assert entered(next(browsers)).status_code == 200
    accounts.remove(found.name, "test")


def test_a_real_browser_that_comes_back_from_another_site_is_inside(
    provider: Provider, browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """localhost and 127.0.0.1 are two sites: what a cookie may not do between them a client of tests does not know."""
    Accounts(Database(f"sqlite:///{tmp_path / 'cases.sqlite'}")).add("anna", "admin", "test")
    monkeypatch.setenv(SECRET, identity.SECRET)
    provider.asks = True
    said = ["--oidc-issuer", provider.url, "--oidc-client", CLIENT, "--oidc-role", "board=clinician"]
    with served(tmp_path, *said) as address:
        page = browser.new_page()
        page.goto(f"{address.replace('127.0.0.1', 'localhost')}/sign-in")
        page.get_by_role("link", name="Sign in through").click()
        page.get_by_role("link", name="It is me").click()
        page.wait_for_url("**/")
        expect(page.get_by_text("signed in: m.bauer.")).to_be_visible()
        assert "code=" not in page.url
        page.close()


SAID = ["--oidc-issuer", "https://login.example", "--oidc-client", "c", "--oidc-role", "cn=a,ou=b=admin"]


@pytest.mark.parametrize(
    "words, said",
    [
        (SAID[:4], "belong together"),
        (SAID[4:], "belong together"),
        (["--oidc-claim", "roles"], "belong together"),
        ([*SAID, "--oidc-role", "admin"], "VALUE=ROLE"),
        ([*SAID, "--oidc-role", "cn=a,ou=b=viewer"], "given twice"),
        ([*SAID, "--demo", "examples"], "--demo knows nobody"),
        ([*SAID, "--host", "10.0.0.9"], "starts with TLS alone"),
        (SAID, "there is no administrator yet"),
    ],
)
def test_it_does_not_start_with_half_of_a_provider(
    words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(SECRET, "s")
    data = [] if "--demo" in words else ["--data", str(tmp_path)]
    assert main(["serve", *words, *data]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    "issuer, role, file, environment, said",
    [
        ("http://login.example", "admin", None, "the secret", "begins with https://"),
        ("login.example", "admin", None, "the secret", "begins with https://"),
        ("https://login.example", "king", None, "the secret", "viewer, clinician, curator, admin"),
        ("https://login.example", "admin", None, "", "there is none"),
        ("https://login.example", "admin", "no-such-file", "", "cannot be read"),
        ("https://login.example", "admin", "README.md", "the secret", "holds one too"),
    ],
)
def test_a_provider_of_no_use_is_refused_and_its_secret_not_shown(
    issuer: str, role: str, file: str | None, environment: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SECRET, environment)
    with pytest.raises(NotAllowed) as refused:
        Asked(Oidc(issuer, CLIENT, {"x": role}, secret_file=file))
    assert said in str(refused.value)
    assert "the secret" not in str(refused.value)
