"""Pages of evidence, knowledge, doses and trials: the library's own answers, and what is refused."""

import datetime
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from fastapi.testclient import TestClient

import oligoscope as osc
from oligoscope import api
from oligoscope.store import Cases, Database
from oligoscope.trials.match import MATCHES, NO
from oligoscope.web import create_app, evidence, tables
from oligoscope.web.settings import LOOPBACK, Settings
from tests.support.rt_files import box, square, write_dose, write_plan, write_structures

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = [ROOT / f"examples/{name}.yaml" for name in ("complete", "gaps", "polymetastatic")]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('pages') / 'cases.sqlite'}"


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(database=url, hosts=(*LOOPBACK, "testserver")))) as found:
        yield found


def text_of(page: str) -> str:
    return page.replace("&#39;", "'").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


# ---- evidence ------------------------------------------------------------------------------------


def test_the_slider_gives_the_pool_as_of_the_last_day_of_a_month(client: TestClient) -> None:
    for month, day in ((12 * 12 + 7, "2022-08-31"), (12 * 10 + 1, "2020-02-29"), (12 * 5 + 11, "2015-12-31")):
        said = text_of(client.get("/evidence/pool", params={"endpoint": "PFS", "month": month}).text)
        assert f"as of {day}" in said
        pooled = osc.pool("PFS", as_of=day)
        assert ("<img" in said) == (pooled.found.fit is not None)
        if pooled.found.fit:
            assert str(pooled.found.fit.k) in said.split("</b>")[1][:4]


def test_the_slider_ends_today_and_never_later(client: TestClient) -> None:
    today = datetime.date.today().isoformat()
    for month in (evidence._months(), 10_000_000):
        assert f"as of {today}" in client.get("/evidence/pool", params={"month": month}).text
    assert "as of 2010-01-31" in client.get("/evidence/pool", params={"month": -5}).text


def test_the_plot_is_a_picture_of_its_own(client: TestClient) -> None:
    drawn = client.get("/evidence/forest.svg", params={"endpoint": "PFS", "as_of": "2022-09-01"})
    assert drawn.headers["content-type"] == "image/svg+xml"
    assert "as of 2022-09-01" in drawn.text
    again = client.get("/evidence/forest.svg", params={"endpoint": "PFS", "as_of": "2022-09-01"})
    assert again.content == drawn.content
    for params, status in (
        ({"endpoint": "nothing"}, 404),
        ({"as_of": "yesterday"}, 422),
        ({"as_of": "2015-01-01"}, 200),
    ):
        assert client.get("/evidence/forest.svg", params=params).status_code == status


def test_studies_are_found_and_read(client: TestClient) -> None:
    every = osc.load_knowledge().evidence.studies()
    page = client.get("/evidence").text
    assert all(f'/evidence/studies/{study.study}"' in page for study in every)
    few = client.get("/evidence", params={"words": "ashworth"}).text
    assert 0 < few.count("/evidence/studies/") < len(every) / 2
    unverified = next(s for s in every for r in s.results if not r.verified and r.value is not None)
    shown = client.get(f"/evidence/studies/{unverified.study}")
    assert shown.status_code == 200
    assert 'class="open"' in shown.text
    assert client.get("/evidence/studies/nothing").status_code == 422


def test_what_changed_is_the_library_s(client: TestClient) -> None:
    page = text_of(client.get("/evidence/drift", params={"since": "2022-09-01", "until": "2026-01-01"}).text)
    found = osc.drift("2022-09-01", "2026-01-01").found
    assert len(found.rules) > 0
    assert all(rule.text in page for rule in found.rules)
    assert all(change.statement.id in page for change in found.statements)
    assert client.get("/evidence/drift", params={"since": "2026-01-01", "until": "2022-01-01"}).status_code == 422


# ---- knowledge -----------------------------------------------------------------------------------


def test_every_table_is_read_with_every_rule_and_its_open_marks(client: TestClient) -> None:
    knowledge = osc.load_knowledge()
    overview = client.get("/knowledge").text
    n_marks = 0
    for table in knowledge.tables:
        assert f'/knowledge/{table.name}"' in overview
        page = text_of(client.get(f"/knowledge/{table.name}").text)
        marks = tables.marks(table)
        n_marks += len(marks)
        assert ("Not verified" in page) == bool(marks)
        for part in table.parts:
            for rule in part.rules:
                assert f"<b>{rule.id or 'otherwise'}</b>" in page, (table.name, rule.id)
    assert f"{n_marks} such marks are open" in overview
    assert n_marks > 5
    assert client.get("/knowledge/nothing").status_code == 422


# ---- doses ---------------------------------------------------------------------------------------


def test_doses_are_the_library_s(client: TestClient) -> None:
    said = text_of(client.post("/dose/bed", data={"courses": "54Gy/3fx\n\n30Gy/10fx"}).text)
    assert str(osc.bed(["54Gy/3fx", "30Gy/10fx"])).strip() in said
    spinal = text_of(client.post("/dose/bed", data={"courses": "54Gy/3fx", "alpha_beta": "2"}).text)
    assert str(osc.bed("54Gy/3fx", alpha_beta="2")).strip() in spinal
    limits = text_of(client.post("/dose/limits", data={"fractions": "5", "organ": "oesophagus"}).text)
    assert str(api.constraints(5, "oesophagus")).strip() in limits
    assert "follows what you write" in client.post("/dose/bed", data={"courses": " "}).text
    for path, data in (
        ("/dose/bed", {"courses": "54"}),
        ("/dose/bed", {"courses": "54Gy/3fx", "alpha_beta": "x"}),
        ("/dose/limits", {"fractions": "0"}),
        ("/dose/limits", {"fractions": "5", "organ": "wing"}),
    ):
        assert "Something to mend" in client.post(path, data=data).text, data


def test_a_plan_is_held_against_its_limits_and_nothing_of_it_stays(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    drawn = {"SpinalCord": box(square(5)), "Heart": box(square())}
    files = {
        "structures": write_structures(tmp_path / "rs.dcm", drawn),
        "dose": write_dose(tmp_path / "rd.dcm"),
        "plan": write_plan(tmp_path / "rp.dcm"),
    }
    page = client.post("/dose/check", files={name: path.read_bytes() for name, path in files.items()})
    assert page.status_code == 200
    assert page.text.count("<style nonce=") == 1
    own = api.check_plan(*files.values()).page()
    assert own.split("<main", 1)[1] == page.text.split("<main", 1)[1]
    lacking = client.post("/dose/check", files={"dose": files["dose"].read_bytes()})
    assert "structures and dose are both needed" in lacking.text
    wrong = client.post("/dose/check", files={"structures": b"hello", "dose": files["dose"].read_bytes()})
    assert wrong.status_code == 422
    assert str(place) not in wrong.text
    assert not list(place.iterdir())


# ---- trials --------------------------------------------------------------------------------------


def test_every_trial_is_read(client: TestClient) -> None:
    trials = osc.load_knowledge().trials
    overview = client.get("/trials").text
    for trial in trials:
        assert f'/trials/{trial.trial}"' in overview
        page = text_of(client.get(f"/trials/{trial.trial}").text)
        assert all(each.text in page for each in (*trial.ask, *trial.check))
        assert trial.title in page
    assert client.get("/trials/nothing").status_code == 422


def test_saved_cases_are_counted_by_trial_and_the_one_criterion_that_keeps_out(client: TestClient, url: str) -> None:
    cases = Cases(Database(url))
    documents = [json.loads(json.dumps(yaml.safe_load(path.read_text("utf-8")), default=str)) for path in EXAMPLES]
    made = [cases.create(document, path.stem, "test") for document, path in zip(documents, EXAMPLES, strict=True)]
    client.post("/concordance", data={"text": EXAMPLES[0].read_text("utf-8"), "pseudonym": "waits"})
    page = text_of(client.get("/trials/saved").text)
    assert "across 3 saved cases" in page, "the one that waits for its board is not answered"
    matches = [match for each in documents for match in osc.assess(each).report().matches]
    for trial in osc.load_knowledge().trials:
        own = [match for match in matches if match.trial.trial == trial.trial]
        counts = [sum(m.match == MATCHES for m in own), 0, sum(m.match == NO for m in own)]
        counts[1] = 3 - counts[0] - counts[2]
        row = page.split(f'href="/trials/{trial.trial}"')[1].split("</tr>")[0]
        assert f"<td>{counts[0]}</td><td>{counts[1]}</td><td>{counts[2]}</td>" in row
        alone = [m.failed[0] for m in own if len(m.failed) == 1]
        assert all(text in row for text in list(dict.fromkeys(alone))[:3])
    asked = next(m.trial.trial for m in matches if m.match not in (MATCHES, NO) and m.criteria and m.trial.table)
    where = f"/trials/saved/{made[1].id}"
    assert client.get(where).status_code == 200
    said = text_of(client.post(where, data={"trial": asked}).text)
    assert str(api.what_would(documents[1], trial=asked)).strip() in said
    assert client.get("/trials/saved/none").status_code == 404
    assert "read" in [line["what"] for line in cases.export(made[1].id, "test")["log"]]


def test_a_server_starts_without_what_only_some_pages_need() -> None:
    """Loading scipy alone takes longer than all else of a cold start."""
    code = (
        "import sys, oligoscope.web.app; print(sorted({'scipy', 'matplotlib', 'polars', 'pydicom'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# ---- PDF -----------------------------------------------------------------------------------------


def test_a_case_of_the_board_is_printed_on_one_side(client: TestClient, url: str) -> None:
    import io

    import pdfplumber

    cases = Cases(Database(url))
    document = json.loads(json.dumps(yaml.safe_load(EXAMPLES[1].read_text("utf-8")), default=str))
    made = cases.create(document, "Printed A17", "test")
    cases.decide(made.id, 1, "test", "board", "systemic therapy first", "", "2026.11", {})
    said = client.get(f"/board/{made.id}/pdf")
    assert said.headers["content-type"] == "application/pdf", said.text
    with pdfplumber.open(io.BytesIO(said.content)) as pdf:
        assert [(round(page.width), round(page.height)) for page in pdf.pages] == [(595, 842)]
        text = pdf.pages[0].extract_text()
    assert "Printed A17" in text
    assert "systemic therapy first" in text
    assert "Keep the decision" not in text


@pytest.mark.parametrize(("version", "is_kept"), [("1", True), ("7", False), ("x", False), ("", False)])
def test_a_decision_is_kept_of_the_version_that_was_read(
    client: TestClient, url: str, version: str, is_kept: bool
) -> None:
    cases = Cases(Database(url))
    made = cases.create({"patient": {"ecog": 1}}, "V", "test")
    form = {"version": version, "decision": "radiotherapy to all sites", "who": "the board"}
    said = client.post(f"/board/{made.id}", data=form, headers={"origin": "http://testserver"}, follow_redirects=False)
    assert (said.status_code == 303) == is_kept
    assert len(cases.read(made.id, "test").decisions) == is_kept


def test_without_chromium_the_browser_is_to_print(
    client: TestClient, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Cases(Database(url)).create({"patient": {"ecog": 1}}, "A", "test")
    monkeypatch.setattr("shutil.which", lambda name: None)
    said = client.get(f"/board/{made.id}/pdf")
    assert said.status_code == 422
    assert "print it from the browser" in said.json()["problems"][0]["fix"]
