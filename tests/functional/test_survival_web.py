"""Survival, patients out of curves and registries over HTTP, and the page of curves: what the library says, and refusals."""

import base64
import io
import json
import re
import time
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from fastapi.testclient import TestClient

import oligoscope as osc
from oligoscope.web import create_app
from oligoscope.web.safety import LARGE, METHODS
from oligoscope.web.settings import LOOPBACK, Settings
from tests.unit.figure.test_raster import COLOURS, curve_of, draw

CURVES = Path(__file__).resolve().parents[1] / "data/curves"
AXES = {"x": "0:40", "y": "0:1"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    url = f"sqlite:///{tmp_path_factory.mktemp('web') / 'cases.sqlite'}"
    with TestClient(create_app(Settings(database=url, hosts=(*LOOPBACK, "testserver")))) as found:
        yield found


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("figure") / "km.png"
    draw(path, {"lower": curve_of(1, 100, 10), "upper": curve_of(2, 100, 20)})
    return path


def table() -> pl.DataFrame:
    random = np.random.default_rng(3)
    n = 60
    return pl.DataFrame(
        {
            "t": np.round(random.exponential(12, n), 2),
            "e": random.integers(0, 2, n),
            "c": random.integers(0, 3, n),
            "arm": ["a", "b"] * (n // 2),
            "age": random.integers(40, 80, n),
        }
    )


OUTCOME = {"time": "t", "event": "e"}
ASKED: dict[str, dict[str, Any]] = {
    "km": {**OUTCOME, "by": "arm", "at": [6, 12]},
    "logrank": {**OUTCOME, "by": "arm", "rho": 1},
    "cox": {**OUTCOME, "covariates": ["age", "arm:factor"]},
    "rmst": {**OUTCOME, "by": "arm", "tau": 10},
    "cuminc": {"time": "t", "cause": "c", "by": "arm"},
    "finegray": {"time": "t", "cause": "c", "covariates": "age", "of": 2},
}


def in_a_form(asked: dict[str, Any]) -> dict[str, str]:
    return {k: ",".join(map(str, v)) if isinstance(v, list) else str(v) for k, v in asked.items()}


def test_every_method_is_asked() -> None:
    assert set(ASKED) == set(METHODS) == set(osc.survival.__all__)


@pytest.mark.parametrize("method", ASKED)
def test_columns_a_csv_and_a_parquet_say_what_the_function_says(client: TestClient, method: str) -> None:
    frame, asked = table(), ASKED[method]
    said = getattr(osc.survival, method)(frame, **asked).model_dump()
    where = f"/api/v1/survival/{method}"
    columns = client.post(where, json={"data": frame.to_dict(as_series=False), **asked})
    assert columns.status_code == 200, columns.text
    assert columns.json() == json.loads(json.dumps(said))
    packed = io.BytesIO()
    frame.write_parquet(packed)
    for name, content in (("t.csv", frame.write_csv().encode()), ("t.parquet", packed.getvalue())):
        sent = client.post(where, data=in_a_form(asked), files={"data": (name, content)})
        assert sent.json() == columns.json()


@pytest.mark.parametrize("method", ["km", "cuminc"])
def test_one_time_is_a_number(client: TestClient, method: str) -> None:
    content = {"data": table().to_dict(as_series=False), **ASKED[method]}
    said = [client.post(f"/api/v1/survival/{method}", json={**content, "at": at}) for at in (6, [6], "6")]
    assert [each.status_code for each in said] == [200, 200, 200]
    assert said[0].json() == said[1].json() == said[2].json()


@pytest.mark.parametrize(
    ("change", "status", "says"),
    [
        ({"by": "arms"}, 422, "did you mean arm?"),
        ({"event": "age"}, 422, "in row 1 below the header"),
        ({"colour": "red"}, 422, "Extra inputs"),
        ({"time": {"a": 1}}, 422, "valid string"),
        ({"at": "soon"}, 422, "soon"),
        ({"data": "/etc/passwd"}, 422, "no such table"),
        ({"data": {"t": [1], "e": [1, 2]}}, 422, "data"),
        ({"data": [{"t": 1, "e": {"x": []}, "arm": "a"}]}, 422, "event"),
    ],
)
def test_what_is_to_be_mended_is_named(client: TestClient, change: dict[str, Any], status: int, says: str) -> None:
    content = {"data": table().to_dict(as_series=False), **ASKED["km"], **change}
    said = client.post("/api/v1/survival/km", json=content)
    assert (said.status_code, said.headers["content-type"]) == (status, "application/problem+json")
    assert says in said.text


def test_files_of_another_kind_and_bodies_too_large_are_refused(client: TestClient) -> None:
    where = "/api/v1/survival/km"
    said = client.post(where, data=in_a_form(ASKED["km"]), files={"data": ("../../t.xlsx", b"x")})
    assert (said.status_code, ".csv, .tsv, .parquet" in said.text) == (422, True)
    said = client.post(where, data=in_a_form(ASKED["km"]), files={"data": ("t.parquet", b"no parquet")})
    assert said.status_code == 422
    assert "oligoscope-sent" not in said.text, "the folder is gone"
    assert client.post(where, content=b"t,e", headers={"content-type": "text/csv"}).status_code == 415
    for path in (where, "/api/v1/ipd/figure", "/curves"):
        length = {"content-length": str(LARGE[path] + 1), "content-type": "application/json"}
        assert client.post(path, content=b"", headers=length).status_code == 413
    assert client.post("/api/v1/ipd", content=b" " * (4 * 1024 * 1024 + 1)).status_code == 413


def test_patients_are_rebuilt_as_by_the_function(client: TestClient) -> None:
    files = {
        "curve": ("c.csv", (CURVES / "curve.csv").read_bytes()),
        "at_risk": ("r.csv", (CURVES / "risk.csv").read_bytes()),
    }
    said = client.post("/api/v1/ipd", data={"reported": ["hr=0.45", "median=8.0,-"], "sets": "5"}, files=files)
    assert said.status_code == 200, said.text
    found = osc.ipd(CURVES / "curve.csv", CURVES / "risk.csv", reported={"hr": "0.45", "median": "8.0,-"}, sets=5)
    content = said.json()
    patients = pl.read_csv(io.StringIO(content.pop("patients")))
    assert content == json.loads(json.dumps(found.model_dump()))
    assert patients["arm"].value_counts().sort("arm")["count"].to_list() == [50, 50]
    columns = {n: pl.read_csv(CURVES / f"{n}.csv").to_dict(as_series=False) for n in ("curve", "risk")}
    same = client.post("/api/v1/ipd", json={"curve": columns["curve"], "at_risk": columns["risk"], "sets": 5,
                                            "reported": {"hr": "0.45", "median": "8.0,-"}}).json()  # fmt: skip
    assert same == said.json()
    assert client.post("/api/v1/ipd", data={"sets": "100000"}, files=files).status_code == 422
    assert client.post("/api/v1/ipd", data={"reported": "hr"}, files=files).status_code == 422


def test_a_figure_is_read_as_by_the_function(client: TestClient, picture: Path) -> None:
    curve = [f"{name}={colour}" for name, colour in COLOURS.items()]
    said = client.post(
        "/api/v1/ipd/figure", data={**AXES, "curve": curve}, files={"picture": ("my.png", picture.read_bytes())}
    )
    assert said.status_code == 200, said.text
    found = osc.ipd_figure(picture, axes=AXES, curves=COLOURS)
    content = said.json()
    assert content["curve"] == found.found.tables()
    assert base64.b64decode(content["overlay"].partition(",")[2]) == found.found.files()["overlay.png"]
    assert "oligoscope-sent" not in said.text
    from PIL import Image

    large = io.BytesIO()
    Image.new("1", (2000, 1501)).save(large, "PNG")
    said = client.post("/api/v1/ipd/figure", data=AXES, files={"picture": ("my.png", large.getvalue())})
    assert (said.status_code, "at most 3,000,000 pixels" in said.text) == (422, True)
    said = client.post("/api/v1/ipd/figure", data=AXES, files={"picture": ("my.txt", b"<svg/>")})
    assert (said.status_code, ".png" in said.text) == (422, True)


def test_a_drawing_needs_no_axes(client: TestClient) -> None:
    drawing = CURVES.parent / "figures/dashes.pdf"
    sent = {"picture": ("my.pdf", drawing.read_bytes())}
    said = client.post("/api/v1/ipd/figure", files=sent)
    assert said.status_code == 200, said.text
    found = osc.ipd_figure(drawing)
    assert said.json()["curve"] == found.found.tables()
    page = client.post("/curves", data={"x": "", "y": "", "colours": ""}, files=sent)
    assert 'src="data:image/svg+xml;base64,' in page.text
    assert boxes(page.text)["arm"] == ["curve 1", "curve 2"]
    assert ",censored," in boxes(page.text)["curve"][0]
    said = client.post("/api/v1/ipd/figure", data={"page": "2"}, files=sent)
    assert (said.status_code, "1 to 1" in said.text) == (422, True)


def boxes(page: str) -> dict[str, list[str]]:
    """What stands in the boxes of the form that rebuilds."""
    form = page[page.index("<form hx-post") :]
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input[^>]* name="(\w+)"(?: value="([^"]*)")?', form):
        found.setdefault(name, []).append(unescape(value))
    (text,) = re.findall(r'<textarea id="curve"[^>]*>(.*?)</textarea>', form, re.DOTALL)
    return {**found, "curve": [unescape(text)]}


def test_a_figure_becomes_patients_on_the_page(client: TestClient, picture: Path) -> None:
    colours = "\n".join(f"{name}={colour}" for name, colour in COLOURS.items())
    read = client.post("/curves", data={**AXES, "colours": colours}, files={"picture": ("a.png", picture.read_bytes())})
    assert read.status_code == 200
    assert 'src="data:image/png;base64,' in read.text
    filled = boxes(read.text)
    assert filled["arm"] == ["lower", "upper"]
    truth = {"lower": curve_of(1, 100, 10), "upper": curve_of(2, 100, 20)}
    times = [0, 10, 20, 30]
    at_risk = [
        [truth[arm].n - int((truth[arm].events + truth[arm].censored)[truth[arm].times < t].sum()) for t in times]
        for arm in truth
    ]
    events = [str(int(curve.events.sum())) for curve in truth.values()]
    sent = {**filled, "called": ["control", "=new"], "times": ["0, 10, 20, 30"], "events": events,
            "at_risk": [" ".join(map(str, row)) for row in at_risk]}  # fmt: skip
    said = client.post("/curves/patients", data=sent)
    assert said.status_code == 200, said.text
    assert "Verdict: good" in said.text
    (link,) = re.findall(r'download="ipd.csv" href="data:text/csv;base64,([^"]+)"', said.text)
    patients = pl.read_csv(io.BytesIO(base64.b64decode(link)))
    by_arm = patients.group_by("arm", maintain_order=True).agg(pl.len(), pl.col("event").sum())
    assert by_arm["arm"].to_list() == ["control", "'=new"], "no formula for a spreadsheet"
    assert by_arm["len"].to_list() == [100, 100]
    assert by_arm["event"].to_list() == [int(n) for n in events]


def test_readings_that_are_there_already_need_no_picture(client: TestClient) -> None:
    read = client.post("/curves", files={"readings": ("c.csv", (CURVES / "curve.csv").read_bytes())})
    filled = boxes(read.text)
    assert filled["arm"] == ["control", "ablation"]
    good = {**filled, "times": "0 6 12 18", "at_risk": ["50 34 14 4", "50,42,28,11"]}
    assert "Verdict" in client.post("/curves/patients", data=good).text
    for change, says in (
        ({"at_risk": ["50 34 14", "50 42 28 11"]}, "3 numbers for 4 times"),
        ({"called": ["one", "one"]}, "two arms have one name"),
        ({"events": ["90", ""]}, "whole number from 0 to 50"),
        ({"hr": "-1"}, "above 0"),
        ({"curve": ""}, "there is no reading"),
        ({"curve": "arm,time,survival\ncontrol,0,1\nablation,x,1\n"}, "it is a word"),
    ):
        said = client.post("/curves/patients", data={**good, **change})
        assert (said.status_code, says in unescape(said.text)) == (422, True), said.text


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "picture"),
        ({"x": "0:40"}, "picture"),
        ({**AXES, "colours": "red"}, "NAME=VALUE"),
        ({**AXES, "x": "forty"}, "axes"),
    ],
)
def test_a_figure_without_what_it_needs_is_refused_and_nothing_typed_is_lost(
    client: TestClient, picture: Path, given: dict[str, str], says: str
) -> None:
    files = {"picture": ("a.png", picture.read_bytes())} if len(given) > 1 else {}
    said = client.post("/curves", data=given, files=files)
    assert said.status_code == 422
    assert says in said.text
    for value in given.values():
        assert value in said.text


def test_a_registry_is_worked_on_over_http(client: TestClient, tmp_path: Path) -> None:
    osc.simulate_cohort(tmp_path / "made", patients=60, seed=1)
    tables = [("files", (path.name, path.read_bytes())) for path in sorted((tmp_path / "made").glob("*.csv"))]
    made = client.post("/api/v1/cohort", files=tables, data={"work": ["report", "validate"], "endpoint": "OS"})
    assert made.status_code == 202, made.text
    where = f"/api/v1/cohort/{made.json()['id']}"
    for _ in range(600):
        if (said := client.get(where).json())["state"] in ("done", "failed"):
            break
        time.sleep(0.2)
    assert said["state"] == "done", said
    assert {"report/report.html", "report/report.json", "validate/validation.html"} <= set(said["files"])
    report = client.get(f"{where}/files/report/report.json").json()
    assert report["endpoint"] == "OS"
    assert report["flow"]["read"] == 60
    assert client.get(f"{where}/files/asked.json").status_code == 404
    assert client.post("/api/v1/cohort", files=tables).status_code == 422
    assert client.delete(where).status_code == 204
    assert client.get(where).status_code == 404
