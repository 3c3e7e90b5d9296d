"""A made-up trial, imported, screened in and extracted in the browser: pool, drift, the rule that rests on it and a saved
case show it, and nothing of the program or its knowledge was touched.
"""

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import Browser, Page, expect

from oligoscope.knowledge.pack import PACKAGED
from tests.functional.test_web_in_a_browser import browser, violations
from tests.support.review_pages import make_reviews

__all__ = ["browser"]

ROOT = Path(__file__).resolve().parents[2]
CASE = ROOT / "examples/complete.yaml"
NUMBER = "NCT99990001"
QUOTE = "Progression-free survival was longer (hazard ratio 0.50, 95% CI 0.33-0.75)."
RECORDS = f"""PMID- 99999901
TI  - A made-up randomised trial of ablation of all sites in oligoprogressive lung cancer
FAU - Doe, Jane
JT  - J Made Up
DP  - 2026 Jan
AB  - We randomised 120 patients. {QUOTE} Registered as {NUMBER}.

PMID- 99999902
TI  - A made-up review of the knee
FAU - Roe, Richard
DP  - 2025
AB  - Cartilage.
"""


def pack(folder: Path) -> Path:
    """A hospital's pack: one rule rests on a trial that is registered and not published yet, a made-up one."""
    table = yaml.safe_load((PACKAGED / "tables/lat-candidacy.yaml").read_text("utf-8"))
    (rule,) = [each for each in table["rules"] if each["id"] == "CAND-7"]
    release = yaml.safe_load((PACKAGED / "release.yaml").read_text("utf-8"))
    trial = {"study": "made-up", "title": "MADE-UP", "registry": [NUMBER], "setting": "oligometastatic"}
    files = {
        "release.yaml": {
            "id": "ours",
            "title": "Ours",
            "version": "1",
            "date": "2026-01-01",
            "requires": {release["id"]: str(release["version"])},
        },
        "tables/lat-candidacy.yaml": {
            "change": "lat-candidacy",
            "rules": [{**rule, "cites": [*rule["cites"], "made-up"]}],
        },
        "studies/made-up.yaml": {**trial, "reports": [{"id": "protocol", "citation": "A made-up protocol"}]},
    }
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(yaml.safe_dump(content, sort_keys=False), "utf-8")
    return folder


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("review")
    (folder / "data").mkdir()
    make_reviews(folder / "data")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    where = ["--port", str(port), "--data", str(folder / "data"), "--knowledge", str(pack(folder / "ours"))]
    server = subprocess.Popen([sys.executable, "-m", "oligoscope", "serve", *where])
    found = f"http://127.0.0.1:{port}"
    try:
        for _ in range(900):
            try:
                urllib.request.urlopen(f"{found}/health", timeout=1)
                break
            except OSError:
                assert server.poll() is None, "the server ended"
                time.sleep(0.1)
        yield found
    finally:
        server.terminate()
        assert server.wait(20) in (0, 130)


@pytest.fixture(scope="module")
def page(browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    found = context.new_page()
    complaints: list[str] = []
    found.on("pageerror", lambda error: complaints.append(str(error)))
    found.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    yield found
    context.close()
    # The browser tells of a form that was refused as well, which is part of the walk.
    assert [each for each in complaints if "status of 422" not in each] == []


def key(page: Page, letter: str) -> None:
    """Press a letter, and wait for the answer."""
    with page.expect_response("**/screen"):
        page.keyboard.press(letter)
    # Letters typed while an answer is awaited decide nothing.
    expect(page.locator("#record:not(.htmx-request):not(.htmx-settling)")).to_have_count(1)


def test_from_a_file_of_records_to_a_changed_pool_rule_and_case(page: Page, address: str, tmp_path: Path) -> None:
    case = save_a_case(page, address)
    page.goto(f"{address}/evidence")
    before = page.inner_text("#pool")
    import_records(page, address, tmp_path)
    screen_by_keys(page)
    extract(page, address)
    see_what_changed(page, address, before)
    # The answer of the case is a rule's and stays as it was; its own page says so still.
    page.goto(case)
    expect(page.locator("main")).to_contain_text("Conditionally recommended")


def save_a_case(page: Page, address: str) -> str:
    """Before anybody knows of the trial. Its address."""
    page.goto(address)
    page.get_by_text("Open a file, or paste one").click()
    page.set_input_files("input[name=file]", CASE)
    page.get_by_role("button", name="Open").click()
    page.fill("[name='~pseudonym']", "Case of before")
    page.get_by_role("button", name="Keep this case").click()
    page.get_by_role("link", name="Open it on the board").click()
    assert "J Made Up" not in page.content()
    return page.url


def import_records(page: Page, address: str, tmp_path: Path) -> None:
    (tmp_path / "search.nbib").write_text(RECORDS, "utf-8")
    page.goto(f"{address}/review")
    assert violations(page) == []
    page.locator("#name-import").fill("made-up")
    page.set_input_files("input[name=files]", tmp_path / "search.nbib")
    page.get_by_role("button", name="Begin the review").click()
    # The page asks by itself how far it is.
    expect(page.locator("#progress")).to_contain_text("search.nbib: 2 records, NBIB", timeout=60_000)
    assert violations(page) == []
    page.get_by_role("link", name="The review", exact=True).first.click()
    expect(page.locator("main")).to_contain_text("search.nbib: 2 records, NBIB")
    assert violations(page) == []


def screen_by_keys(page: Page) -> None:
    """Titles and abstracts, then the full text of what was let in."""
    page.get_by_role("link", name="Screen titles and abstracts").click()
    page.get_by_label("Who reads").fill("jane")
    page.keyboard.press("Enter")
    expect(page.locator("#record")).to_contain_text("oligoprogressive lung cancer")
    assert violations(page) == []
    key(page, "i")
    expect(page.locator("#record")).to_contain_text("knee")
    page.keyboard.press("r")
    page.keyboard.type("another question, i say")
    page.keyboard.press("Escape")
    key(page, "e")
    expect(page.locator("#record")).to_contain_text("Nothing is left to read")
    assert violations(page) == []

    page.get_by_role("link", name="The review").click()
    page.get_by_role("link", name="Read full texts").click()
    page.get_by_label("Who reads").fill("jane")
    page.keyboard.press("Enter")
    expect(page.locator("#record h2")).to_be_focused()
    key(page, "i")


def extract(page: Page, address: str) -> None:
    """The form filled in, with a letter in a number first."""
    page.goto(f"{address}/review/made-up")
    page.get_by_role("link", name="Reports included in the review").first.click()
    page.get_by_role("link", name="A made-up randomised trial").click()
    expect(page.locator("main")).to_contain_text(QUOTE)
    page.get_by_role("link", name="Extract").click()
    assert violations(page) == []
    expect(page.get_by_label("Name of the study")).to_have_value("made-up")
    page.get_by_label("How the arms were formed").select_option("randomised")
    for number, role in enumerate(("experimental", "control")):
        page.get_by_role("button", name="Add an arm").click()
        page.locator(f"[name='arms.{number}.id']").fill(role)
        page.locator(f"[name='arms.{number}.role']").select_option(role)
        page.locator(f"[name='arms.{number}.n']").fill("60")
    page.get_by_role("button", name="Add a result").click()
    entered = {
        "id": "pfs-hr",
        "endpoint": "PFS",
        "comparison": "experimental vs control",
        "value": "0.5O",
        "interval.low": "0.33",
        "interval.high": "0.75",
        "unit": "ratio",
        "locator": "abstract",
        "quote": QUOTE,
    }
    page.locator("[name='results.0.measure']").select_option("hazard_ratio")
    page.locator("[name='results.0.direction']").select_option("experimental over control")
    page.locator("[name='results.0.report']").fill("doe-2026")
    page.locator("[name='results.0.interval.level']").fill("0.95")
    page.locator("[name='results.0.status']").select_option("seen")
    for name, value in entered.items():
        page.locator(f"[name='results.0.{name}']").fill(value)
    page.get_by_role("button", name="Keep the study").click()
    expect(page.locator("[name='results.0.value']")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("main")).to_contain_text("0.5O")
    assert violations(page) == []
    page.locator("[name='results.0.value']").fill("0.50")
    page.get_by_role("button", name="Keep the study").click()


def see_what_changed(page: Page, address: str, before: str) -> None:
    """At once: what rests on it, the saved cases, the pool, drift and the rule. before: the pool as it was."""
    expect(page.locator("main")).to_contain_text("lat-candidacy, CAND-7")
    assert violations(page) == []
    page.get_by_role("link", name="Saved cases whose answer").click()
    expect(page.locator("main")).to_contain_text("Case of before")
    expect(page.locator("main")).to_contain_text("lat-candidacy: CONDITIONAL, on newer evidence: made-up")
    assert violations(page) == []
    page.goto(f"{address}/evidence")
    assert page.inner_text("#pool") != before
    page.goto(f"{address}/evidence/studies/made-up")
    expect(page.locator("main")).to_contain_text("0.5 (95 % CI 0.33 to 0.75)")
    page.goto(f"{address}/evidence/drift?since=2025-12-01")
    expect(page.locator("main")).to_contain_text("made-up")
    expect(page.locator("main")).to_contain_text("CAND-7")
    assert violations(page) == []
    page.goto(f"{address}/knowledge/lat-candidacy")
    assert page.get_by_role("link", name="made-up").count() == 1


def test_where_two_extracted_otherwise_each_field_is_settled_by_keyboard(page: Page, address: str) -> None:
    page.goto(f"{address}/review/pages")
    page.get_by_role("link", name="Extractions of record 1", exact=True).click()
    page.get_by_role("radio", name="jane: 0.5", exact=True).focus()
    page.keyboard.press("Space")
    page.get_by_role("radio", name="jane: nothing").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("This is what the two of you who extracted it settled")
    assert violations(page) == []
    expect(page.locator("[name='results.0.value']")).to_have_value("0.5")
    assert page.locator("[name='results.1.id']").count() == 0
    page.locator("[name='results.0.value']").fill("0.44")
    page.get_by_role("button", name="Keep the study").click()
    expect(page.locator("[name='results.0.quote']")).to_have_attribute("aria-invalid", "true")
    assert violations(page) == []
    page.locator("[name='results.0.value']").fill("0.50")
    page.get_by_role("button", name="Keep the study").click()
    expect(page.locator("h1")).to_have_text("What page-1 changes")
    page.goto(f"{address}/review/pages/settle/1")
    expect(page.locator("main")).to_contain_text("Settled by")
    assert violations(page) == []
