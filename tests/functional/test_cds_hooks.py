"""CDS Hooks: cards only where there is something to tell, never a guess for what is missing, signed calls used once."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi.testclient import TestClient

from oligoscope.store import Database
from oligoscope.store.hooks import Hooks
from oligoscope.web import create_app
from oligoscope.web.prefetch import TEMPLATES
from oligoscope.web.settings import LOOPBACK, Settings
from tests.support.shared import shared

JOHN = json.loads((Path(__file__).parents[1] / "data/fhir/john-anyperson.json").read_text("utf-8"))
VIEW = "/cds-services/oligoscope-patient"
KINDS = {key: template.split("/")[0].split("?")[0] for key, template in TEMPLATES.items()}
HOSTS = (*LOOPBACK, "testserver")


def prefetched() -> dict[str, Any]:
    """All that the services want to know of the example patient."""
    found: dict[str, Any] = {}
    for key, kind in KINDS.items():
        mine = [entry for entry in JOHN["entry"] if entry["resource"]["resourceType"] == kind]
        bundle = {"resourceType": "Bundle", "type": "searchset", "entry": mine}
        found[key] = mine[0]["resource"] if kind == "Patient" else bundle
    return found


def call(hook: str = "patient-view", **more: Any) -> dict[str, Any]:
    context = {"userId": "Practitioner/1", "patientId": "cancer-patient-john-anyperson"}
    made = {"hook": hook, "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea", "context": context}
    return {**made, "prefetch": prefetched(), **more}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    database = f"sqlite:///{tmp_path_factory.mktemp('hooks') / 'cases.sqlite'}"
    with TestClient(create_app(Settings(database=database, hosts=HOSTS))) as found:
        yield found


def test_discovery_names_each_hook_and_what_it_wants(client: TestClient) -> None:
    services = client.get("/cds-services").json()["services"]
    assert {service["hook"] for service in services} == {"patient-view", "order-select", "order-sign"}
    assert all(service["prefetch"] == TEMPLATES for service in services)


def test_a_card_tells_the_sentence_in_a_line(client: TestClient) -> None:
    (card,) = client.post(VIEW, json=call()).json()["cards"]
    assert len(card["summary"]) < 140
    assert card["indicator"] in ("info", "warning", "critical")
    assert card["source"]["url"].startswith("http://testserver")
    assert card["overrideReasons"]
    assert "Read from FHIR" in card["detail"] or "read from FHIR" in card["detail"]


def test_no_card_where_there_is_nothing_to_tell(client: TestClient) -> None:
    given = prefetched()
    given["conditions"] = {"resourceType": "Bundle", "type": "searchset", "entry": []}
    assert client.post(VIEW, json=call(prefetch=given)).json() == {"cards": []}
    order = call("order-sign")
    order["context"]["draftOrders"] = {"resourceType": "Bundle", "type": "collection", "entry": []}
    assert client.post("/cds-services/oligoscope-sign", json=order).json() == {"cards": []}


@pytest.mark.parametrize("key", list(TEMPLATES))
@pytest.mark.parametrize(
    "value",
    [
        "absent",
        None,
        {"resourceType": "OperationOutcome", "issue": []},
        "<html>502</html>",
        {"resourceType": "Bundle", "type": "searchset", "link": [{"relation": "next", "url": "x"}], "entry": []},
        {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": {"resourceType": "OperationOutcome"}}]},
        {"resourceType": "Bundle", "type": "searchset", "entry": [{}]},
    ],
)
def test_what_is_missing_is_not_guessed(client: TestClient, key: str, value: object) -> None:
    given = prefetched()
    if value == "absent":
        del given[key]
    else:
        given[key] = value
    response = client.post(VIEW, json=call(prefetch=given))
    assert response.status_code == 412
    assert key in response.json()["detail"]


@pytest.mark.parametrize(
    "wrong, status",
    [
        ({"hook": "order-sign"}, 400),
        ({"hook": None}, 400),
        ({"hookInstance": None}, 400),
        ({"context": None}, 400),
        ({"context": {"patientId": "../../secret"}}, 400),
        ({"prefetch": []}, 412),
    ],
)
def test_what_is_no_call_is_refused(client: TestClient, wrong: dict[str, Any], status: int) -> None:
    assert client.post(VIEW, json={**call(), **wrong}).status_code == status
    assert client.post("/cds-services/nothing", json=call()).status_code == 404


# ---- fetching ------------------------------------------------------------------------------------


@pytest.fixture
def fhir_server() -> Iterator[tuple[str, dict[str, Callable[[], tuple[int, bytes]]]]]:
    """A FHIR server of the test: by path what it answers."""
    pages: dict[str, Callable[[], tuple[int, bytes]]] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert self.headers["authorization"] == "Bearer secret"
            status, body = pages[self.path]()
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/r4", pages
    server.shutdown()


def page(kind: str, entries: list[Any], following: str = "") -> Callable[[], tuple[int, bytes]]:
    link = [{"relation": "next", "url": following}] if following else []
    content = {"resourceType": kind, "type": "searchset", "link": link, "entry": entries}
    return lambda: (200, json.dumps(content).encode())


def test_what_is_missing_is_fetched_page_by_page(tmp_path: Path, fhir_server: Any) -> None:
    address, pages = fhir_server
    conditions = prefetched()["conditions"]["entry"]
    path = "/r4/Condition?patient=cancer-patient-john-anyperson"
    pages[path] = page("Bundle", conditions[:1], f"{address}/more")
    pages["/r4/more"] = page("Bundle", conditions[1:])
    given = {key: value for key, value in prefetched().items() if key != "conditions"}
    asked = call(prefetch=given, fhirServer=address, fhirAuthorization={"access_token": "secret"})
    settings = Settings(database=f"sqlite:///{tmp_path / 'a.sqlite'}", hosts=HOSTS, fhir_servers=(f"{address}/",))
    with TestClient(create_app(settings)) as client:
        (card,) = client.post(VIEW, json=asked).json()["cards"]
        (whole,) = client.post(VIEW, json=call()).json()["cards"]
        assert card["summary"] == whole["summary"]
        wrong: dict[str, Callable[[], tuple[int, bytes]]] = {
            "an error": lambda: (500, b""),
            "html": lambda: (200, b"<html></html>"),
            "elsewhere": page("Bundle", [], "http://evil.example/r4/more"),
            "no end": page("Bundle", [], f"{address}/Condition?patient=cancer-patient-john-anyperson"),
            "outcome": page("OperationOutcome", []),
        }
        for pages[path] in wrong.values():
            assert client.post(VIEW, json=asked).status_code == 412


def test_a_server_that_was_not_named_is_not_asked(client: TestClient, fhir_server: Any) -> None:
    address, _ = fhir_server
    asked = call(prefetch={}, fhirServer=address, fhirAuthorization={"access_token": "secret"})
    response = client.post(VIEW, json=asked)
    assert response.status_code == 412
    assert "may not ask" in response.json()["detail"]


# ---- tokens --------------------------------------------------------------------------------------


def test_a_call_is_signed_by_a_known_client_for_this_address_and_used_once(tmp_path: Path) -> None:
    key, other = ec.generate_private_key(ec.SECP384R1()), ec.generate_private_key(ec.SECP384R1())
    public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(key.public_key()))
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"keys": [{**public, "kid": "k", "alg": "ES384"}]}), "utf-8")
    settings = Settings(
        database=f"sqlite:///{tmp_path / 'a.sqlite'}", hosts=HOSTS, cds_clients={"https://ehr.example": str(keys)}
    )
    now = int(time.time())
    good = {"iss": "https://ehr.example", "aud": f"http://testserver{VIEW}", "iat": now, "exp": now + 60, "jti": "1"}

    def status(claims: dict[str, Any], signer: Any = key, kid: str = "k", algorithm: str = "ES384") -> int:
        token = jwt.encode(claims, signer, algorithm=algorithm, headers={"kid": kid})
        found: int = web.post(VIEW, json=call(), headers={"authorization": f"Bearer {token}"}).status_code
        return found

    with TestClient(create_app(settings)) as web:
        assert status(good) == 200
        assert status(good) == 401, "used before"
        assert web.post(VIEW, json=call()).status_code == 401
        wrongs: tuple[dict[str, Any], ...] = (
            {"aud": "http://testserver/other"},
            {"exp": now - 1},
            {"exp": now + 90_000},
            {"iss": "https://evil.example"},
            {"jti": None},
        )
        for n, wrong in enumerate(wrongs):
            claims = {name: value for name, value in {**good, "jti": f"w{n}", **wrong}.items() if value is not None}
            assert status(claims) == 401, wrong
        assert status({**good, "jti": "2"}, other) == 401
        assert status({**good, "jti": "3"}, key, "unknown") == 401
        assert status({**good, "jti": "4"}, None, algorithm="none") == 401
        assert status({**good, "jti": "5"}) == 200


# ---- feedback ------------------------------------------------------------------------------------


def test_feedback_is_counted_and_its_comments_are_not_kept(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.sqlite'}"
    reason = {"reason": {"code": "patient-wish"}, "userComment": "Mrs Smith prefers"}
    words = [
        {"card": "c1", "outcome": "overridden", "overrideReason": reason, "outcomeTimestamp": "2026-01-01T00:00:00Z"},
        {"card": "c2", "outcome": "accepted", "acceptedSuggestions": []},
    ]
    with TestClient(create_app(Settings(database=url, hosts=HOSTS))) as client:
        assert client.post(f"{VIEW}/feedback", json={"feedback": words}).status_code == 200
        assert client.post(f"{VIEW}/feedback", json={"feedback": []}).status_code == 422
        odd = {"feedback": [{"card": "c", "outcome": "ignored"}]}
        assert client.post(f"{VIEW}/feedback", json=odd).status_code == 422
    outcomes = Hooks(Database(url)).outcomes()
    assert dict(outcomes) == {("oligoscope-patient", "overridden"): 1, ("oligoscope-patient", "accepted"): 1}
    assert b"Smith" not in (tmp_path / "a.sqlite").read_bytes()


def test_the_calls_of_others_get_cards_or_a_clear_no(client: TestClient) -> None:
    """Requests that others published: of other services, so with other prefetch keys; none is answered by a guess."""
    seen = set()
    for path in sorted((shared("data/fhir") / "cds-hooks/requests").glob("*.json")):
        content = json.loads(path.read_text("utf-8"))
        response = client.post(VIEW, json=content)
        assert response.status_code in (200, 400, 412, 422), (path.name, response.text)
        seen.add(response.status_code)
        assert response.status_code != 200 or response.json() == {"cards": []}
    assert {400, 412} <= seen
