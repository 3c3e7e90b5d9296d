"""How long one patient takes in process: read, assess, match trials, lay out text, JSON and page.

python benchmarks/page.py            milliseconds of processor time, best of 31 (bars: assess 5, page 15)
python benchmarks/page.py --check    exit 1 when a bar is missed
"""

import datetime
import sys
import time
from collections.abc import Callable
from pathlib import Path

from oligoscope.assess.patient import assess
from oligoscope.chart.document import parse_case
from oligoscope.knowledge import load
from oligoscope.report.html import render_html
from oligoscope.report.patient import patient_report
from oligoscope.trials.match import match_trials

ALMOST_EMPTY = "case: almost empty\npatient: {age: 60}\n"
RUNS = 31
BARS = {"assess": 5.0, "page": 15.0}


def main() -> int:
    cases = {"almost empty": ALMOST_EMPTY}
    cases |= {path.stem: path.read_text(encoding="utf-8") for path in sorted(Path("examples").glob("*.yaml"))}
    late = 0
    for name, text in cases.items():
        for what, run in (("assess", _assess), ("page", _page)):
            took = _milliseconds(lambda run=run, text=text: run(text))  # type: ignore[misc]  # bound in the loop
            late += took > BARS[what]
            print(f"{name:<16}{what:<8}{took:6.2f} ms")
    return 1 if late and "--check" in sys.argv else 0


def _assess(text: str) -> None:
    assess(parse_case(text, "case", datetime.date.today()), load())


def _page(text: str) -> None:
    """Everything from the document to the page, trials included."""
    today, knowledge = datetime.date.today(), load()
    assessment = assess(parse_case(text, "case", today), knowledge)
    matches = match_trials(assessment, knowledge.trials, today)
    render_html(patient_report(assessment, matches, today))


def _milliseconds(run: Callable[[], None]) -> float:
    run()  # Knowledge and templates are read once.
    times = []
    for _ in range(RUNS):
        start = time.process_time()
        run()
        times.append(time.process_time() - start)
    return 1000 * min(times)


if __name__ == "__main__":
    sys.exit(main())
