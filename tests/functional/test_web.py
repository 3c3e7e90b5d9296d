"""The web application: REST as the library answers, pages that follow a form, and what is refused."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from fastapi.testclient import TestClient

import oligoscope as osc
from oligoscope.vocabulary.fields import lists, scalar_fields
from oligoscope.vocabulary.words import Lesion
from oligoscope.web import create_app, form
from oligoscope.web.pages import POINTED_AT
from oligoscope.web.safety import LARGEST
from oligoscope.web.settings import LOOPBACK, Settings

ROOT = Path(__file__).resolve().parent.parent.parent
EXAMPLES = [ROOT / "examples" / f"{name}.yaml" for name in ("complete", "gaps", "polymetastatic")]
CASES = yaml.safe_load((ROOT / "tests/acceptance/published_cases.yaml").read_text("utf-8"))["cases"]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    database = f"sqlite:///{tmp_path_factory.mktemp('web') / 'cases.sqlite'}"
    with TestClient(create_app(Settings(database=database, hosts=(*LOOPBACK, "testserver")))) as found:
        yield found


def document(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(yaml.safe_load(path.read_text("utf-8")), default=str))
    return found


# ---- REST ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_answer_over_http_is_the_library_s(client: TestClient, path: Path) -> None:
    wanted = json.loads(osc.assess(path).model_dump_json(by_alias=True))
    assert client.post("/api/v1/assess", json=document(path)).json() == wanted
    as_yaml = client.post("/api/v1/assess", content=path.read_bytes(), headers={"content-type": "application/yaml"})
    assert as_yaml.json() == wanted


def test_what_if_explain_trials_and_doses_are_the_library_s(client: TestClient) -> None:
    case = document(EXAMPLES[1])
    assert client.post("/api/v1/what-if", json={"case": case, "changes": {"ecog": 2}}).json() == json.loads(
        osc.what_if(case, {"ecog": 2}).model_dump_json(by_alias=True)
    )
    assert client.post("/api/v1/explain", json={"case": case, "table": "omd-state"}).json() == json.loads(
        osc.explain(case, "omd-state").model_dump_json(by_alias=True)
    )
    assert client.post("/api/v1/trials/match", json=case).json() == json.loads(
        osc.match(case).model_dump_json(by_alias=True)
    )
    said = client.post("/api/v1/dose/bed", json={"courses": ["54Gy/3fx"]}).json()
    assert said["bed_gy"] == 151.2


def test_everything_to_mend_is_named(client: TestClient) -> None:
    response = client.post("/api/v1/assess", json={"patient": {"ecog": 9, "age": -1}})
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    said = response.json()
    assert {each["field"] for each in said["problems"]} == {"patient.ecog", "patient.age"}
    assert all(each["allowed"] for each in said["problems"])


@pytest.mark.parametrize(
    "body, content_type, status",
    [
        (b'{"patient": {"ecog": 1}}', "text/plain", 415),
        (b"\xff\xfe", "application/json", 400),
        (b"{", "application/json", 422),
        (b"[1]", "application/json", 422),
        (b'{"case": "a", "case": "b"}', "application/json", 422),
        (b'{"patient": {"age": NaN}}', "application/json", 422),
        (rb'{"case": "\ud800"}', "application/json", 422),
        (b'{"a":' * 20_000 + b"1" + b"}" * 20_000, "application/json", 422),
        (b"examples/complete.yaml", "application/yaml", 422),
        (b"", "application/yaml", 422),
        (b"x" * (LARGEST + 1), "application/json", 413),
    ],
)
def test_a_body_that_is_no_case_is_refused(client: TestClient, body: bytes, content_type: str, status: int) -> None:
    response = client.post("/api/v1/assess", content=body, headers={"content-type": content_type})
    assert response.status_code == status, response.text
    assert response.json()["detail"]


def test_a_body_that_grows_beyond_what_was_announced_is_cut_off(client: TestClient) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(LARGEST // 65_536 + 2):
            yield b" " * 65_536

    response = client.post("/api/v1/assess", content=endless(), headers={"content-type": "application/json"})
    assert response.status_code == 413


def test_the_schema_of_the_api_names_every_route(client: TestClient) -> None:
    schema = client.get("/api/v1/openapi.json").json()
    assert schema["openapi"].startswith("3.1")
    assert {"/api/v1/assess", "/api/v1/what-if", "/api/v1/explain", "/api/v1/dose/bed", "/health"} <= set(
        schema["paths"]
    )
    body = schema["paths"]["/api/v1/assess"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert "lesions" in schema["components"]["schemas"][body["$ref"].rpartition("/")[2]]["properties"]
    assert client.get("/health").json()["knowledge"] == osc.load_knowledge().version


def test_a_fhir_bundle_is_assessed_and_what_was_read_is_told(client: TestClient) -> None:
    bundle = json.loads((ROOT / "tests/data/fhir/john-anyperson.json").read_text("utf-8"))
    wanted = json.loads(osc.assess(bundle).model_dump_json(by_alias=True))
    said = client.post("/fhir/$assess", json=bundle, headers={"content-type": "application/fhir+json"})
    assert said.json() == wanted
    assert said.json()["imported"]["resources"] == 38
    assert client.post("/fhir/$assess", json={"case": "a"}).status_code == 422
    page = client.post("/", data={"text": json.dumps(bundle)}).text
    assert 'value="brain" selected' in page


def test_the_answer_is_given_as_fhir_where_that_is_accepted(client: TestClient) -> None:
    bundle = json.loads((ROOT / "tests/data/fhir/john-anyperson.json").read_text("utf-8"))
    response = client.post("/fhir/$assess", json=bundle, headers={"accept": "application/fhir+json"})
    assert response.headers["content-type"] == "application/fhir+json"
    assert {
        entry["resource"].get("subject", entry["resource"].get("patient", {})).get("reference")
        for entry in response.json()["entry"]
    } == {"Patient/cancer-patient-john-anyperson"}


# ---- who may ask ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers, status",
    [
        ({"host": "evil.example"}, 421),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"origin": "http://testserver", "sec-fetch-site": "same-origin"}, 200),
        ({"host": "127.0.0.1:8765"}, 200),
    ],
)
def test_another_site_may_not_ask(client: TestClient, headers: dict[str, str], status: int) -> None:
    assert client.post("/api/v1/assess", json={"case": "a"}, headers=headers).status_code == status


def test_a_page_may_run_no_script_but_ours(client: TestClient) -> None:
    response = client.get("/")
    policy = response.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert 'style="' not in response.text
    assert len(response.content) < 150_000


# ---- the form ------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", range(len(CASES)))
def test_a_document_in_the_form_is_the_same_document(number: int) -> None:
    case = json.loads(json.dumps(CASES[number]["case"], default=str))
    again = form.document_of(form.filled_by(case))
    assert osc.assess(again).model_dump() == osc.assess(case).model_dump()


def test_the_form_asks_for_every_field() -> None:
    asked = {question.path for part in form.parts() for question in part.questions}
    assert asked == {spec.path for spec in scalar_fields()}
    inside = {question.path for part in form.of_items() for question in part.questions}
    assert inside == {f"{each.name}.{{}}.{spec.name}" for each in lists() for spec in each.fields}


def test_every_organ_can_be_pointed_at() -> None:
    organs = next(s.kind for each in lists() if each.model is Lesion for s in each.fields if s.name == "organ")
    assert set(POINTED_AT) == set(organs.labels)  # type: ignore[attr-defined]  # a choice


def test_a_form_that_was_not_touched_says_nothing(client: TestClient) -> None:
    """No box has a value of its own: what is preselected would be read as said."""
    page = client.get("/").text
    assert page.count("<select") > 50
    assert " selected" not in page
    assert 'value="L1"' not in page


def test_what_the_form_has_no_box_for_is_carried_along(client: TestClient) -> None:
    text = "patient: {ecog: 1}\nlesions:\n- {organ: liver, size_mm: 22}\n"
    page = client.post("/", data={"text": text}).text
    assert 'name="lesions.0.size_mm" value="22"' in page
    assert (
        form.document_of([("lesions.0.organ", "liver"), ("lesions.0.size_mm", "22")])["lesions"][0]["size_mm"] == "22"
    )


def test_a_file_fills_the_form_and_is_answered(client: TestClient) -> None:
    with EXAMPLES[1].open("rb") as file:
        page = client.post("/", files={"file": file}).text
    sentence = osc.assess(EXAMPLES[1]).summary.split(": ")[0]
    assert sentence in page.replace("&#39;", "'")
    wrong = client.post("/", data={"text": "patient: {ecog: 1}\npatient: {ecog: 2}\n"})
    assert wrong.status_code == 422
    assert "written twice" in wrong.text


def test_an_opened_file_asks_next_in_its_place_once(client: TestClient) -> None:
    with EXAMPLES[1].open("rb") as file:
        page = client.post("/", files={"file": file}).text
    assert page.count('id="next"') == page.count('id="said"') == 1
    first = osc.assess(EXAMPLES[1]).report().first
    assert first.asked[0].question in page.split('id="next"')[1].split("</p>")[0]
    assert page.index('id="next"') < page.index('id="answer"')


def test_what_a_bundle_contradicts_stays_beside_the_form(client: TestClient) -> None:
    bundle = (ROOT / "tests/data/fhir/john-anyperson.json").read_text("utf-8")
    page = client.post("/", data={"text": bundle}).text
    notes = osc.assess(json.loads(bundle)).model_dump()["imported"]["notes"]
    said = page.split('class="read"')[1].split("</section>")[0]
    assert all(note.replace("'", "&#39;") in said for note in notes)


@pytest.mark.parametrize("text", ["hello", "[1, 2]", "", "patient: [", '{"resourceType": "Bundle"'])
def test_text_that_is_no_case_is_told(client: TestClient, text: str) -> None:
    response = client.post("/", data={"text": text})
    assert response.status_code == 422
    assert "Something to mend" in response.text


def test_a_file_that_is_not_utf_8_is_refused_not_altered(client: TestClient) -> None:
    response = client.post("/", files={"file": ("case.yaml", "case: größer".encode("latin-1"))})
    assert (response.status_code, response.json()["title"]) == (400, "Not UTF-8")


@pytest.mark.parametrize(
    "name", ["lesions.x.organ", "lesions.1.2.3", "lesions.²", "lesions.-1.organ", "patient.a.b", "a.b"]
)
def test_a_box_that_is_none_of_ours_is_told(client: TestClient, name: str) -> None:
    response = client.post("/answer", data={name: "liver"})
    assert response.status_code == 200
    assert "Something to mend" in response.text
    assert client.post("/entry/lesions", data={name: "liver"}).status_code == 200


def test_half_a_character_is_refused_everywhere(client: TestClient) -> None:
    headers = {"content-type": "application/json"}
    for path, body in (
        ("/api/v1/what-if", rb'{"case": {"case": "\ud800"}, "changes": {"ecog": 1}}'),
        ("/api/v1/cases", rb'{"case": {"case": "\ud800"}}'),
        ("/api/v1/cases", rb'{"case": {"case": "a"}, "pseudonym": "\ud800"}'),
    ):
        assert client.post(path, content=body, headers=headers).status_code in (200, 422), path


def test_the_answer_follows_and_names_what_to_mend(client: TestClient) -> None:
    answered = client.post("/answer", data={"patient.ecog": "1", "lesions.0.organ": "liver"}).text
    assert 'id="next"' in answered
    assert "Ask next" in answered
    assert "Something to mend" in client.post("/answer", data={"patient.ecog": "9"}).text
    assert "Fill in what is known" in client.post("/answer", data={"patient.ecog": ""}).text


def test_entries_are_numbered_on(client: TestClient) -> None:
    response = client.post("/entry/lesions", data={"organ": "liver", "lesions.4.size_cm": "2"})
    assert 'name="lesions.5.organ"' in response.text
    assert 'value="liver" selected' in response.text
    assert response.headers["hx-trigger-after-settle"] == "changed"
    assert client.post("/entry/nothing").status_code == 404


# ---- saved cases ---------------------------------------------------------------------------------


def test_a_case_is_kept_decided_and_forgotten(client: TestClient) -> None:
    case = document(EXAMPLES[0])
    made = client.post("/api/v1/cases", json={"case": case, "pseudonym": "Board 1"})
    assert made.status_code == 201
    where = f"/api/v1/cases/{made.json()['id']}"
    assert client.get(where).json()["case"] == case
    assert made.json()["id"] in {each["id"] for each in client.get("/api/v1/cases").json()}
    decided = client.post(f"{where}/decision", json={"version": 1, "decision": "SABR of all sites", "who": "board"})
    assert decided.json()["version"] == 2
    (decision,) = client.get(where).json()["decisions"]
    assert (decision["decision"], decision["who"], decision["changed"]) == ("SABR of all sites", "board", [])
    late = client.put(where, json={"version": 1, "status": "closed"})
    assert (late.status_code, late.json()["title"]) == (409, "Saved by somebody else in between")
    assert client.put(where, json={"version": 2, "status": "nonsense"}).status_code == 422
    assert client.put(where, json={"version": 2, "case": {"patient": {"ecog": 9}}}).status_code == 422
    assert client.delete(where).status_code == 204
    assert client.get(where).status_code == 404


def test_a_save_that_is_sent_twice_is_done_once(client: TestClient) -> None:
    body, key = {"case": {"patient": {"ecog": 1}}}, {"idempotency-key": "once"}
    first, again = (client.post("/api/v1/cases", json=body, headers=key) for _ in range(2))
    assert first.json()["id"] == again.json()["id"]
    other = client.post("/api/v1/cases", json={"case": {"patient": {"ecog": 2}}}, headers=key)
    assert other.status_code == 422


def test_a_case_that_cannot_be_read_is_not_kept(client: TestClient) -> None:
    n = len(client.get("/api/v1/cases").json())
    assert client.post("/api/v1/cases", json={"case": {"patient": {"ecog": 9}}}).status_code == 422
    assert "Not saved: patient.ecog" in client.post("/board", data={"patient.ecog": "9"}).text
    assert "nothing to save" in client.post("/board", data={"~pseudonym": "A"}).text
    assert len(client.get("/api/v1/cases").json()) == n


def test_the_board_says_whose_answers_have_changed_since_the_decision(client: TestClient) -> None:
    """The chart is mended after the decision: the board sees what is answered otherwise now, and by which studies."""
    case = document(EXAMPLES[0])
    where = f"/api/v1/cases/{client.post('/api/v1/cases', json={'case': case, 'pseudonym': 'Mended'}).json()['id']}"
    client.post(f"{where}/decision", json={"version": 1, "decision": "SABR"})
    mended = {**case, "diffuse_disease": True}
    assert client.put(where, json={"version": 2, "case": mended}).status_code == 200
    (decision,) = client.get(where).json()["decisions"]
    changed = {each["table"]: each for each in decision["changed"]}
    assert "diffuse disease" in changed["omd-state"]["after"]
    assert changed["omd-state"]["sources"]
    page = client.get("/board").text
    assert "Changed since the decision" in page
    assert "Mended" in page
    whole = client.get(where.replace("/api/v1/cases", "/board")).text
    assert "Changed since the decision of" in whole
    assert "SABR" in whole


def test_a_decision_is_kept_from_the_page_and_an_empty_one_refused(client: TestClient) -> None:
    made = client.post("/api/v1/cases", json={"case": {"patient": {"ecog": 1}}, "pseudonym": "Page"}).json()
    where = f"/board/{made['id']}"
    empty = client.post(where, data={"version": "1", "decision": " ", "dissent": "kept in the box"})
    assert empty.status_code == 422
    assert "kept in the box" in empty.text
    done = client.post(where, data={"version": "1", "decision": "wait", "who": "anna"})
    assert "wait" in done.text
    assert "somebody else" in client.post(where, data={"version": "1", "decision": "again"}).text
