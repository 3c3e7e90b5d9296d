"""Concordance: nothing is answered before the board's decision is locked, the log proves it, and the figures are right."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

import oligoscope as osc
from oligoscope.store import Cases, Database
from oligoscope.store.models import LogRow
from oligoscope.web import concordance, create_app
from oligoscope.web.kept import shown
from oligoscope.web.settings import LOOPBACK, Settings

ROOT = Path(__file__).resolve().parents[2]
COMPLETE, GAPS = ((ROOT / f"examples/{name}.yaml").read_text("utf-8") for name in ("complete", "gaps"))


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'cases.sqlite'}"


@pytest.fixture
def client(url: str) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(database=url, hosts=(*LOOPBACK, "testserver")))) as found:
        yield found


def entered(client: TestClient, text: str, pseudonym: str) -> str:
    said = client.post("/concordance", data={"text": text, "pseudonym": pseudonym}, follow_redirects=False)
    assert said.status_code == 303, said.text
    return str(said.headers["location"].rpartition("/")[2])


def lines(url: str, case_id: str) -> list[str]:
    return [line["what"] for line in Cases(Database(url)).export(case_id, "test")["log"]]


def answers(text: str) -> dict[str, str]:
    knowledge = osc.load_knowledge()
    asked = {table.name for table in concordance.questions(knowledge)}
    return {name: code for name, code in shown(text, knowledge).items() if name in asked}  # type: ignore[arg-type]  # text with a line end is read as a document


def test_nothing_is_assessed_before_the_lock(client: TestClient, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever answers a case raises until the decision is locked; afterwards it answers, and the log has the order."""
    from oligoscope import api

    report, is_locked, early = api.report, [False], []

    def watched(*args: object, **kwargs: object) -> object:
        with Database(url).reading() as session:
            is_locked[0] = session.query(LogRow).filter_by(what="lock").count() == 1
        early.extend([] if is_locked[0] else ["answered before the lock"])
        return report(*args, **kwargs)  # type: ignore[arg-type]  # handed on as they came

    monkeypatch.setattr(api, "report", watched)
    case_id = entered(client, COMPLETE, "Blind 1")
    assert client.get("/concordance").status_code == 200
    assert client.get("/board").status_code == 200
    page = client.get(f"/concordance/{case_id}").text
    sentence = osc.assess(COMPLETE).summary
    assert sentence[:40] not in page
    assert "What would the board do?" in page
    client.post(f"/concordance/{case_id}", data={"version": "1", "words": "wait", "who": "board"})
    assert early == []
    assert is_locked[0], "it was answered at last"
    told = lines(url, case_id)
    assert told[0] == "create"
    assert "read" not in told
    assert told.index("lock") < told.index("answered")
    assert told.count("lock") == told.count("answered") == 1


def test_a_locked_decision_stays_as_it_is(client: TestClient) -> None:
    case_id = entered(client, COMPLETE, "Blind 2")
    where = f"/concordance/{case_id}"
    nothing = client.post(where, data={"version": "1"})
    assert nothing.status_code == 422
    assert "nothing is said" in nothing.text
    assert client.post(where, data={"version": "7", "words": "wait"}).status_code == 422
    assert client.post(where, data={"version": "1", "omd-state": "NONSENSE"}).status_code == 422
    assert client.post(f"{where}/reason", data={"reason": "too early"}).status_code == 422
    client.post(where, data={"version": "1", "words": "wait"})
    again = client.post(where, data={"version": "1", "words": "no, treat"})
    assert again.status_code == 422
    assert "locked already" in again.text
    assert "no, treat" not in client.get(where).text


def test_agreement_disagreement_and_what_is_left_out_are_counted(client: TestClient, url: str) -> None:
    """Three cases that count: two agree on the state, one does not; one that was opened before is left out."""
    said = answers(COMPLETE)
    state = next(name for name, code in said.items() if "|" not in code)
    table = osc.load_knowledge().table(state)
    other = next(code for code in table.codes if code != said[state])
    for n, code in enumerate((said[state], said[state], other)):
        case_id = entered(client, COMPLETE, f"Case {n}")
        client.post(f"/concordance/{case_id}", data={"version": "1", state: code})
    client.post(f"/concordance/{case_id}/reason", data={"reason": "older scan at hand"})
    seen = entered(client, COMPLETE, "Seen before")
    client.get(f"/board/{seen}")
    client.post(f"/concordance/{seen}", data={"version": "1", state: other})
    page = client.get("/concordance").text
    assert "Agreement in 3 cases" in page
    assert "<td>2 of 3</td><td>67 % (21 to 94)</td>" in page
    assert "<b>1</b>: " in page
    assert "Seen before" in page.split("Left out")[1].split("</p>")[0]
    differing = page.split("<h2>Disagreements</h2>")[1].split("<h2>")[0]
    assert "Case 2" in differing
    assert "older scan at hand" in differing
    assert "Case 0" not in differing
    assert "Seen before" not in differing


def test_an_answer_that_is_open_is_neither(client: TestClient) -> None:
    said = answers(GAPS)
    name, codes = next((name, code.split("|")) for name, code in said.items() if "|" in code)
    outside = next(code for code in osc.load_knowledge().table(name).codes if code not in codes)
    knowledge = osc.load_knowledge()
    for code in (codes[0], outside, concordance.OTHER):
        case_id = entered(client, GAPS, code)
        client.post(f"/concordance/{case_id}", data={"version": "1", name: code})
    title = knowledge.page.row(knowledge.table(name)).title
    row = client.get("/concordance").text.split(f'<th scope="row">{title}</th>')[1].split("</tr>")[0]
    assert row.startswith("<td>0 of 2</td>")
    assert row.endswith("<td>1</td><td>0</td>")


def test_a_case_that_was_kept_out_of_the_answering_form_counts_as_seen(client: TestClient) -> None:
    client.post("/board", data={"patient.ecog": "1", "~pseudonym": "From the form"})
    (case_id,) = [each["id"] for each in client.get("/api/v1/cases").json()]
    client.post(f"/concordance/{case_id}", data={"version": "1", "words": "wait"})
    assert "left out of the figures" in client.get(f"/concordance/{case_id}").text


@pytest.mark.parametrize("text", ["", "hello", "patient: {ecog: 9}", "[1]"])
def test_what_is_no_case_is_not_entered(client: TestClient, text: str) -> None:
    said = client.post("/concordance", data={"text": text, "pseudonym": "A"})
    assert said.status_code == 422
    assert "Something to mend" in said.text
    assert client.get("/api/v1/cases").json() == []


def test_a_patient_who_is_erased_leaves_the_figures(client: TestClient) -> None:
    case_id = entered(client, COMPLETE, "A")
    client.post(f"/concordance/{case_id}", data={"version": "1", "words": "wait"})
    assert "Agreement in 1 case" in client.get("/concordance").text
    assert client.delete(f"/api/v1/cases/{case_id}").status_code == 204
    assert "No case is compared yet" in client.get("/concordance").text
