"""Two releases at once on a server: a saved case under both, and which cases the other would answer otherwise."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

import oligoscope as osc
from oligoscope.chart.opened import open_document
from oligoscope.cli.main import main
from oligoscope.store import Cases, Database
from oligoscope.web import create_app
from oligoscope.web.settings import LOOPBACK, Settings

ROOT = Path(__file__).resolve().parents[2]
PACK = ROOT / "examples/hospital_pack"
OURS = {"origin": "http://testserver"}
SILENT = {frozenset(), frozenset({"no"})}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    url = f"sqlite:///{tmp_path_factory.mktemp('releases') / 'cases.sqlite'}"
    return Settings(database=url, hosts=(*LOOPBACK, "testserver"), releases={"ours": str(PACK)})


@pytest.fixture(scope="module")
def client(settings: Settings) -> Iterator[TestClient]:
    with TestClient(create_app(settings)) as found:
        yield found


def text(page: str) -> str:
    """What a page says, without its tags."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))


def kept(client: TestClient, case: object, pseudonym: str) -> str:
    made = client.post("/api/v1/cases", json={"case": case, "pseudonym": pseudonym}, headers=OURS)
    assert made.status_code == 201, made.text
    assert made.json()["knowledge"] == osc.load_knowledge().version
    return str(made.json()["id"])


def test_what_a_release_would_change_is_what_assess_says_of_each_case(client: TestClient) -> None:
    """The examples, and a child, whom the hospital's rules do not cover."""
    charts: dict[str, Any] = {path.stem: open_document(path).content for path in sorted(ROOT.glob("examples/*.yaml"))}
    charts |= {"child": {**charts["complete"], "patient": {**charts["complete"]["patient"], "age": 17}}}
    expected = {}
    for name, chart in charts.items():
        comparison = osc.assess(chart, release=PACK).release
        assert comparison
        # An option of the one that does not apply, and that the other lacks, is no other answer.
        told = [change for change in comparison.changes if set(map(frozenset, change.possible)) - SILENT]
        expected[name] = {change.table for change in told if change.answers_otherwise}
    ids = {name: kept(client, chart, name) for name, chart in charts.items()}
    page = client.get("/releases/ours").text
    differing = {name for name, tables in expected.items() if tables}
    assert differing
    assert "polymetastatic" not in differing
    assert "lat-candidacy" in expected["child"]
    assert set(re.findall(r'<h2><a href="/board/[0-9a-f-]+">([^<]+)</a>', page)) == differing
    knowledge = osc.load_knowledge()
    assert f"{len(differing)} of {len(charts)} saved cases would be answered otherwise" in text(page)
    assert f"by {osc.load_knowledge(PACK).version} than by {knowledge.version}" in text(page)
    option = next(part for part in osc.load_knowledge(PACK).table("safety-flags").parts if part.id == "STE-BRAIN")
    assert f"{option.text} (differs) this release does not ask it yes" in text(page)
    for name, case_id in ids.items():
        page = text(client.get(f"/board/{case_id}").text)
        said = re.search(r"Under ours \(([^)]+)\): (\w+) answers? otherwise", page)
        assert said
        assert said[1] == osc.load_knowledge(PACK).version
        assert (said[2] == "no") == (not expected[name])
        for table in knowledge.on_page:
            title = knowledge.page.row(table).title
            assert (f"{title} (differs)" in page) == (table.name in expected[name]), (name, title)


def test_a_program_asks_what_another_release_answers_otherwise(client: TestClient) -> None:
    chart = open_document(ROOT / "examples/complete.yaml").content
    child = {**chart, "patient": {**chart["patient"], "age": 17}}
    for case in (chart, child):
        told = client.post("/api/v1/assess", params={"release": "ours"}, json=case)
        wanted = osc.assess(case, release=PACK).model_dump(mode="json")
        assert (told.status_code, told.json()["release"]) == (200, wanted["release"])
        assert told.json()["decisions"] == wanted["decisions"]
    assert "release" not in client.post("/api/v1/assess", json=chart).json()
    refused = client.post("/api/v1/assess", params={"release": "theirs"}, json=chart)
    assert (refused.status_code, refused.json()["title"]) == (404, "No such release")
    assert "there are: ours" in refused.json()["detail"]


def test_a_case_keeps_the_release_that_it_was_saved_under(client: TestClient, settings: Settings) -> None:
    """Also when another answers by now; saved again, it has that one."""
    case_id = kept(client, {"patient": {"ecog": 1}}, "kept")
    before = osc.load_knowledge().version
    cases = Cases(Database(str(settings.database)))
    later = Settings(database=settings.database, hosts=settings.hosts, packs=(str(PACK),))
    with TestClient(create_app(later)) as other:
        assert f"saved under {before}" in text(other.get(f"/board/{case_id}").text)
        read = other.get(f"/api/v1/cases/{case_id}").json()
        assert read["knowledge"] == before
        assert cases.export(case_id, "test")["knowledge"] == before
        discussed = {"version": read["version"], "status": "discussed"}
        assert other.put(f"/api/v1/cases/{case_id}", json=discussed, headers=OURS).json()["knowledge"] == before
        again = {"version": read["version"] + 1, "case": {"patient": {"ecog": 2}}}
        said = other.put(f"/api/v1/cases/{case_id}", json=again, headers=OURS).json()
        assert said["knowledge"] == osc.load_knowledge(PACK).version
    assert "saved under" not in text(client.get(f"/board/{kept(client, {'patient': {'ecog': 1}}, 'now')}").text)


def test_every_case_that_is_held_against_a_release_is_a_line_of_the_log(client: TestClient, settings: Settings) -> None:
    case_id = kept(client, {"patient": {"ecog": 3}}, "logged")
    client.get("/releases/ours")
    lines = Cases(Database(str(settings.database))).export(case_id, "test")["log"]
    assert [line["what"] for line in lines] == ["create", "count", "export"]


def test_a_release_that_is_none_is_told(client: TestClient, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert client.get("/releases/theirs").status_code == 404
    assert 'href="/releases/ours"' in client.get("/board").text
    data = ["--data", str(tmp_path)]
    for words, said in (
        (["--release", "next"], "write NAME=PACK"),
        (["--release", f"a={PACK}", "--release", f"a={PACK}"], "given twice"),
        (["--release", f"next={tmp_path / 'none'}"], "none"),
        (["--release", f"next={PACK}", "--knowledge", str(PACK)], "the release that answers"),
    ):
        assert main(["serve", *words, *data]) == 2, words
        assert said in capsys.readouterr().err
