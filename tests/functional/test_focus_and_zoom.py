"""Every page by keyboard alone, and at 200 % zoom.

`focus_stops.yaml` holds the stops of the Tab key on each page, in their order; neighbours of one kind stand there once.
`python -m tests.functional.test_focus_and_zoom` walks servers of its own and writes it: read the diff.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from playwright.sync_api import Browser, Page

from oligoscope.chart.opened import open_document
from oligoscope.store import Cases, Database
from oligoscope.store.accounts import Accounts
from tests.functional.test_web_in_a_browser import GAPS, NEW, ROOT, address, browser, served, violations
from tests.support.review_pages import make_reviews

__all__ = ["address", "browser"]

STOPS = Path(__file__).with_name("focus_stops.yaml")
SAVED = "/board/a saved case"
WITH_ACCOUNTS = ["/sign-in", "/password", "/accounts", SAVED, "/releases/ours"]
"""As an administrator sees them where everyone signs in, by a password or through an identity provider."""
PAGES = ["/", "/board", "/comments", *NEW, *WITH_ACCOUNTS]
MOST = 1_500
"""Stops of a page; one that has more holds the key fast somewhere."""

STOP = """() => {
  const e = document.activeElement;
  if (!e || e === document.body || e === document.documentElement) return null;
  const address = (e.getAttribute("href") || "").replace(/[?#].*/, "");
  const where = address.split("/").slice(0, 3).map((part, n) => n === 2 ? "…" : part).join("/");
  const named = e.name ? e.name.split(".")[0] : "";
  const kind = e.tagName === "INPUT" ? e.type : e.tagName.toLowerCase();
  const label = e.labels && e.labels.length ? e.labels[0].innerText : "";
  const box = e.getBoundingClientRect();
  return {
    text: [kind, where || named || e.getAttribute("role") || ""].join(" ").trim(),
    name: e.getAttribute("aria-label") || label || e.innerText || e.textContent || e.title || "",
    is_seen: getComputedStyle(e).outlineStyle !== "none" && box.width > 0 && box.height > 0,
    html: e.outerHTML.slice(0, 120),
  };
}"""
REACHABLE = """() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")]
  .filter(e => !e.disabled && e.type !== "hidden" && e.checkVisibility())
  .filter(e => e.type !== "radio" || document.getElementsByName(e.name)[0] === e).length"""
"""Of buttons of which one is chosen the key stops at one, and the arrows go on."""
TOP = """() => { const e = document.createElement("span"); e.tabIndex = -1;
  document.body.prepend(e); e.focus(); e.remove(); }"""
"""A page of screening begins at its record."""
CUT_OFF = """() => {
  const holds = (e, words) => words.includes(getComputedStyle(e).overflowX);
  const slides = e => { for (let p = e.parentElement; p; p = p.parentElement)
    if (holds(p, ["auto", "scroll"])) return true; return false; };
  return [...document.body.querySelectorAll("*")].filter(e => {
    if (!e.checkVisibility() || e.closest(".heard, .skip") || e.closest("svg") || e.tagName === "OPTION") return false;
    const box = e.getBoundingClientRect();
    const is_out = (box.right > innerWidth + 1 || box.left < -1) && !slides(e);
    const is_clipped = holds(e, ["hidden", "clip"]) && e.scrollWidth > e.clientWidth + 1;
    return is_out || is_clipped;
  }).map(e => e.outerHTML.slice(0, 120));
}"""


@dataclass(frozen=True)
class Servers:
    """One for its single user, and one where people sign in. token: of its administrator.  case_id: kept there."""

    alone: str
    several: str
    token: str
    case_id: str

    def show(self, page: Page, path: str) -> None:
        """Open a page of the server that has it."""
        if path not in WITH_ACCOUNTS:
            page.goto(f"{self.alone}{path}")
            return
        page.context.add_cookies([{"name": "oligoscope", "value": self.token, "url": self.several}])
        page.goto(f"{self.several}{f'/board/{self.case_id}' if path == SAVED else path}")
        title = {"/sign-in": "Sign in", "/password": "Choose a password", "/accounts": "Accounts", SAVED: "gaps"}
        title["/releases/ours"] = "Release ours"
        assert page.title().startswith(title[path])


@contextmanager
def serving(alone: str, folder: Path) -> Iterator[Servers]:
    """The servers. alone: the address of the first; folder: empty, for the second."""
    database = Database(f"sqlite:///{folder / 'cases.sqlite'}")
    accounts = Accounts(database)
    accounts.add("anna", "admin", "test")
    accounts.add("bert", "viewer", "test")
    accounts.disable("bert", "test")
    token, kept = accounts.token("anna", 1, "test"), Cases(database).create(open_document(GAPS).content, "gaps", "anna")
    (folder / "secret").write_text("made up", "utf-8")
    words = ["--oidc-issuer", "https://login.example", "--oidc-client", "us", "--oidc-role", "board=clinician"]
    words += ["--release", f"ours={ROOT / 'examples/hospital_pack'}"]
    with served(folder, "--accounts", *words, "--oidc-secret-file", str(folder / "secret")) as several:
        yield Servers(alone, several, token, kept.id)
    database.close()


@pytest.fixture(scope="module")
def servers(address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with serving(address, tmp_path_factory.mktemp("several")) as found:
        yield found


def walked(page: Page) -> list[dict[str, Any]]:
    """Where the Tab key stops, from the top of a page until it leaves it."""
    stops: list[dict[str, Any]] = []
    page.evaluate(TOP)
    while len(stops) < MOST:
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        if stop is None:
            return stops
        stops.append(stop)
    raise AssertionError(f"more than {MOST} stops: {stops[-3:]}")


def short(stops: list[dict[str, Any]]) -> list[str]:
    """The stops in words; neighbours of one kind once."""
    texts = [stop["text"] for stop in stops]
    return [text for before, text in zip(["", *texts], texts, strict=False) if text != before]


@pytest.fixture
def zoomed(browser: Browser) -> Iterator[Page]:
    """A window of 1280 pixels at 200 %: 640 of CSS, each of two."""
    context = browser.new_context(viewport={"width": 640, "height": 450}, device_scale_factor=2)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("path", PAGES)
def test_the_keyboard_stops_where_it_did_and_reaches_everything(browser: Browser, servers: Servers, path: str) -> None:
    page = browser.new_page()
    servers.show(page, path)
    stops = walked(page)
    assert len(stops) == page.evaluate(REACHABLE), "something is reached by the mouse alone, or twice"
    assert [stop["html"] for stop in stops if not stop["is_seen"]] == []
    assert [stop["html"] for stop in stops if not stop["name"].strip()] == []
    assert short(stops) == yaml.safe_load(STOPS.read_text("utf-8"))[path]
    page.close()


@pytest.mark.parametrize("path", PAGES)
def test_at_200_percent_nothing_is_cut_off_and_nothing_slides_sideways(
    zoomed: Page, servers: Servers, path: str
) -> None:
    servers.show(zoomed, path)
    zoomed.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert zoomed.evaluate("document.documentElement.scrollWidth") <= 640
    assert zoomed.evaluate(CUT_OFF) == []


def test_what_is_cut_off_is_seen(zoomed: Page) -> None:
    zoomed.set_content(
        "<main><p style='width:900px'>wide</p><div style='overflow:hidden;width:50px'>"
        "<b style='display:block;width:90px'>clipped</b></div></main>"
    )
    assert len(zoomed.evaluate(CUT_OFF)) == 2


@pytest.mark.parametrize("path", WITH_ACCOUNTS)
def test_axe_finds_nothing_in_light_dark_and_on_a_telephone(browser: Browser, servers: Servers, path: str) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    servers.show(page, path)
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page) == []
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert violations(page) == []
    page.close()


def main() -> None:
    """Write the stops of every page."""
    import shutil
    import tempfile

    from playwright.sync_api import sync_playwright

    with (
        tempfile.TemporaryDirectory() as first,
        tempfile.TemporaryDirectory() as second,
        sync_playwright() as playwright,
    ):
        found = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        kept = {}
        make_reviews(Path(first))
        with served(Path(first)) as alone, serving(alone, Path(second)) as servers:
            for path in PAGES:
                page = found.new_page()
                servers.show(page, path)
                kept[path] = short(walked(page))
        found.close()
    STOPS.write_text(yaml.safe_dump(kept, allow_unicode=True, sort_keys=False), "utf-8")


if __name__ == "__main__":
    main()
