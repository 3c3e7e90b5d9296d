"""The web application as a person meets it: a real server, a real browser, mouse and keyboard."""

import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

import oligoscope as osc
from tests.support.review_pages import PAGES as REVIEW
from tests.support.review_pages import make_reviews
from tests.unit.figure.test_raster import curve_of, draw

ROOT = Path(__file__).resolve().parent.parent.parent
AXE = ROOT / "node_modules/axe-core/axe.min.js"
GAPS = ROOT / "examples/gaps.yaml"


@contextmanager
def served(folder: Path, *words: str) -> Iterator[str]:
    """A server of its own with its cases in a folder: its address, once it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    start = [sys.executable, "-m", "oligoscope", "serve", "--port", str(port), "--data", str(folder), *words]
    server = subprocess.Popen(start)
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
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("cases")
    make_reviews(folder)
    with served(folder) as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    assert chromium, "make test installs chromium"
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield found
        found.close()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    found = context.new_page()
    complaints: list[str] = []
    found.on("pageerror", lambda error: complaints.append(str(error)))
    found.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    found.goto(address)
    yield found
    assert not complaints
    context.close()


def violations(page: Page) -> list[Any]:
    """What axe finds wrong with the page as it stands, folded parts open."""
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    page.evaluate(AXE.read_text("utf-8"))
    found: list[Any] = page.evaluate(
        "axe.run(document, {resultTypes: ['violations']}).then(found => found.violations.map("
        "v => [v.id, v.impact, v.nodes.slice(0, 3).map(n => n.html.slice(0, 120))]))"
    )
    return found


def test_a_file_is_opened_and_its_state_and_candidacy_are_read(page: Page) -> None:
    page.get_by_text("Open a file, or paste one").click()
    page.set_input_files("input[name=file]", GAPS)
    page.get_by_role("button", name="Open").click()
    page.wait_for_selector("#answer h1")
    rows = {row.title: row.answer for row in osc.assess(GAPS).report().first.answers}
    shown = page.inner_text("#answer .answers")
    for title in ("State of the disease", "Therapy of all sites"):
        assert title in shown
        assert rows[title] in shown


def test_the_answer_follows_each_entry_without_a_button(page: Page) -> None:
    page.select_option("[name='patient.ecog']", "1")
    page.wait_for_selector("#answer h1")
    page.select_option("[name=diffuse_disease]", "true")
    expect(page.locator("#answer h1")).to_contain_text("diffuse disease")
    assert "diffuse disease" in page.inner_text("#said")
    assert page.url.rstrip("/").count("/") == 2, "nothing of a patient stands in the address"


def test_an_answer_that_no_longer_follows_is_marked(browser: Browser, address: str) -> None:
    """The server is gone, or answers 503: the old answer must not be taken for that of the last entry."""
    page = browser.new_page()
    page.goto(address)
    page.select_option("[name='patient.ecog']", "1")
    page.wait_for_selector("#answer h1")
    gone = {"title": "The database does not answer", "detail": "who asks cannot be told"}
    told = page.locator("#unanswered")
    expect(told).to_be_hidden()
    for fail, said in (
        (lambda route: route.abort(), "The server does not answer"),
        (lambda route: route.fulfill(status=503, json=gone), "The database does not answer: who asks cannot be told"),
    ):
        page.route("**/answer", fail)
        page.select_option("[name=diffuse_disease]", "true")
        expect(told).to_contain_text(f"{said}. What stands on this page is older than your last entry")
        expect(page.locator("#answer")).to_have_class(re.compile("stale"))
        assert "diffuse disease" not in page.inner_text("#answer h1")
        assert violations(page) == []
        page.unroute("**/answer")
        page.select_option("[name=diffuse_disease]", "")
        expect(told).to_be_hidden()
        expect(page.locator("#answer")).not_to_have_class(re.compile("stale"))
    page.close()


def test_a_lesion_is_added_where_one_points_and_taken_away(page: Page) -> None:
    page.get_by_role("button", name="adrenal").click()
    expect(page.locator("#answer table.lesions")).to_contain_text("adrenal")
    page.fill("[name='lesions.0.size_cm']", "2.4")
    expect(page.locator("#answer table.lesions")).to_contain_text("2.4")
    page.get_by_role("button", name="Remove this entry").click()
    expect(page.locator("#answer")).to_contain_text("Fill in what is known")


def test_the_keyboard_alone_is_enough(page: Page) -> None:
    """From the top of the page to an answered question, by Tab, letters and Enter; every stop has a name."""
    stops = []
    for _ in range(40):
        page.keyboard.press("Tab")
        stop = page.evaluate(
            "(e => ({name: e.name || e.innerText, shown: getComputedStyle(e).outlineStyle}))(document.activeElement)"
        )
        stops.append(stop)
        if stop["name"] == "patient.ecog":
            break
    assert stops[-1]["name"] == "patient.ecog"
    assert all(stop["name"] and stop["shown"] != "none" for stop in stops), stops
    page.keyboard.type("1")
    page.wait_for_selector("#answer h1")
    page.get_by_role("button", name="brain").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("[name='lesions.0.organ']")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_a_filled_form(page: Page, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    assert violations(page) == []
    page.select_option("[name='patient.ecog']", "1")
    page.get_by_role("button", name="lung").click()
    expect(page.locator("#answer table.lesions")).to_contain_text("lung")
    assert violations(page) == []


def test_a_telephone_shows_it_without_sliding_sideways(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.get_by_role("button", name="liver").click()
    page.wait_for_selector("#answer h1")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_case_is_kept_and_decided_on_the_board(page: Page) -> None:
    page.select_option("[name='patient.ecog']", "1")
    page.fill("[name='~pseudonym']", "Patient of the walk")
    page.get_by_role("button", name="Keep this case").click()
    page.get_by_role("link", name="Open it on the board").click()
    page.wait_for_selector("text=Decisions of the board")
    assert violations(page) == []
    page.fill("[name=decision]", "systemic therapy first")
    page.get_by_role("button", name="Keep the decision").click()
    expect(page.locator("main")).to_contain_text("systemic therapy first")
    page.get_by_role("link", name="Board").click()
    expect(page.locator("main")).to_contain_text("Patient of the walk")
    assert violations(page) == []


def test_of_two_who_decide_on_one_case_the_second_is_told_and_loses_no_word(page: Page, address: str) -> None:
    """Both have the case open; what the second wrote stays in the box, above it what the first decided."""
    page.select_option("[name='patient.ecog']", "1")
    page.fill("[name='~pseudonym']", "Case of two")
    page.get_by_role("button", name="Keep this case").click()
    page.get_by_role("link", name="Open it on the board").click()
    page.wait_for_selector("text=Decisions of the board")
    other = page.context.new_page()
    other.goto(page.url)
    page.fill("[name=decision]", "systemic therapy first")
    other.fill("[name=decision]", "SABR of all sites")
    other.fill("[name=dissent]", "one of five")
    page.get_by_role("button", name="Keep the decision").click()
    expect(page.locator("main")).to_contain_text("systemic therapy first")
    with other.expect_navigation() as told:
        other.get_by_role("button", name="Keep the decision").click()
    assert told.value.status == 409
    expect(other.locator("main")).to_contain_text("saved by somebody else")
    expect(other.locator("main")).to_contain_text("systemic therapy first")
    assert other.input_value("[name=decision]") == "SABR of all sites"
    assert other.input_value("[name=dissent]") == "one of five"
    assert violations(other) == []
    page.reload()
    assert "SABR of all sites" not in page.inner_text("main"), "nothing of the second is kept until it is sent again"
    other.get_by_role("button", name="Keep the decision").click()
    expect(other.locator("main")).to_contain_text("Dissent: one of five")
    other.close()


NEW = ["/concordance", "/evidence", "/evidence/drift", "/evidence/studies/ashworth-2014", "/knowledge"]
NEW += ["/knowledge/lat-candidacy", "/cohort", "/curves", "/dose", "/trials", "/trials/saved", "/review", *REVIEW]


@pytest.mark.parametrize("path", NEW)
def test_each_further_page_reads_well_light_dark_and_on_a_telephone(page: Page, address: str, path: str) -> None:
    """Axe in both schemes, no complaint of the browser (the page fixture looks), no sliding sideways, under 150 kB."""
    answer = page.goto(f"{address}{path}")
    assert answer
    assert (answer.status, len(answer.body()) < 150_000) == (200, True)
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page) == []
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert violations(page) == []


@pytest.mark.parametrize("path", REVIEW)
def test_a_page_of_a_review_prints_what_it_says_and_no_form(page: Page, address: str, path: str) -> None:
    page.goto(f"{address}{path}")
    page.emulate_media(media="print")
    assert page.locator("main h1").is_visible()
    assert not page.locator("nav").first.is_visible()
    assert page.evaluate("[...document.querySelectorAll('form')].filter(e => e.checkVisibility()).length") == 0
    assert violations(page) == []


def test_the_slider_moves_by_keyboard_and_its_plot_is_drawn(page: Page, address: str) -> None:
    page.goto(f"{address}/evidence")
    drawn = "img => img.complete && img.naturalWidth > 100"
    page.wait_for_function("document.querySelector('#pool img').naturalWidth > 100")
    assert page.locator("#pool img").evaluate(drawn)
    page.locator("#month").focus()
    page.keyboard.press("Home")
    expect(page.locator("#pool [role=status]")).to_contain_text("as of 2010-01-31")
    expect(page.locator("#pool img")).to_have_count(0)


def test_a_figure_becomes_patients_and_reads_well_at_each_step(page: Page, address: str, tmp_path: Path) -> None:
    draw(tmp_path / "km.png", {"lower": curve_of(1, 100, 10), "upper": curve_of(2, 100, 20)})
    page.goto(f"{address}/curves")
    page.set_input_files("input[name=picture]", tmp_path / "km.png")
    page.get_by_label("Time axis").fill("0:40")
    page.get_by_label("Survival axis").fill("0:1")
    page.keyboard.press("Enter")
    page.get_by_label("Times of the numbers at risk").fill("0 20")
    assert page.locator("img[src^='data:image/png']").evaluate("img => img.naturalWidth") == 1400
    assert violations(page) == []
    for place, numbers in (("#at-risk-1", "100 20"), ("#at-risk-2", "100 42")):
        page.fill(place, numbers)
    page.keyboard.press("Enter")
    expect(page.locator("#patients pre")).to_contain_text("Verdict", timeout=30_000)
    page.wait_for_function("document.querySelector('#patients img').naturalWidth > 100")
    assert violations(page) == []
    with page.expect_download() as download:
        page.get_by_role("link", name="ipd.csv").click()
    assert download.value.path().read_text().count("\n") == 201


def test_doses_follow_what_is_written(page: Page, address: str) -> None:
    page.goto(f"{address}/dose")
    page.get_by_label("Courses, one on each line").fill("54Gy/3fx")
    expect(page.locator("#bed pre")).to_contain_text("151.2")
    page.get_by_label("Fractions of the whole course").fill("5")
    expect(page.locator("#limits pre")).to_contain_text("spinal")
