"""Extraction in the browser: what the form begins with, what is told in which box, and what a kept study changes."""

import html
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from fastapi.testclient import TestClient

import oligoscope as osc
from oligoscope.api import literature
from oligoscope.errors import NotAllowed
from oligoscope.evidence.store import read_study
from oligoscope.store import Cases, Database
from oligoscope.store.models import LogRow
from oligoscope.web import create_app
from oligoscope.web.drafts import Drafts
from oligoscope.web.settings import LOOPBACK, Settings
from oligoscope.web.settling import _without_box
from tests.functional.test_extraction import QUOTE, SEARCH

THERE = """TY  - JOUR
TI  - A made-up later report of a trial that is there
AU  - Roe, Richard
PY  - 2025
DO  - 10.1093/JNCI/djac015
AB  - A made-up sentence with 0.70 (0.50-0.90).
ER  -
TY  - JOUR
TI  - A made-up report that nobody let in
PY  - 2025
ER  -
"""
RESULT = {
    "id": "pfs-hr", "report": "doe-2026", "endpoint": "PFS", "measure": "hazard_ratio",
    "comparison": "lat vs control", "direction": "experimental over control", "value": "0.50",
    "interval.low": "0.33", "interval.high": "0.75", "interval.level": "0.95", "unit": "ratio",
    "locator": "abstract", "quote": QUOTE, "status": "seen",
}  # fmt: skip
ARMS = {
    "arms.0.id": "lat",
    "arms.0.role": "experimental",
    "arms.0.n": "60",
    "arms.1.id": "control",
    "arms.1.role": "control",
    "arms.1.n": "60",
}
ENTERED = {"allocation": "randomised", **ARMS, **{f"results.0.{name}": text for name, text in RESULT.items()}}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("extraction")
    return Settings(database=f"sqlite:///{folder / 'cases.sqlite'}", hosts=(*LOOPBACK, "testserver"))


@pytest.fixture(scope="module")
def server(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    """Records 1 (a made-up trial) and 2 (a report of SINDAS) are included, 3 is not."""
    records = tmp_path_factory.mktemp("records") / "a.ris"
    records.write_text(SEARCH + THERE, "utf-8")
    settings.reviews().mkdir()
    store = settings.reviews() / "r.db"
    literature.import_files(records, store=store)
    for record in (1, 2):
        for stage in ("abstract", "full_text"):
            literature.decide(record, "include", store=store, who="jane", stage=stage)
    return TestClient(create_app(settings), follow_redirects=False)


@pytest.fixture
def client(server: TestClient, settings: Settings) -> TestClient:
    """Nothing is extracted yet."""
    for path in settings.extracted().iterdir():
        path.unlink()
    return server


def boxes(page: str) -> dict[str, str]:
    """What stands in the boxes of a form."""
    found = dict(re.findall(r'<input[^>]* name="([^"]+)" value="([^"]*)"', page))
    for name, options in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        found[name] = next(iter(re.findall(r"<option selected>([^<]*)<", options)), "")
    found |= dict(re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>([^<]*)</textarea>', page))
    return {name: html.unescape(text) for name, text in found.items()}


def wrong(page: str) -> dict[str, str]:
    """By box, what is told to be mended in it."""
    found = {}
    for part in page.split('<div class="box">')[1:]:
        name, told = re.search(r' name="([^"]+)"', part), re.search(r'class="warning">([^<]+)<', part)
        if name and told:
            assert 'aria-invalid="true"' in part
            found[name[1]] = html.unescape(told[1])
    return found


def test_the_form_begins_with_what_the_command_writes(client: TestClient, settings: Settings, tmp_path: Path) -> None:
    page = client.get("/review/r/extract/1").text
    literature.extract(1, store=settings.reviews() / "r.db", output=tmp_path / "out")
    draft = yaml.safe_load((tmp_path / "out/doe-2026.yaml").read_text("utf-8"))
    shown = {name: text for name, text in boxes(page).items() if text and not name.startswith("~")}
    (report,) = draft["reports"]
    assert shown == {
        "study": draft["study"],
        "title": draft["title"],
        **{f"reports.0.{name}": str(value) for name, value in report.items()},
    }
    assert QUOTE in page
    assert not list(settings.extracted().iterdir()), "nothing is kept before somebody says so"


def test_a_study_that_is_kept_moves_the_pool_in_every_process_and_is_logged(
    client: TestClient, settings: Settings
) -> None:
    other = TestClient(create_app(settings))
    assert "doe-2026" not in other.get("/evidence").text
    before = other.get("/evidence/pool", params={"month": 9_999}).text
    plot = other.get("/evidence/forest.svg", params={"endpoint": "PFS", "as_of": "2026-11-01"}).content
    kept = client.post("/review/r/extract/1", data={**boxes(client.get("/review/r/extract/1").text), **ENTERED})
    assert (kept.status_code, kept.headers["location"]) == (303, "/review/r/studies/doe-2026")
    told = client.get("/review/r/studies/doe-2026").text
    with_it = str(osc.pool("PFS", evidence=[settings.extracted()])).splitlines()
    assert any(html.escape(line.strip(), quote=False) in html.unescape(told) for line in with_it if "trials" in line)
    assert "None yet: a rule cites it once a pack says so" in told
    assert "doe-2026" in other.get("/evidence").text
    assert other.get("/evidence/pool", params={"month": 9_999}).text != before
    assert other.get("/evidence/forest.svg", params={"endpoint": "PFS", "as_of": "2026-11-01"}).content != plot
    file = settings.extracted() / "doe-2026.yaml"
    assert file.read_text("utf-8").startswith("# Extracted from record 1 of the review r by ")
    result = read_study(file.read_text("utf-8"), file.name).result("pfs-hr")
    assert (result.value, result.interval and result.interval.low, result.quote) == (0.5, 0.33, QUOTE)
    with Cases(Database(str(settings.database))).database.reading() as session:
        assert "r: extract 1 as doe-2026, 1 results" in [row.detail for row in session.query(LogRow)]
    file.unlink()
    assert "doe-2026" not in other.get("/evidence").text


def test_what_was_judged_stands_with_the_study_and_in_the_pool(client: TestClient, settings: Settings) -> None:
    filled = {name: text for name, text in boxes(client.get("/review/r/extract/1").text).items() if text}
    judged = {
        "risk_of_bias.randomisation": "low",
        "risk_of_bias.selection": "high",
        "risk_of_bias.because": "Concealed, as they say.",
    }
    certain = {"certainty.0.endpoint": "PFS", "certainty.0.judgement": "very low", "certainty.0.because": "One trial."}
    sent = {**filled, **ENTERED, **judged, **certain}
    refused = client.post("/review/r/extract/1", data=sent)
    assert refused.status_code == 422
    assert set(wrong(refused.text)) == {"risk_of_bias.overall"}
    kept = client.post("/review/r/extract/1", data={**sent, "risk_of_bias.overall": "some concerns"})
    assert kept.status_code == 303
    page = html.unescape(client.get("/evidence/studies/doe-2026").text)
    assert (
        "Risk of bias (RoB 2): some concerns overall, randomisation low, selection of the result high; Concealed"
        in page
    )
    assert "Certainty (GRADE) of PFS: very low; One trial." in page
    study = osc.study("doe-2026", evidence=[settings.extracted()]).found
    assert study.risk_of_bias
    assert study.risk_of_bias.missing is None, "what nobody judged is not judged"
    pool = str(osc.pool("PFS", evidence=[settings.extracted()]))
    assert "risk of bias: to be judged; studies judged by RoB 2: doe-2026 some concerns; by their records" in pool
    again = boxes(client.get("/review/r/extract/1").text)
    assert {name: again[name] for name in judged | certain} == judged | certain


@pytest.mark.parametrize(
    "given, box, said",
    [
        ({"results.0.value": "0.5O"}, "results.0.value", "0.5O: input should be a valid number"),
        ({"results.0.value": ""}, "results.0.value", "field required"),
        ({"results.0.value": "not reached"}, "results.0.value", "None is not a ratio"),
        ({"results.0.value": "0.51"}, "results.0.quote", "0.51 does not stand in its quote"),
        ({"results.0.value": "-0.5"}, "results.0.value", "is not a ratio"),
        ({"results.0.value": "1e999"}, "results.0.value", "finite"),
        ({"results.0.interval.low": "0.80"}, "results.0.interval.low", "wrong way round"),
        ({"results.0.interval.level": "95"}, "results.0.interval.level", "less than or equal"),
        ({"results.0.direction": ""}, "results.0.direction", "a ratio turns with it"),
        ({"results.0.locator": ""}, "results.0.locator", "a number that was read has its place"),
        ({"results.0.quote": ""}, "results.0.quote", "no sentence is quoted"),
        ({"results.0.quote": QUOTE.replace("longer", "much longer")}, "results.0.quote", "stand in the abstract"),
        ({"results.0.status": ""}, "results.0.status", "field required"),
        ({"results.0.measure": "a guess"}, "results.0.measure", "Allowed: hazard_ratio"),
        ({"results.0.report": "other"}, "results.0.report", "is not a report of this study"),
        ({"arms.1.id": "lat"}, "arms.1.id", "this id is used twice"),
        ({"arms.1.n": "-60"}, "arms.1.n", "greater than 0"),
        ({"reports.0.published": "2026-13"}, "reports.0.published", "no day"),
        ({"study": "../doe"}, "study", "match pattern"),
        ({"n": "a hundred"}, "n", "valid integer"),
    ],
)
def test_what_is_wrong_is_told_in_its_box_and_nothing_is_kept(
    client: TestClient, settings: Settings, given: dict[str, str], box: str, said: str
) -> None:
    form = {**boxes(client.get("/review/r/extract/1").text), **ENTERED, **given}
    answer = client.post("/review/r/extract/1", data=form)
    assert answer.status_code == 422
    assert said in wrong(answer.text)[box]
    assert not list(settings.extracted().iterdir())
    assert {name: text for name, text in boxes(answer.text).items() if text} == {
        name: text for name, text in form.items() if text and (name, text) != ("results.0.measure", "a guess")
    }, "every word stands in its box again"


def test_a_report_of_a_study_that_is_there_adds_to_it_and_changes_nothing_of_it(
    client: TestClient, settings: Settings
) -> None:
    below = osc.load_knowledge().evidence.study("sindas")
    assert below.concern
    page = client.get("/review/r/extract/2").text
    form = boxes(page)
    assert (form["study"], f"with {len(below.results)} results" in page) == ("sindas", True)
    assert not any(name.startswith("results.") for name in form), "its numbers are not entered anew"
    added = {f"results.0.{name}": text for name, text in RESULT.items()}
    added |= {
        "results.0.report": "sindas",
        "results.0.value": "0.70",
        "results.0.locator": "page 4",
        "results.0.quote": "",
    }
    added |= {"results.0.interval.low": "", "results.0.interval.high": "", "results.0.interval.level": ""}
    added |= {"results.0.status": "unverified", "results.0.id": below.results[0].id}
    answer = client.post("/review/r/extract/2", data={**form, **added})
    assert wrong(answer.text)["results.0.id"].startswith("this id is used twice")
    kept = client.post("/review/r/extract/2", data={**form, **added, "results.0.id": "later-hr"})
    assert kept.status_code == 303
    file = settings.extracted() / "sindas.yaml"
    found = read_study(file.read_text("utf-8"), file.name)
    assert [*found.results[:-1]] == below.results
    assert (found.results[-1].id, found.concern, found.alerts) == ("later-hr", True, below.alerts)
    again = boxes(client.get("/review/r/extract/2").text)
    assert (again["results.0.id"], again["results.0.value"]) == ("later-hr", "0.7"), "what was entered here is edited"


def test_of_two_who_extract_one_study_the_second_is_told(client: TestClient, settings: Settings) -> None:
    form = {**boxes(client.get("/review/r/extract/1").text), **ENTERED}
    assert client.post("/review/r/extract/1", data=form).status_code == 303
    kept = (settings.extracted() / "doe-2026.yaml").read_bytes()
    answer = client.post("/review/r/extract/1", data={**form, "title": "Another"})
    assert (answer.status_code, "somebody kept this study since you opened the form" in answer.text) == (422, True)
    assert (settings.extracted() / "doe-2026.yaml").read_bytes() == kept


def test_only_what_was_included_is_extracted(client: TestClient) -> None:
    assert client.get("/review/r/extract/3").status_code == 422
    assert client.post("/review/r/extract/3", data=ENTERED).status_code == 422
    assert client.get("/review/r/extract/99").status_code == 422
    entry = client.post("/study-entry/arms", data={"arms.4.id": "x"})
    assert 'name="arms.5.id"' in entry.text
    assert client.post("/study-entry/none").status_code == 404
    assert client.post("/study-entry/arms", data={"arms.59.id": "x"}).status_code == 422


# ---- two people ----------------------------------------------------------------------------------


@pytest.fixture
def apart(client: TestClient, settings: Settings) -> TestClient:
    """Nobody has handed anything in."""
    shutil.rmtree(settings.reviews() / "r-extracted", ignore_errors=True)
    return client


def handed_in(client: TestClient, reader: str, given: dict[str, str]) -> Any:
    """What one of two enters, in a form that was opened for them."""
    begun = boxes(client.get("/review/r/extract/1", params={"reader": reader}).text)
    return client.post("/review/r/extract/1", data={**begun, **ENTERED, **given, "~as": "one of two"})


def test_the_second_extracts_blind_to_the_first_and_the_evidence_waits_for_both(
    apart: TestClient, settings: Settings
) -> None:
    first = handed_in(apart, "jane", {"results.0.n": "983", "title": "A title that jane gave"})
    assert (first.status_code, first.headers["location"]) == (303, "/review/r/settle/1")
    assert "jane handed in an extraction; a second is waited for" in apart.get("/review/r/settle/1").text
    assert "Extractions of record 1</a>, by jane: a second is waited for" in apart.get("/review/r").text
    assert not list(settings.extracted().iterdir())
    for page in (apart.get("/review/r/extract/1?reader=bob").text, apart.get("/review/r/settle/1").text):
        assert "983" not in page
        assert "A title that jane gave" not in page
    own = boxes(apart.get("/review/r/extract/1?reader=jane").text)
    assert (own["results.0.n"], own["results.0.value"]) == ("983", "0.5"), "one's own is there to be mended"
    alone = apart.post("/review/r/extract/1", data={**boxes(apart.get("/review/r/extract/1").text), **ENTERED})
    assert (alone.status_code, "jane extracted it as one of two" in alone.text) == (422, True)
    nobody = handed_in(apart, " ", {})
    assert (nobody.status_code, "an extraction is somebody" in nobody.text) == (422, True)
    assert not list(settings.extracted().iterdir())
    in_her_name = {**boxes(apart.get("/review/r/extract/1").text), **ENTERED, "~reader": "jane", "~as": "one of two"}
    answer = apart.post("/review/r/extract/1", data=in_her_name)
    assert (answer.status_code, "somebody kept this study since" in answer.text) == (422, True)


def test_where_two_differ_each_field_is_settled_and_the_study_is_kept_as_any_other(
    apart: TestClient, settings: Settings
) -> None:
    handed_in(apart, "jane", {"results.0.n": "983"})
    more = {name.replace("results.0", "results.1"): text for name, text in ENTERED.items() if "results.0" in name}
    more |= {"results.1.id": "os-hr", "results.1.endpoint": "OS", "results.1.status": "unverified"}
    wrong_value = {"results.0.n": "120", "results.0.value": "0.33", "arms.0.n": "61", **more}
    assert handed_in(apart, "bob", wrong_value).status_code == 303
    assert apart.get("/review/r/extract/1").headers["location"] == "/review/r/settle/1"
    page = html.unescape(apart.get("/review/r/settle/1").text)
    assert "bob and jane extracted it apart. They differ in 4 places." in page
    names = ["arms.lat.n", "results.pfs-hr.value", "results.pfs-hr.n", "results.os-hr"]
    assert sorted(dict.fromkeys(re.findall(r'type="radio"[^>]* name="([^"]+)"', page))) == sorted(names)
    store = settings.reviews() / "r.db"
    files = [settings.reviews() / "r-extracted/1" / f"{person}/doe-2026.yaml" for person in ("bob", "jane")]
    told = {each.place for each in literature.compare(*files, store=store, record=1).found.differences}
    assert {name for name in told if not name.startswith("results.os-hr")} == set(names[:3])
    assert "<b>bob</b>: 0.33" in page
    assert "<b>jane</b>: nothing" in page
    assert page.count(f"<q>{QUOTE}</q> abstract") == 5, (
        "value and n of both and the result of one, beside their sentences"
    )
    left = apart.post("/review/r/settle/1", data={"arms.lat.n": "jane", "results.pfs-hr.value": "nobody"})
    assert (left.status_code, left.text.count("it is not settled")) == (422, 3)
    chosen = dict(zip(names, ("bob", "jane", "bob", "jane"), strict=True))
    form = apart.post("/review/r/settle/1", data=chosen)
    assert (form.status_code, "Keep the study</button>" in form.text) == (200, True)
    filled = boxes(form.text)
    assert (filled["arms.0.n"], filled["results.0.value"], filled["results.0.n"]) == ("61", "0.5", "120")
    assert "results.1.id" not in filled, "jane has no such result"
    assert not list(settings.extracted().iterdir()), "it is looked over first"
    refused = apart.post("/review/r/extract/1", data={**filled, "results.0.value": "0.44"})
    assert "0.44 does not stand in its quote" in wrong(refused.text)["results.0.quote"]
    kept = apart.post("/review/r/extract/1", data={**boxes(refused.text), "results.0.value": "0.50"})
    assert (kept.status_code, kept.headers["location"]) == (303, "/review/r/studies/doe-2026")
    file = settings.extracted() / "doe-2026.yaml"
    assert "by bob and jane, settled by " in file.read_text("utf-8").splitlines()[0]
    study = read_study(file.read_text("utf-8"), file.name)
    assert (study.arms[0].n, study.result("pfs-hr").value, len(study.results)) == (61, 0.5, 1)
    with Cases(Database(str(settings.database))).database.reading() as session:
        lines = [row.detail for row in session.query(LogRow)]
    assert lines[-1] == "r: settle 1 of bob and jane as doe-2026, 1 results"
    assert "r: extract 1 for jane, one of two, 1 results" in lines
    page = apart.get("/review/r/settle/1").text
    assert ("Settled by" in page, 'type="radio"' in page) == (True, False)
    assert apart.post("/review/r/settle/1", data=chosen).status_code == 422
    assert handed_in(apart, "bob", {}).status_code == 422
    again = boxes(apart.get("/review/r/extract/1").text)
    assert apart.post("/review/r/extract/1", data={**again, "title": "Mended later"}).status_code == 303


def test_where_both_say_the_same_it_is_kept_without_a_choice(apart: TestClient, settings: Settings) -> None:
    early = apart.post("/review/r/extract/1", data={**ENTERED, "~as": "settled"})
    assert early.status_code == 422
    for person in ("jane", "b/../ob ü"):
        assert handed_in(apart, person, {}).status_code == 303
    third = {**ENTERED, "~reader": "eve", "~as": "one of two", "~handed": "new"}
    begun = {**boxes(apart.get("/review/r/settle/1").text), "study": "doe-2026", "title": "T"}
    reports = {"reports.0.id": "doe-2026"}
    answer = apart.post("/review/r/extract/1", data={**begun, **reports, **third})
    assert (answer.status_code, "two have extracted it" in answer.text) == (422, True)
    page = apart.get("/review/r/settle/1").text
    assert "Both say the same" in page
    form = apart.post("/review/r/settle/1", data={})
    assert apart.post("/review/r/extract/1", data=boxes(form.text)).status_code == 303
    assert len(list((settings.reviews() / "r-extracted/1").glob("*/doe-2026.yaml"))) == 2


def test_who_hands_in_alone_may_keep_it_all_the_same(apart: TestClient, settings: Settings) -> None:
    handed_in(apart, "jane", {})
    own = boxes(apart.get("/review/r/extract/1", params={"reader": "jane"}).text)
    assert apart.post("/review/r/extract/1", data=own).status_code == 303
    assert not list(settings.reviews().rglob("*.yaml")), "nobody is waited for any more"
    assert "Extractions of record" not in apart.get("/review/r").text


def test_what_one_person_entered_lies_in_a_folder_that_is_theirs_alone(tmp_path: Path) -> None:
    drafts = Drafts(tmp_path / "7")
    drafts.keep("anna", "doe-2024", "study: doe-2024\n")
    (own,) = (tmp_path / "7").iterdir()
    assert (drafts.people, oct(own.stat().st_mode & 0o777)) == (("anna",), "0o700")


def test_a_difference_without_a_box_is_not_passed_over() -> None:
    places = [("", "", "title"), ("results", "pfs-hr", "value")]
    assert _without_box("results.pfs-hr.strata.0", places) == ("results", "pfs-hr", "")
    with pytest.raises(NotAllowed, match="no box"):
        _without_box("funding", places)
