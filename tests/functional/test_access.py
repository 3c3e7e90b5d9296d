"""Who may do what: every route by every role, signing in and out, and what another site or a guesser gets."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient
from sqlalchemy import select

import oligoscope as osc
from oligoscope.store import Cases, Database
from oligoscope.store.accounts import ROLES, Accounts
from oligoscope.store.database import Unavailable
from oligoscope.store.models import LogRow
from oligoscope.web import create_app
from oligoscope.web.access import NEEDS, RIGHTS, Right
from oligoscope.web.settings import LOOPBACK, Oidc, Settings
from oligoscope.web.sign_in import BURST

SECRET = "four words that rhyme"
OURS = {"origin": "https://testserver"}
CASE = {"patient": {"ecog": 1}}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("access")
    url = f"sqlite:///{folder / 'cases.sqlite'}"
    accounts = Accounts(Database(url))
    for role in ROLES:
        accounts.choose_password(role, accounts.add(role, role, "test"), SECRET)
    (folder / "secret").write_text("of a provider that does not answer", "utf-8")
    oidc = Oidc("http://127.0.0.1:9", "oligoscope", {"board": "viewer"}, secret_file=str(folder / "secret"))
    return Settings(database=url, hosts=(*LOOPBACK, "testserver"), accounts=True, over_tls=True, oidc=oidc)


@pytest.fixture(scope="module")
def app(settings: Settings) -> FastAPI:
    return create_app(settings)


@pytest.fixture
def tokens(settings: Settings) -> dict[str, str]:
    accounts = Accounts(Database(str(settings.database)))
    return {role: accounts.token(role, 1, "test") for role in ROLES}


@pytest.fixture(scope="module")
def cases(settings: Settings) -> Cases:
    return Cases(Database(str(settings.database)))


ADDRESSES = count(1)


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    # Each test from an address of its own: tries at signing in are counted by address.
    address = (f"10.0.0.{next(ADDRESSES)}", 1)
    with TestClient(app, base_url="https://testserver", client=address, follow_redirects=False) as found:
        yield found


def served(app: FastAPI) -> set[str]:
    """Every route that the router has, as a line of the policy: GET /board/{case_id}."""
    found = set()
    for route in iter_route_contexts(app.routes):
        methods = getattr(route, "methods", None) or {"GET"}
        path = route.path if getattr(route, "methods", None) else f"{route.path}/{{path:path}}"
        found |= {f"{method} {path}" for method in methods if method not in ("HEAD", "OPTIONS")}
    return found


def test_the_policy_names_every_route_that_is_served_and_no_other(app: FastAPI) -> None:
    assert served(app) == set(NEEDS)
    assert len(NEEDS) > 30


@pytest.mark.parametrize("order", NEEDS)
def test_every_route_answers_each_role_as_the_policy_says(
    order: str, client: TestClient, tokens: dict[str, str]
) -> None:
    """Asked with nothing in it: whoever may not is turned away before it is looked at."""
    method, _, path = order.partition(" ")
    path = re.sub(r"{[^}]+}", "none", path)
    for role in (None, *ROLES):
        client.cookies.clear()
        headers = {"authorization": f"Bearer {tokens[role]}"} if role else {}
        status = client.request(method, path, headers=headers).status_code
        if NEEDS[order] is Right.OPEN:
            assert status not in (403,) or path in ("/sign-in", "/sign-in/back", "/password"), (role, status)
        elif role is None:
            assert status == 401, status
        elif NEEDS[order] in RIGHTS[role]:
            assert status not in (401, 403), (role, status)
            assert status < 500
        else:
            assert status == 403, (role, status)


def test_a_role_may_do_what_its_sentence_says(client: TestClient, tokens: dict[str, str], cases: Cases) -> None:
    """The same by deeds: a viewer reads, a clinician saves, a curator sees no case, an administrator erases."""
    made = {}
    for role in ROLES:
        headers = {"authorization": f"Bearer {tokens[role]}"}
        made[role] = client.post("/api/v1/cases", json={"case": CASE, "pseudonym": role}, headers=headers).status_code
    assert made == {"viewer": 403, "clinician": 201, "curator": 403, "admin": 201}
    (case_id,) = cases.of("clinician")
    for role, read, export in (
        ("viewer", 200, 403),
        ("clinician", 200, 403),
        ("curator", 403, 403),
        ("admin", 200, 200),
    ):
        headers = {"authorization": f"Bearer {tokens[role]}"}
        assert client.get(f"/api/v1/cases/{case_id}", headers=headers).status_code == read
        assert client.get(f"/api/v1/cases/{case_id}/export", headers=headers).status_code == export
        assert client.get(f"/board/{case_id}", headers=headers).status_code == read
    lines = cases.export(case_id, "test")["log"]
    assert [(line["who"], line["what"]) for line in lines].count(("viewer", "read")) == 2
    assert ("curator", "read") not in [(line["who"], line["what"]) for line in lines]


def test_one_signs_in_looks_and_signs_out(client: TestClient) -> None:
    asked = client.get("/", headers={"accept": "text/html"})
    assert (asked.status_code, asked.headers["location"]) == (303, "/sign-in")
    assert client.get("/sign-in").status_code == 200
    inside = client.post("/sign-in", data={"name": "viewer", "secret": SECRET}, headers=OURS)
    cookie = inside.headers["set-cookie"]
    assert cookie.startswith("__Host-oligoscope=")
    assert {"HttpOnly", "Secure", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
    page = client.get("/").text
    assert "Sign out" in page
    assert "Keep this case" not in page, "a viewer keeps nothing"
    assert client.post("/sign-out", headers=OURS).status_code == 303
    assert client.get("/").status_code == 401


def test_a_cookie_alone_writes_nothing(client: TestClient) -> None:
    """What a browser sends for another site: its cookie, with an origin of theirs, or none in an old one."""
    client.post("/sign-in", data={"name": "clinician", "secret": SECRET}, headers=OURS)
    body = {"case": CASE}
    for headers in (
        {},
        {"origin": "https://evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ):
        assert client.post("/api/v1/cases", json=body, headers=headers).status_code == 403
    assert client.post("/api/v1/cases", json=body, headers=OURS).status_code == 201


def test_nothing_is_answered_without_tls(app: FastAPI, tokens: dict[str, str]) -> None:
    with TestClient(app, base_url="http://testserver") as plain:
        said = plain.get("/", headers={"authorization": f"Bearer {tokens['admin']}"})
    assert (said.status_code, said.json()["title"]) == (403, "Not over TLS")
    assert "max-age" in said.headers["strict-transport-security"]


def test_a_page_that_htmx_asks_for_leads_to_the_sign_in(client: TestClient) -> None:
    said = client.post("/answer", headers={"hx-request": "true"})
    assert (said.status_code, said.headers["hx-redirect"]) == (401, "/sign-in")


def test_who_guesses_is_slowed_down(app: FastAPI) -> None:
    with TestClient(app, base_url="https://testserver", client=("10.9.9.9", 1)) as guesser:
        statuses = [
            guesser.post("/sign-in", data={"name": f"n{n}", "secret": "guess"}).status_code for n in range(BURST + 4)
        ]
    assert statuses[:BURST] == [403] * BURST
    assert 429 in statuses, "one more in six seconds, and the machine may be slow"


def test_a_password_is_chosen_with_the_code_once(client: TestClient, settings: Settings) -> None:
    code = Accounts(Database(str(settings.database))).add("dora", "clinician", "test")
    new = {"name": "dora", "proof": code, "new": "a kettle for the night", "again": "a kettle for the night"}
    assert client.post("/password", data={**new, "again": "other"}).status_code == 422
    assert "12 to 500" in client.post("/password", data={**new, "new": "short", "again": "short"}).text
    assert client.post("/password", data=new).status_code == 303
    assert "Sign out" in client.get("/").text
    again = {**new, "new": "another kettle entirely", "again": "another kettle entirely"}
    assert client.post("/password", data=again, headers=OURS).status_code == 403


def signed_in(client: TestClient, name: str) -> TestClient:
    client.cookies.clear()
    assert client.post("/sign-in", data={"name": name, "secret": SECRET}, headers=OURS).status_code == 303
    return client


def code_of(page: str) -> str:
    found = re.search(r"<code>([\w-]{16})</code>", page)
    assert found, page
    return found[1]


def test_an_administrator_makes_disables_and_resets_an_account_on_the_page(
    client: TestClient, app: FastAPI, cases: Cases
) -> None:
    """From the page alone: the code is shown once, opens a password, and every deed is a line of the log."""
    admin = signed_in(client, "admin")
    assert 'href="/accounts"' in admin.get("/").text
    made = admin.post("/accounts", data={"name": "emil", "role": "viewer"}, headers=OURS)
    code = code_of(made.text)
    assert (made.status_code, made.headers["cache-control"]) == (200, "no-store")
    assert code not in admin.get("/accounts").text
    with TestClient(app, base_url="https://testserver", client=("10.0.1.1", 1), follow_redirects=False) as emil:
        new = {"name": "emil", "proof": code, "new": SECRET, "again": SECRET}
        assert emil.post("/password", data=new).status_code == 303
        assert "signed in: emil" in emil.get("/").text
        assert 'href="/accounts"' not in emil.get("/").text
        assert emil.post("/accounts/emil", data={"do": "role", "role": "admin"}, headers=OURS).status_code == 403

        def do(**given: str) -> int:
            status: int = admin.post("/accounts/emil", data=given, headers=OURS).status_code
            return status

        assert emil.get("/board").status_code == 200
        assert do(do="role", role="curator") == 303
        assert emil.get("/board").status_code == 403, "another role holds from the next request on"
        assert do(do="disable") == 303
        assert emil.get("/").status_code == 401, "his session ended"
        assert emil.post("/sign-in", data={"name": "emil", "secret": SECRET}).status_code == 403
        assert do(do="enable") == 303
        signed_in(emil, "emil")
        assert do(do="end") == 303
        assert emil.get("/").status_code == 401
        signed_in(emil, "emil")
        second = code_of(admin.post("/accounts/emil", data={"do": "reset"}, headers=OURS).text)
        assert emil.get("/").status_code == 401
        assert emil.post("/sign-in", data={"name": "emil", "secret": SECRET}).status_code == 403
        assert emil.post("/sign-in", data={"name": "emil", "secret": second}).status_code == 403, "only to choose one"
        assert emil.post("/password", data={**new, "proof": second}, headers=OURS).status_code == 303
    assert do(do="remove") == 303
    assert "emil" not in admin.get("/accounts").text
    deeds = ("add", "role", "disable", "enable", "end", "reset", "remove")
    with cases.database.reading() as session:
        told = [
            row.detail for row in session.scalars(select(LogRow).where(LogRow.who == "admin")) if "emil" in row.detail
        ]
    assert [each.split()[0] for each in told] == list(deeds)
    assert cases.broken_line() is None


@pytest.mark.parametrize(
    "path, given, said",
    [
        ("/accounts", {"name": "no spaces", "role": "viewer"}, "letters, digits and"),
        ("/accounts", {"name": "<b>", "role": "viewer"}, "&lt;b&gt;"),
        ("/accounts", {"name": "admin", "role": "viewer"}, "there is an account of that name"),
        ("/accounts", {"name": "fritz", "role": "king"}, "viewer, clinician, curator, admin"),
        ("/accounts/nobody", {"do": "reset"}, "there is no account of that name"),
        ("/accounts/admin", {"do": "role", "role": "viewer"}, "last administrator"),
        ("/accounts/admin", {"do": "disable"}, "last administrator"),
        ("/accounts/admin", {"do": "remove"}, "last administrator"),
        ("/accounts/viewer", {"do": "crown"}, "reset, end, disable"),
    ],
)
def test_what_cannot_be_done_with_an_account_is_told(
    client: TestClient, path: str, given: dict[str, str], said: str
) -> None:
    answer = signed_in(client, "admin").post(path, data=given, headers=OURS)
    assert answer.status_code == 422
    assert said in answer.text
    assert client.post(path, data=given, headers={"origin": "https://evil.example"}).status_code == 403


def test_no_page_is_kept_by_a_browser_that_several_use(client: TestClient) -> None:
    signed_in(client, "viewer")
    for path in ("/", "/board", "/api/v1/cases"):
        assert client.get(path).headers["cache-control"] == "no-store"
    assert "cache-control" not in client.get("/static/htmx.min.js").headers


def test_a_comment_goes_to_the_curator_and_its_answer_to_every_reader(client: TestClient, cases: Cases) -> None:
    knowledge = osc.load_knowledge()
    table = next(table for table in knowledge.tables if table.parts[0].rules[0].id)
    rule, where = table.parts[0].rules[0].id, f"/knowledge/{table.name}"
    said = {"rule": rule, "text": "The source says <b>five</b>."}
    assert signed_in(client, "viewer").post(where, data=said, headers=OURS).status_code == 403
    assert "Comment to the curator" not in client.get(where).text
    assert signed_in(client, "clinician").post(where, data=said, headers=OURS).status_code == 303
    assert client.get("/comments").status_code == 403
    for wrong in ({"text": " "}, {"text": "x" * 4001}, {"rule": "no such rule", "text": "x"}):
        assert client.post(where, data=wrong, headers=OURS).status_code == 422
    assert client.post("/knowledge/no-such-table", data=said, headers=OURS).status_code == 422
    page = signed_in(client, "curator").get("/comments").text
    assert "1 open" in page
    assert "The source says &lt;b&gt;five&lt;/b&gt;." in page
    assert f"clinician, {datetime.now(UTC):%Y-%m-%d}, of knowledge {knowledge.version}" in page
    (comment,) = re.findall(r'action="(/comments/[0-9a-f-]{36})"', page)
    answer = {"do": "answer", "answer": "Mended in the next release."}
    assert client.post(comment, data=answer, headers=OURS).status_code == 303
    assert client.post(comment, data=answer, headers=OURS).status_code == 422, "a second answer would overwrite it"
    assert "Mended in the next release." in signed_in(client, "viewer").get(where).text
    signed_in(client, "curator").post(comment, data={"do": "erase"}, headers=OURS)
    assert "five" not in client.get(where).text
    with cases.database.reading() as session:
        lines = session.scalars(select(LogRow).where(LogRow.detail == f"{table.name} {rule}"))
        told = [(row.who, row.what) for row in lines]
    assert told == [("clinician", "comment"), ("curator", "answer comment"), ("curator", "erase comment")]
    assert cases.broken_line() is None


def test_a_card_is_given_to_no_unknown_system_where_everyone_signs_in(client: TestClient) -> None:
    assert client.post("/cds-services/oligoscope-patient", json={}).status_code == 401


def test_metrics_say_nothing_of_a_patient(client: TestClient, tokens: dict[str, str], cases: Cases) -> None:
    made = cases.create(CASE, "Kestrel", "test")
    headers = {"authorization": f"Bearer {tokens['viewer']}"}
    client.get(f"/board/{made.id}", headers=headers)
    client.get("/board/Kestrel", headers=headers)
    text = client.get("/metrics", headers=headers).text
    assert 'route="/board/{case_id}",status="200"' in text
    assert "Kestrel" not in text
    assert made.id not in text


def test_a_demonstration_shows_and_keeps_nothing(tmp_path: Path) -> None:
    from oligoscope.web.demo import shown

    examples = Path(__file__).resolve().parents[2] / "examples"
    start = Settings(demo=True, hosts=(*LOOPBACK, "testserver"))
    with shown(examples, start) as ready, TestClient(create_app(ready)) as guest:
        assert {each["pseudonym"] for each in guest.get("/api/v1/cases").json()} == {
            "complete",
            "gaps",
            "polymetastatic",
        }
        assert guest.post("/api/v1/cases", json={"case": CASE}).status_code == 403
        assert guest.post("/board", data={"patient.ecog": "1"}).status_code == 403
        page = guest.get("/board").text
        assert "gaps" in page
        assert guest.post("/api/v1/assess", json=CASE).status_code == 200
        place = Path(str(ready.database).removeprefix("sqlite:///"))
        assert place.exists()
    assert not place.exists()
    with pytest.raises(ValueError, match="a folder with cases"), shown(tmp_path, start):
        pass


def test_nobody_is_let_in_while_the_database_does_not_answer(
    client: TestClient, tokens: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> None:
        raise Unavailable("database", "there", "", "it does not answer")

    monkeypatch.setattr(Accounts, "of", gone)
    said = client.get("/board", headers={"authorization": f"Bearer {tokens['admin']}"})
    assert (said.status_code, said.json()["title"]) == (503, "The database does not answer")
