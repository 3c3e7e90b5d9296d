"""One registry, wherever it lives: every engine gives the same answers, rejects and summary, from its own reading."""

import datetime
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import polars as pl
import pytest

from oligoscope.cohort.run import run_cohort
from oligoscope.knowledge import load
from tests.support.engines import answers, lesion_answers, registry, rejects, write_csv, write_duckdb, write_parquet

TODAY = datetime.date(2026, 1, 1)
N_PATIENTS = 300
READERS = ("scan_csv", "read_csv", "scan_parquet", "read_parquet", "scan_ipc", "read_ipc", "read_database")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The registry in every form, and what Polars makes of it."""
    folder = tmp_path_factory.mktemp("engines")
    tables = registry(N_PATIENTS)
    write_csv(tables, folder / "csv")
    write_parquet(tables, folder / "parquet")
    write_duckdb(tables, folder / "registry.duckdb")
    for form in ("csv", "parquet"):
        run_cohort(folder / form, folder / f"polars-{form}", load(), TODAY)
    return folder


@pytest.fixture
def no_polars_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> NoReturn:
        raise AssertionError("read by Polars")

    for name in READERS:
        monkeypatch.setattr(pl, name, refuse)


def summary(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "summary.json").read_text()))


def test_the_registry_has_what_is_compared(folder: Path) -> None:
    assert len(rejects(folder / "polars-csv")) > 20
    assert 200 < len(answers(folder / "polars-csv")) < N_PATIENTS
    assert answers(folder / "polars-csv") == answers(folder / "polars-parquet")


@pytest.mark.usefixtures("no_polars_readers")
@pytest.mark.parametrize(("source", "form"), [("csv", "csv"), ("parquet", "parquet"), ("registry.duckdb", "parquet")])
def test_duckdb_reads_and_writes_its_own(source: str, form: str, folder: Path, tmp_path: Path) -> None:
    result = run_cohort(folder / source, tmp_path / "out", load(), TODAY, engine="duckdb")
    assert answers(tmp_path / "out") == answers(folder / f"polars-{form}")
    assert summary(tmp_path / "out") == summary(folder / f"polars-{form}")
    assert lesion_answers(tmp_path / "out")[0].keys() == lesion_answers(folder / "polars-csv")[0].keys()
    assert result.summary.n_left_out == summary(folder / "polars-csv")["patients_left_out"]
    if source != "registry.duckdb":
        assert rejects(tmp_path / "out") == rejects(folder / f"polars-{form}")
        assert lesion_answers(tmp_path / "out") == lesion_answers(folder / f"polars-{form}")


@pytest.mark.usefixtures("no_polars_readers")
def test_duckdb_keeps_the_order_of_the_rows(folder: Path, tmp_path: Path) -> None:
    run_cohort(folder / "csv", tmp_path / "out", load(), TODAY, engine="duckdb")
    mine = (tmp_path / "out/answers.csv").read_text().splitlines()
    assert mine == (folder / "polars-csv/answers.csv").read_text().splitlines()


def test_duckdb_never_reads_half_a_row(tmp_path: Path) -> None:
    text = "patient_id,assessed,lesion1_organ,lesion2_organ\na,2024-05-02,liver,bone\nb,2024-05-02,brain\nc,,bone,\n"
    (tmp_path / "flat[1].csv").write_text(text)
    for engine in ("polars", "duckdb"):
        run_cohort(tmp_path / "flat[1].csv", tmp_path / engine, load(), TODAY, engine=engine)
    assert [row["patient_id"] for row in answers(tmp_path / "duckdb")] == ["a", "c"]
    places = [[(row[1], row[2], row[4]) for row in rejects(tmp_path / engine)] for engine in ("polars", "duckdb")]
    assert places == [[("3", "b", "b,2024-05-02,brain")]] * 2


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    """A local session; where there is no Java, there is none."""
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    sql = pytest.importorskip("pyspark.sql")
    session = sql.SparkSession.builder.master("local[2]").config("spark.sql.shuffle.partitions", "2")
    for name in ("spark.driver.host", "spark.driver.bindAddress"):
        session = session.config(name, "127.0.0.1")
    started = session.config("spark.ui.enabled", "false").getOrCreate()
    yield started
    started.stop()


@pytest.mark.usefixtures("spark", "no_polars_readers")
@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_spark_reads_and_writes_its_own(form: str, folder: Path, tmp_path: Path) -> None:
    run_cohort(folder / form, tmp_path / "out", load(), TODAY, engine="spark")
    assert answers(tmp_path / "out") == answers(folder / f"polars-{form}")
    assert summary(tmp_path / "out") == summary(folder / f"polars-{form}")
    assert rejects(tmp_path / "out") == rejects(folder / f"polars-{form}")
    assert lesion_answers(tmp_path / "out") == lesion_answers(folder / f"polars-{form}")


CONNECT = """
import sys, datetime
from pathlib import Path
from pyspark.sql import SparkSession
session = SparkSession.builder.remote("local[2]").getOrCreate()
session.conf.set("spark.sql.shuffle.partitions", "2")
from oligoscope.cohort.run import run_cohort
from oligoscope.knowledge import load
run_cohort(Path(sys.argv[1]), Path(sys.argv[2]), load(), datetime.date(2026, 1, 1), engine="spark")
"""


def test_spark_connect_serves_as_well(folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("grpc")
    environment = {**os.environ, "PYSPARK_PYTHON": sys.executable}
    command = [sys.executable, "-c", CONNECT, str(folder / "parquet"), str(tmp_path / "out")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert answers(tmp_path / "out") == answers(folder / "polars-parquet")
    assert summary(tmp_path / "out") == summary(folder / "polars-parquet")


# ---- a registry larger than memory ---------------------------------------------------------------


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize("at_once", [40, 150])
def test_parts_on_disk_change_nothing(form: str, at_once: int, folder: Path, tmp_path: Path) -> None:
    run_cohort(folder / form, tmp_path / "out", load(), TODAY, at_once=at_once)
    same = ["answers.csv", "lesion_answers.csv"] if form == "csv" else []
    for name in ("rejects.csv", "summary.json", *same):
        assert (tmp_path / "out" / name).read_text() == (folder / f"polars-{form}" / name).read_text()
    if form == "parquet":
        for name in ("answers.parquet", "lesion_answers.parquet"):
            files = [pl.read_parquet(each / name) for each in (tmp_path / "out", folder / "polars-parquet")]
            assert files[0].equals(files[1])


def test_an_engine_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from oligoscope.chart.problems import CaseError

    monkeypatch.setitem(sys.modules, "duckdb", None)
    monkeypatch.delitem(sys.modules, "oligoscope.cohort.engines.duckdb", raising=False)
    with pytest.raises(CaseError, match=r"pip install 'oligoscope\[duckdb\]'"):
        run_cohort(tmp_path, tmp_path / "out", load(), TODAY, engine="duckdb")


def test_small_batches_of_workers_add_up(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oligoscope.cohort.engines.together.PATIENTS_AT_ONCE", 30)
    run_cohort(folder / "csv", tmp_path / "out", load(), TODAY, engine="duckdb", at_once=10)
    assert summary(tmp_path / "out") == summary(folder / "polars-csv")
    assert answers(tmp_path / "out") == answers(folder / "polars-csv")
