"""Every page by keyboard alone, and at 200 % zoom.

`focus_stops.yaml` holds the stops of the Tab key on each page, in their order; neighbours of one kind stand there once.
`python -m tests.functional.test_focus_and_zoom http://127.0.0.1:8765` walks a fresh server and writes it: read the diff.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from playwright.sync_api import Browser, Page

from tests.functional.test_web_in_a_browser import NEW, address, browser

__all__ = ["address", "browser"]

STOPS = Path(__file__).with_name("focus_stops.yaml")
PAGES = ["/", "/board", "/comments", *NEW]
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
    name: e.getAttribute("aria-label") || label || e.innerText || e.title || "",
    is_seen: getComputedStyle(e).outlineStyle !== "none" && box.width > 0 && box.height > 0,
    html: e.outerHTML.slice(0, 120),
  };
}"""
REACHABLE = """() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")]
  .filter(e => !e.disabled && e.type !== "hidden" && e.checkVisibility()).length"""
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


def walked(page: Page) -> list[dict[str, Any]]:
    """Where the Tab key stops, from the top of a page until it leaves it."""
    stops: list[dict[str, Any]] = []
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
def test_the_keyboard_stops_where_it_did_and_reaches_everything(browser: Browser, address: str, path: str) -> None:
    page = browser.new_page()
    page.goto(f"{address}{path}")
    stops = walked(page)
    assert len(stops) == page.evaluate(REACHABLE), "something is reached by the mouse alone, or twice"
    assert [stop["html"] for stop in stops if not stop["is_seen"]] == []
    assert [stop["html"] for stop in stops if not stop["name"].strip()] == []
    assert short(stops) == yaml.safe_load(STOPS.read_text("utf-8"))[path]
    page.close()


@pytest.mark.parametrize("path", PAGES)
def test_at_200_percent_nothing_is_cut_off_and_nothing_slides_sideways(zoomed: Page, address: str, path: str) -> None:
    zoomed.goto(f"{address}{path}")
    zoomed.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert zoomed.evaluate("document.documentElement.scrollWidth") <= 640
    assert zoomed.evaluate(CUT_OFF) == []


def test_what_is_cut_off_is_seen(zoomed: Page) -> None:
    zoomed.set_content(
        "<main><p style='width:900px'>wide</p><div style='overflow:hidden;width:50px'>"
        "<b style='display:block;width:90px'>clipped</b></div></main>"
    )
    assert len(zoomed.evaluate(CUT_OFF)) == 2


def main(where: str) -> None:
    """Write the stops of every page of a server with no saved case."""
    import shutil

    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        kept = {}
        for path in PAGES:
            page = found.new_page()
            page.goto(f"{where}{path}")
            kept[path] = short(walked(page))
        found.close()
    STOPS.write_text(yaml.safe_dump(kept, allow_unicode=True, sort_keys=False), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
