"""A server's folder with reviews in it, so that each of their pages has something to show; and where those pages are."""

import json
import time
from pathlib import Path
from typing import Any

import yaml
from fastapi.testclient import TestClient

from oligoscope.api import literature
from oligoscope.api.review import opened
from oligoscope.literature.extraction import form
from oligoscope.store import Database
from oligoscope.store.models import JobRow
from oligoscope.web import create_app
from oligoscope.web.drafts import Drafts
from oligoscope.web.settings import LOOPBACK, Settings

QUOTE = "Progression-free survival was longer (hazard ratio 0.50, 95% CI 0.33-0.75)."
PAGES = [
    "/review/pages",
    "/review/pages/box/included",
    "/review/pages/records/1",
    "/review/pages/screen",
    "/review/pages/screen?reader=ann",
    "/review/pages/screen?stage=full_text&reader=ann",
    "/review/pages/conflicts",
    "/review/pages/extract/4",
    "/review/pages/extract/2?reader=bob",
    "/review/pages/settle/1",
    "/review/pages/settle/2",
    "/review/pages/settle/3",
    "/review/pages/studies/sindas",
    "/review/pages/work",
    "/review/refused/work",
    "/review/begun/work",
]
"""Of a review: all that are asked for by an address. Records 1 and 3 are extracted by two, 3 is settled; 2 by one; one
order is done, one could not be, and one goes on for ever.
"""
_RECORD = """TY  - JOUR
TI  - A made-up randomised trial of ablation in oligometastatic lung cancer, number {n}
AU  - Doe, Jane
JO  - J Made Up
PY  - 2026
DO  - 10.1234/page-{n}
AB  - We randomised 12{n} patients. {quote}
ER  -
"""
_ENTERED: dict[str, Any] = {
    "allocation": "randomised",
    "arms": [{"id": "lat", "role": "experimental", "n": 60}, {"id": "control", "role": "control", "n": 60}],
}
_RESULT: dict[str, Any] = {
    "id": "pfs-hr", "endpoint": "PFS", "measure": "hazard_ratio", "comparison": "lat vs control",
    "direction": "experimental over control", "value": 0.5, "interval": {"low": 0.33, "high": 0.75, "level": 0.95},
    "unit": "ratio", "locator": "abstract", "quote": QUOTE, "status": "seen",
}  # fmt: skip


def make_reviews(folder: Path) -> None:
    """Make them in the folder of a server that has not begun."""
    url = f"sqlite:///{folder / 'cases.sqlite'}"
    app = create_app(Settings(database=url, hosts=(*LOOPBACK, "testserver")))
    records = "".join(_RECORD.format(n=n, quote=QUOTE) for n in range(1, 9))
    with TestClient(app) as client:
        for name, content in (("pages", f"{records}a line that is none\n"), ("refused", "no record")):
            client.post("/review", data={"name": name}, files={"files": ("search.ris", content.encode())})
            while "hx-get" in client.get(f"/review/{name}/progress").text:
                time.sleep(0.05)
    TestClient(app).post("/review", data={"name": "begun"}, files={"files": ("search.ris", records.encode())})
    with Database(url).writing() as session:
        row = session.query(JobRow).filter_by(name="begun").one()
        row.state, row.step, row.beat = "running", "importing files", 2**40
    _fill(folder / "reviews")


def _fill(folder: Path) -> None:
    """Decisions, a conflict, and what people extracted."""
    store = folder / "pages.db"
    for record in (1, 2, 3, 4):
        for stage in ("abstract", "full_text"):
            literature.decide(record, "include", store=store, who="jane", stage=stage)
    literature.decide(5, "include", store=store, who="ann")
    literature.decide(5, "exclude", store=store, who="jane", reason="another question")
    for record, person, value in (
        (1, "bob", 0.75),
        (1, "jane", 0.5),
        (2, "jane", 0.5),
        (3, "bob", 0.5),
        (3, "jane", 0.33),
    ):
        with opened(store) as review:
            begun = yaml.safe_load(form(review.record(record), f"page-{record}"))
        result = {**_RESULT, "report": f"page-{record}", "value": value}
        more = [{**result, "id": "os-hr", "endpoint": "OS"}] if person == "bob" else []
        text = json.dumps({**begun, **_ENTERED, "results": [result, *more]})  # JSON is YAML.
        Drafts(folder / "pages-extracted" / str(record)).keep(person, f"page-{record}", text)
    Drafts(folder / "pages-extracted/3").settle("curt", "sindas")
