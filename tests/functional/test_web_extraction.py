"""Extraction in the browser: what the form begins with, what is told in which box, and what a kept study changes."""

import html
import re
from pathlib import Path

import pytest
import yaml
from fastapi.testclient import TestClient

import oligoscope as osc
from oligoscope.api import literature
from oligoscope.evidence.store import read_study
from oligoscope.store import Cases, Database
from oligoscope.store.models import LogRow
from oligoscope.web import create_app
from oligoscope.web.settings import LOOPBACK, Settings
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
    shown = {name: text for name, text in boxes(page).items() if text and name != "~seen"}
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
