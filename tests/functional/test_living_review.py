"""Searches and updates of a review against stand-ins of both databases: what is kept, what is told, and every fault."""

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from oligoscope import api
from oligoscope.cli.main import main
from oligoscope.literature.clients import caller
from oligoscope.literature.clients.caller import Caller, UpstreamError
from oligoscope.literature.clients.pubmed import PubMed
from oligoscope.literature.clients.registry import Registry
from tests.support.databases import Article, Databases, articles, databases, trial
from tests.support.reviews import kept

EXAMPLES = Path(__file__).parents[2] / "examples"
UNTIL = date(2022, 9, 1)
SOURCE = {"esearch": "pubmed", "efetch": "pubmed", "studies": "clinicaltrials"}


@pytest.fixture
def held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Databases]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(caller, "FIRST_WAIT_SECONDS", 0.01)
    monkeypatch.delenv("NCBI_API_KEY", raising=False)
    with databases(**content()) as found:
        yield found


def content() -> dict[str, Any]:
    """What the stand-ins hold: two answers of EFetch, two pages of the registry, three batches of trials."""
    numbers = [f"NCT{place:08d}" for place in range(1, 211)]
    return {"articles": articles(250), "trials": {number: trial(number) for number in numbers}}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[object, ...]]]:
    """What a search without any fault keeps, by its database."""
    found = {}
    with databases(**content()) as held:
        for source in ("pubmed", "clinicaltrials"):
            store = tmp_path_factory.mktemp("whole") / "r.db"
            assert main(["literature", "search", "--source", source, "--store", str(store), *held.options]) == 0
            found[source] = kept(str(store))
    return found


def run(held: Databases, line: str, capsys: pytest.CaptureFixture[str], code: int = 0) -> dict[str, Any]:
    capsys.readouterr()
    words = ["literature", *line.split(), "--store", "r.db", "--json"]
    assert main([*words, *(held.options if line.startswith(("search", "update", "card")) else [])]) == code
    answer = json.loads(capsys.readouterr().out)
    assert isinstance(answer, dict)
    return answer


# ---- searches ------------------------------------------------------------------------------------


def test_a_search_keeps_what_both_databases_count_and_the_same_again_adds_nothing(
    held: Databases, capsys: pytest.CaptureFixture[str]
) -> None:
    first = run(held, "search", capsys)
    assert [(each["database"], each["count"], each["added"]) for each in first["searches"]] == [
        ("PubMed", 250, 250),
        ("ClinicalTrials.gov", 210, 210),
    ]
    before = kept("r.db")
    again = run(held, "search", capsys)
    assert [each["added"] for each in again["searches"]] == [0, 0]
    assert kept("r.db") == before
    flow = run(held, "prisma", capsys)
    assert "imported file" not in json.dumps(flow)


def test_a_search_that_is_run_again_leaves_what_changed_to_the_next_update(
    held: Databases, capsys: pytest.CaptureFixture[str]
) -> None:
    run(held, "search --source clinicaltrials", capsys)
    held.trials["NCT00000005"] = trial("NCT00000005", status="COMPLETED", updated="2025-01-01")
    run(held, "search --source clinicaltrials", capsys)
    (changed,) = run(held, "update", capsys, code=1)["changed"]
    assert (changed["from"], changed["to"]) == ("2020-01-01", "2025-01-01")


def test_a_search_looks_up_to_its_day_and_only_where_it_is_told_to(
    held: Databases, capsys: pytest.CaptureFixture[str]
) -> None:
    found = run(held, "search --source pubmed --until 2015-01-10", capsys)
    assert [(each["database"], each["count"]) for each in found["searches"]] == [("PubMed", 10)]
    assert all("/registry" not in address for _, address, _, _ in held.asked)


def test_a_search_of_more_than_can_be_named_is_parted_and_the_parts_add_up() -> None:
    with databases(articles=articles(25_000, date(1950, 1, 1))) as held, Caller("PubMed", held.pubmed_url, 1000) as one:
        named = PubMed(one).search("anything", UNTIL)
        counted = [part.count for part in named.parts]
    assert len(counted) > 2
    assert max(counted) <= 9_999
    assert sum(counted) == named.count == 25_000
    assert len({each for part in named.parts for each in part.ids}) == 25_000
    ends = [(part.since, part.until) for part in named.parts]
    assert all((after[0] - before[1]).days == 1 for before, after in pairwise(ends))


def test_a_day_with_more_than_can_be_named_stops_the_search_with_what_to_do() -> None:
    crowd = {str(n): Article(str(n), date(2020, 1, 1), f"Report {n}") for n in range(1, 12)}
    with (
        databases(articles=crowd) as held,
        Caller("PubMed", held.pubmed_url, 1000) as one,
        pytest.raises(UpstreamError, match=r"11 records came in on 2020-01-01, and 10 can be named.*Narrow"),
    ):
        PubMed(one, most=10).search("anything", UNTIL)


def test_a_record_that_is_named_and_not_given_is_told_each_time_and_nothing_else_changes(
    held: Databases, capsys: pytest.CaptureFixture[str]
) -> None:
    held.articles["1003"].gone = True
    first = run(held, "search --source pubmed", capsys, code=1)
    assert (first["searches"][0]["added"], first["searches"][0]["missing"]) == (249, ["1003"])
    before = kept("r.db")
    assert run(held, "search --source pubmed", capsys, code=1)["searches"][0]["missing"] == ["1003"]
    assert kept("r.db") == before


# ---- faults --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "path"),
    [
        ("too_many", "esearch"),
        ("down", "esearch"),
        ("backend", "esearch"),
        ("truncated", "esearch"),
        ("broken_off", "esearch"),
        ("html", "esearch"),
        ("duplicate", "esearch"),
        ("down", "efetch"),
        ("truncated", "efetch"),
        ("broken_off", "efetch"),
        ("html", "efetch"),
        ("stranger", "efetch"),
        ("short", "efetch"),
        ("too_many", "studies"),
        ("down", "studies"),
        ("truncated", "studies"),
        ("html", "studies"),
        ("wrong_count", "studies"),
        ("circle", "studies"),
    ],
)
def test_a_fault_that_passes_leaves_the_store_that_no_fault_leaves(
    fault: str,
    path: str,
    held: Databases,
    whole: dict[str, list[tuple[object, ...]]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    source = SOURCE[path]
    # ESearch counts first and names then: where only names can go wrong, the second answer does.
    held.fault(fault, path, 2 if fault == "duplicate" else 1)
    run(held, f"search --source {source}", capsys)
    assert held.served[fault] >= 1
    assert not held.faults
    assert kept("r.db") == whole[source]


def test_a_token_that_expired_has_all_pages_asked_again(held: Databases) -> None:
    pages: list[int] = []

    def told(done: int, _: int) -> None:
        pages.append(done)
        if pages == [50, 100]:
            held.fault("expired", "studies")

    with Caller("ClinicalTrials.gov", held.registry_url, 1000) as one:
        found = Registry(one, page=50).search({}, told)
    assert held.served["expired"] == 1
    assert pages == [50, 100, 50, 100, 150, 200, 210]
    assert len(found) == 210


def test_a_slow_drip_is_given_up_and_asked_again(
    held: Databases, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(caller, "ANSWER_SECONDS", 0.3)
    held.fault("drip", "esearch")
    began = time.monotonic()
    assert run(held, "search --source pubmed", capsys)["searches"][0]["added"] == 250
    assert held.served["drip"] == 1
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("fault", "path", "said"),
    [
        ("down", "esearch", "it answered 500; asked 6 times. What came before is kept: run the same command again"),
        ("html", "efetch", "a page of HTML"),
        ("truncated", "studies", "JSON that breaks off; asked 6 times"),
        ("come_back_tomorrow", "esearch", "it asks to wait for 86400 s"),
        ("moved", "esearch", "it answered 302"),
        ("wrong_count", "studies", "it counts 213 trials, and gave 210; begun 3 times"),
    ],
)
def test_a_fault_that_stays_ends_with_what_to_do_and_the_next_run_finishes(
    fault: str,
    path: str,
    said: str,
    held: Databases,
    whole: dict[str, list[tuple[object, ...]]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    source = SOURCE[path]
    held.fault(fault, path, 50)
    assert main(["literature", "search", "--source", source, "--store", "r.db", *held.options]) == 2
    assert said in capsys.readouterr().err
    assert held.served[fault] >= 1
    held.faults.clear()
    run(held, f"search --source {source}", capsys)
    assert kept("r.db") == whole[source]


def test_parts_that_do_not_add_up_keep_nothing(held: Databases, capsys: pytest.CaptureFixture[str]) -> None:
    held.fault("wrong_count", "esearch")
    assert main(["literature", "search", "--source", "pubmed", "--store", "r.db", *held.options]) == 2
    assert "had 257 records and now has 250" in capsys.readouterr().err
    assert held.served["wrong_count"] == 1
    assert not [row for row in kept("r.db") if "PubMed" in str(row[1])]


def test_a_record_in_two_parts_keeps_nothing(held: Databases) -> None:
    with Caller("PubMed", held.pubmed_url, 1000) as one:
        client = PubMed(one, most=100)
        last_day = max(each.came for each in held.articles.values())
        first = next(part for part in client.search("anything", last_day).parts if part.count)
        # All questions but the last pass; the last part then names a record of the first.
        for _ in range(len(held.asked) - 1):
            held.fault("none", "esearch")
        held.fault("foreign", "esearch")
        with pytest.raises(UpstreamError, match=f"both name record {first.ids[0]}.*Nothing of this search was kept"):
            client.search("anything", last_day)
    assert held.served["foreign"] == 1


def test_a_database_that_is_not_there_is_told(held: Databases, capsys: pytest.CaptureFixture[str]) -> None:
    nowhere = [*held.options, "--pubmed-url", "http://127.0.0.1:9"][2:]
    assert main(["literature", "search", "--source", "pubmed", "--store", "r.db", *nowhere]) == 2
    assert "PubMed at http://127.0.0.1:9: it cannot be reached or broke off (ConnectError)" in capsys.readouterr().err


def test_what_the_database_says_of_the_words_is_told(held: Databases, capsys: pytest.CaptureFixture[str]) -> None:
    held.fault("phrase", "esearch")
    found = run(held, "search --source pubmed", capsys)
    assert found["searches"][0]["remarks"] == ["phrasesnotfound: oligoo"]


def test_questions_keep_their_distance_and_wait_as_long_as_they_are_told(
    held: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    held.fault("too_many", "esearch")
    with Caller("PubMed", held.pubmed_url, 20) as one:
        PubMed(one, most=100).search("anything", UNTIL)
    times = [when for when, *_ in held.asked]
    assert times[1] - times[0] >= 1, "Retry-After: 1"
    assert len(times) > 10
    # Of all together: one that arrives late on a busy machine is followed closely by the next.
    assert times[-1] - times[1] > 0.9 * (len(times) - 2) / 20, "20 a second"


def test_a_key_goes_to_pubmed_alone_and_is_shown_and_kept_nowhere(
    held: Databases,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NCBI_API_KEY", "hush-hush")
    caplog.set_level("DEBUG")
    answer = run(held, "search", capsys)
    sent = [("/pubmed" in address, values.get("api_key")) for _, address, values, _ in held.asked]
    assert {key for ours, key in sent if ours} == {"hush-hush"}
    assert {key for ours, key in sent if not ours} == {None}
    assert not [address for _, address, _, _ in held.asked if "hush" in address]
    held.fault("no_key", "esearch")
    assert main(["literature", "search", "--store", "r.db", *held.options]) == 2
    printed = capsys.readouterr()
    assert "API key invalid: …" in printed.err
    assert held.served["no_key"] == 1
    told = json.dumps(answer) + printed.out + printed.err + caplog.text
    assert "hush" not in told
    assert b"hush" not in b"".join(path.read_bytes() for path in Path().iterdir())


# ---- updates -------------------------------------------------------------------------------------


def test_an_update_tells_new_records_changed_trials_and_notices_once(
    held: Databases, capsys: pytest.CaptureFixture[str]
) -> None:
    run(held, "search", capsys)
    run(held, "screen --who jane --decide 1=include", capsys)
    held.articles["9000"] = Article("9000", date(2025, 1, 1), "A report that came later")
    held.articles["1000"].corrections = (("RetractionIn", "9001"), ("CommentIn", "9002"))
    held.articles["1000"].kinds = ("Journal Article", "Retracted Publication")
    held.articles["1001"].corrections = (("RetractionIn", "9003"),)
    held.trials["NCT00000005"] = trial(
        "NCT00000005",
        status="COMPLETED",
        updated="2025-01-01",
        results=True,
        criteria="Inclusion Criteria:\n\n* ECOG 0",
    )
    found = run(held, "update --until 2025-02-01", capsys, code=1)
    assert [(each["title"], each["pmid"]) for each in found["new"]] == [("A report that came later", "9000")]
    assert found["notices"] == [
        {"pmid": "1000", "of": "record 1, included", "kind": "retracted", "notice": "9001", "grave": True}
    ], "a comment is no notice, and 1001 is not included"
    (changed,) = found["changed"]
    assert (changed["trial"], changed["from"], changed["to"]) == ("NCT00000005", "2020-01-01", "2025-01-01")
    assert [(each["field"], each["before"], each["after"]) for each in changed["changes"]] == [
        ("hasResults", "False", "True"),
        ("statusModule.overallStatus", "RECRUITING", "COMPLETED"),
        ("eligibilityModule.eligibilityCriteria", "* ECOG 0 or 1", ""),
        ("eligibilityModule.eligibilityCriteria", "", "* ECOG 0"),
        ("statusModule.lastUpdatePostDateStruct.date", "2020-01-01", "2025-01-01"),
    ]
    assert {each for each in found["unread"] if each.startswith("NCT")}, "trials of the pack are followed too"
    shown = run(held, "update --show", capsys)
    for name in ("new", "changed", "notices"):
        assert shown[name] == found[name]
    again = run(held, "update --until 2025-02-01", capsys, code=1)
    assert (again["new"], again["changed"], again["notices"]) == ([], [], [])
    assert [each["pmid"] for each in again["older_notices"]] == ["1000"]
    assert run(held, "prisma", capsys)["round"] == 2, "an update without news is no round"


def test_a_trial_that_a_card_tells_of_is_held_against_the_registry(
    held: Databases, capsys: pytest.CaptureFixture[str]
) -> None:
    run(held, "search --source clinicaltrials", capsys)
    held.trials["NCT03862911"] = trial("NCT03862911", "2030-01-01", status="COMPLETED", updated="2031-01-01")
    found = run(held, "update", capsys, code=1)
    (card,) = found["cards"]
    assert (card["nct"], card["status"], card["registry_status"]) == ("NCT03862911", "recruiting", "COMPLETED")
    assert found["new"] == [], "it is followed, and not in the search"


def test_a_study_of_the_evidence_that_is_retracted_is_told(held: Databases, capsys: pytest.CaptureFixture[str]) -> None:
    run(held, "search --source clinicaltrials", capsys)
    held.articles["35094066"] = Article(
        "35094066", date(2022, 2, 1), "A trial of the evidence", corrections=(("ExpressionOfConcernIn", "9"),)
    )
    found = run(held, "update", capsys, code=1)
    (notice,) = found["notices"]
    assert (notice["kind"], notice["of"], notice["grave"]) == ("expression of concern", "study sindas", True)


def test_an_update_tells_which_saved_cases_newer_evidence_changes(
    held: Databases, capsys: pytest.CaptureFixture[str]
) -> None:
    run(held, "search --source clinicaltrials", capsys)
    Path("cases").mkdir()
    shutil.copy(EXAMPLES / "complete.yaml", "cases")
    database = sqlite3.connect("r.db")
    with database:
        database.execute("update run set finished = '2022-09-01T00:00:00+00:00'")
    database.close()
    found = run(held, "update --cases cases", capsys, code=1)
    moved = found["cases"]
    assert (found["since"], moved["from"], moved["n_patients"]) == ("2022-09-01", "2022-09-01", 1)
    assert moved["n_changed"] == 1
    assert all(each["because"] for each in moved["patients"])


def test_an_update_needs_a_search(held: Databases, capsys: pytest.CaptureFixture[str]) -> None:
    Path("one.ris").write_text("TY  - JOUR\nTI  - A title\nER  -\n")
    assert main(["literature", "import", "one.ris", "--store", "r.db"]) == 0
    for more in ([], ["--show"]):
        assert main(["literature", "update", "--store", "r.db", *held.options, *more]) == 2
    assert "no search of it is complete" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("search --until 2022-13-01", "this is not a day"),
        ("search --strategy none.yaml", "none.yaml"),
        ("search --strategy bad.yaml", "PubMed, ClinicalTrials.gov"),
        ("search --strategy word.yaml", "search 1 querry"),
        ("search --strategy one.yaml --source clinicaltrials", "the strategy has no search of it"),
        ("search --pubmed-url ftp://here", "https://"),
        ("search --per-second 0", "above 0"),
    ],
)
def test_a_search_that_cannot_be_is_refused_before_anything_is_asked(
    line: str, said: str, held: Databases, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("bad.yaml").write_text("- {database: Medline, until: 2022-09-01, query: lung}\n")
    Path("word.yaml").write_text("- {database: PubMed, until: 2022-09-01, querry: lung}\n")
    Path("one.yaml").write_text("- {database: PubMed, until: 2022-09-01, query: lung}\n")
    words = ["literature", *line.split(), "--store", "r.db"]
    more = held.options if "url" not in line and "per" not in line else []
    assert main([*words, *more]) == 2
    assert said in capsys.readouterr().err
    assert not held.asked


# ---- kill -9 -------------------------------------------------------------------------------------


def test_a_search_that_is_killed_is_finished_by_the_next(held: Databases) -> None:
    command = [sys.executable, "-m", "oligoscope", "literature", "search", *held.options, "--store"]
    subprocess.run([*command, "whole.db"], check=True, capture_output=True)
    chance = random.Random(1)
    for _ in range(5):
        process = subprocess.Popen([*command, "killed.db"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        asked = len(held.asked)
        # From its first question on: before it there is nothing to lose.
        while len(held.asked) == asked and process.poll() is None:
            time.sleep(0.002)
        time.sleep(chance.uniform(0, 0.4))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    subprocess.run([*command, "killed.db"], check=True, capture_output=True)
    assert kept("killed.db") == kept("whole.db")


# ---- cards ---------------------------------------------------------------------------------------

CRITERIA = """Inclusion Criteria:

* ECOG performance status 0-1
* 1 to 3 metastases
* Adequate organ function

Exclusion Criteria:

* Brain metastases
"""


def made(held: Databases, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    held.trials["NCT99990001"] = trial("NCT99990001", criteria=CRITERIA, updated="2021-02-03", sex="FEMALE")
    run(held, "search --source clinicaltrials", capsys)
    return run(held, "card NCT99990001 -o drafts", capsys)


def test_a_record_becomes_a_draft_that_is_listed_and_holds_nobody(
    held: Databases, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = made(held, capsys)
    assert (answer["criteria"], answer["to_read"], answer["problems"]) == (5, 1, [])
    trials = api.trials(knowledge=Path("drafts").resolve()).model_dump()["trials"]
    card = next(each for each in trials if each["nct"] == "NCT99990001")
    assert (card["card_status"], card["status"], card["status_date"]) == ("unverified", "recruiting", "2021-02-03")
    assert [(each["when"], each["text"], each["status"]) for each in card["criteria"]] == [
        ({"age_years": ">= 18"}, "“Minimum age: 18 Years”", "unverified"),
        ({"sex": "female"}, "“Sex: female”", "unverified"),
        ({"ecog_used": "<= 1"}, "“ECOG performance status 0-1”", "unverified"),
        ({"n_metastases": "[1..3]"}, "“1 to 3 metastases”", "unverified"),
        ({"n_brain_metastases": 0}, "excluded: “Brain metastases”", "unverified"),
    ]
    assert [each["text"] for each in card["check"]] == ["read this (inclusion): Adequate organ function"]
    capsys.readouterr()
    assert main(["trials", "list", "--knowledge", str(Path("drafts").resolve())]) == 0
    assert "DRAFT, not confirmed: A made-up trial, NCT99990001" in capsys.readouterr().out
    case = str(EXAMPLES / "complete.yaml")
    for words in (["assess", case, "--json"], ["trials", "match", case, "--json"]):
        assert main(words) == 0
        plainly = json.loads(capsys.readouterr().out)
        assert main([*words, "--knowledge", str(Path("drafts").resolve())]) == 0
        layered = json.loads(capsys.readouterr().out)
        assert layered["trials"] == plainly["trials"]


def test_a_card_that_a_person_confirmed_is_one_like_any_other(
    held: Databases, capsys: pytest.CaptureFixture[str]
) -> None:
    path = Path(made(held, capsys)["file"])
    draft = path.read_text("utf-8")
    path.write_text(draft.replace("card_status: unverified\n", ""), "utf-8")
    assert main(["knowledge", "check", "drafts"]) == 1
    assert "c1: the card is confirmed, and this criterion is unverified" in capsys.readouterr().out
    confirmed = draft.replace("card_status: unverified\n", "").replace("status: unverified", "status: seen")
    path.write_text(confirmed, "utf-8")
    assert main(["knowledge", "check", "drafts"]) == 0
    case = {"patient": {"sex": "male", "age": 60, "ecog": 1}}
    found = api.match(case, knowledge=Path("drafts").resolve()).model_dump()["trials"]["nct99990001"]
    assert found["criteria"] == {"c1": "met", "c2": "failed", "c3": "met", "c4": "unknown", "c5": "unknown"}


def test_a_draft_takes_no_confirmed_card_out_of_use(held: Databases, capsys: pytest.CaptureFixture[str]) -> None:
    path = Path(made(held, capsys)["file"])
    known = next(each for each in api.trials().found if each.nct == "NCT03862911").trial
    path.with_name(f"{known}.yaml").write_text(path.read_text("utf-8").replace("trial: nct99990001", f"trial: {known}"))
    assert main(["knowledge", "check", "drafts"]) == 1
    assert f"an unverified card cannot take the place of {known}" in capsys.readouterr().out


def test_a_card_of_a_trial_that_the_store_has_not_seen_is_asked_for(
    held: Databases, capsys: pytest.CaptureFixture[str]
) -> None:
    run(held, "search --source pubmed", capsys)
    held.trials["NCT03862911"] = trial("NCT03862911", criteria=CRITERIA)
    answer = run(held, "card nct03862911 -o drafts", capsys)
    assert answer["known"] == ["sabr-comet-3"]
    words = ["--store", "r.db", "-o", "drafts", *held.options]
    for number, said in (
        ("NCT03862911", "it is there already"),
        ("NCT00000999", "none of that number"),
        ("ISRCTN1", "NCT and eight digits"),
    ):
        assert main(["literature", "card", number, *words]) == 2
        assert said in capsys.readouterr().err
