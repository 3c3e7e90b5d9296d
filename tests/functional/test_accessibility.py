"""Every kind of page, in light and in dark, through axe in a real browser: no violation of any weight."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import yaml

import oligoscope as osc
from oligoscope.cli.main import main
from tests.support.rt_files import box, square, write_dose, write_plan, write_structures

ROOT = Path(__file__).resolve().parent.parent.parent
AXE = ROOT / "node_modules/axe-core/axe.min.js"
CASES = yaml.safe_load((ROOT / "tests/acceptance/published_cases.yaml").read_text("utf-8"))["cases"]
REPORT = """
<script>{axe}</script>
<script>addEventListener("load", async () => {{
  document.querySelectorAll("details").forEach(each => each.open = true);
  const found = await axe.run(document, {{resultTypes: ["violations"]}});
  const said = document.createElement("pre");
  said.id = "axe-said";
  said.textContent = JSON.stringify({{dark: matchMedia("(prefers-color-scheme: dark)").matches, passes: found.passes.length,
    violations: found.violations.map(v => [v.id, v.impact, v.nodes.slice(0, 3).map(n => n.html.slice(0, 120))])}});
  document.body.append(said);
}});</script></body>"""


def read_by_axe(page: Path, *, dark: bool, folder: Path) -> dict[str, Any]:
    """What axe says of a page whose folded parts are open: how many rules passed, and what is violated."""
    text = page.read_text("utf-8")
    assert text.count("</body>") == 1
    told = folder / f"{page.stem}-{dark}.html"
    told.write_text(text.replace("</body>", REPORT.format(axe=AXE.read_text("utf-8"))), "utf-8")
    browser = shutil.which("chromium")
    assert browser, "make test installs chromium"
    scheme = ["--blink-settings=preferredColorScheme=0"] if dark else ["--blink-settings=preferredColorScheme=1"]
    settings = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=20000", "--window-size=1280,900"]
    run = subprocess.run(
        [browser, *settings, *scheme, "--dump-dom", told.as_uri()], capture_output=True, text=True, timeout=100
    )
    said = re.search(r'<pre id="axe-said">(.*?)</pre>', run.stdout, re.DOTALL)
    assert said, run.stderr[-2000:]
    found: dict[str, Any] = json.loads(unescape(said[1]))
    return found


def _patient(number: int) -> Callable[[Path], Path]:
    def page(folder: Path) -> Path:
        written = folder / "page.html"
        written.write_text(osc.assess(CASES[number]["case"]).page(), "utf-8")
        return written

    return page


def _board(folder: Path) -> Path:
    assert (
        main(["board", *map(str, sorted(ROOT.glob("examples/*.yaml"))[:3]), "--html", str(folder / "page.html")]) == 0
    )
    return folder / "page.html"


def _cohort(folder: Path) -> Path:
    made = [
        sys.executable,
        str(ROOT / "scripts/make_example_registry.py"),
        str(folder / "registry"),
        "--patients",
        "300",
    ]
    subprocess.run(made, check=True, capture_output=True)
    assert main(["cohort", "assess", str(folder / "registry"), "-o", str(folder / "out")]) == 0
    return folder / "out/summary.html"


def _report(folder: Path) -> Path:
    made = [sys.executable, str(ROOT / "scripts/make_example_registry.py"), str(folder / "registry")]
    subprocess.run([*made, "--patients", "1500"], check=True, capture_output=True)
    assert main(["cohort", "report", str(folder / "registry"), "-o", str(folder / "out")]) == 0
    return folder / "out/report.html"


def _drift(folder: Path) -> Path:
    order = ["evidence", "drift", "--from", "2022-09-01", "--to", "2026-01-01", "--html", str(folder / "page.html")]
    assert main(order) == 0
    return folder / "page.html"


def _plan(folder: Path) -> Path:
    drawn = {"SpinalCord": box(square(5)), "Heart": box(square()), "Stomach": box(square(x=27)), "Couch": box(square())}
    files = [write_structures(folder / "rs.dcm", drawn), write_dose(folder / "rd.dcm"), write_plan(folder / "rp.dcm")]
    assert main(["dose", "check", *map(str, files), "--html", str(folder / "page.html")]) == 0
    return folder / "page.html"


PAGES = {"a case": _patient(0), "another": _patient(5), "many lesions": _patient(9)}
PAGES |= {"board": _board, "cohort": _cohort, "survival of a registry": _report, "drift": _drift, "plan": _plan}


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(name: str, dark: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = read_by_axe(PAGES[name](tmp_path), dark=dark, folder=tmp_path)
    assert said["dark"] == dark
    assert said["passes"] > 10
    assert said["violations"] == []


def test_axe_sees_a_planted_fault(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text('<!doctype html><html><body><img src="x.png"></body></html>', "utf-8")
    broken = [rule for rule, _, _ in read_by_axe(page, dark=False, folder=tmp_path)["violations"]]
    assert {"image-alt", "html-has-lang", "document-title"} <= set(broken)
