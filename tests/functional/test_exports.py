"""A table for readers: Markdown and CSV hold every condition, outcome and source."""

import csv
import io

import pytest

from oligoscope.cli.main import main

ASH_2 = ["", "ASH-2", "false", "[1..5]", "synchronous", "N0", "intermediate", "ashworth-2014", "seen"]
MET = ["", "ASH-1", "false", "[1..5]", "metachronous", "-", "low", "ashworth-2014", "seen"]


def exported(table: str, form: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["knowledge", "export", table, "--to", form]) == 0
    return capsys.readouterr().out


def test_csv_has_one_row_per_rule_with_conditions_outcome_and_source(capsys: pytest.CaptureFixture[str]) -> None:
    header, *rows = csv.reader(io.StringIO(exported("ashworth-risk-group", "csv", capsys)))
    assert header == [
        "part",
        "rule",
        "diffuse_disease",
        "n_metastases",
        "omd-timing",
        "n_category",
        "then",
        "cites",
        "status",
    ]
    assert MET in rows
    assert ASH_2 in rows
    assert [row[1] for row in rows] == ["ASH-8", "ASH-8", "ASH-1", "ASH-2", "ASH-3", "ASH-4"]


def test_csv_of_a_score_has_its_factors_and_both_ways_to_a_gene_point(capsys: pytest.CaptureFixture[str]) -> None:
    header, *rows = csv.reader(io.StringIO(exported("lung-molgpa", "csv", capsys)))
    columns = {name: header.index(name) for name in ("part", "histology", "egfr", "alk", "then")}
    ways = [[row[k] for k in columns.values()] for row in rows if row[1] == "gene-positive"]
    assert ways == [
        ["gene", "adenocarcinoma", "positive", "-", "1"],
        ["gene", "adenocarcinoma", "negative", "positive", "1"],
    ]


def test_markdown_reads_as_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    text = exported("ashworth-risk-group", "md", capsys)
    assert text.startswith("# Ashworth risk group after radical treatment of all sites\n")
    assert "| low | low risk | ashworth-2014/os-rate-5-years-low-risk |" in text
    assert "| ASH-2 | false | [1..5] | synchronous | N0 | intermediate | ashworth-2014 | seen |  |" in text
    assert "Any N; the review adds N0, the source does not." in text


def test_markdown_of_a_score_has_its_bands_and_of_a_definition_its_limits(capsys: pytest.CaptureFixture[str]) -> None:
    assert "| GPA-3 | 2.5 to 3 | 2.5-3.0 |" in exported("lung-molgpa", "md", capsys)
    assert "max_lesions = " in exported("omd-count-gate", "md", capsys)
