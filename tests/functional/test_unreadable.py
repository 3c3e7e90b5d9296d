"""What no chart and no study can be: nested, aliased, enormous, not text, impossible. A line each, and exit 2."""

import re
import time
from pathlib import Path

import pytest

from oligoscope.cli.main import main

Captured = pytest.CaptureFixture[str]
ALIASES = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{','.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(9)
)
CASES: dict[str, tuple[bytes, list[str]]] = {
    "aliases of aliases": (ALIASES.encode(), ["case.yaml:2", "an alias", "Write it out"]),
    "an alias of itself": (b"patient: &x {ecog: *x}\n", ["case.yaml:1", "an alias"]),
    "500 levels": (b"case: " + b"[" * 500, ["case.yaml:1", "more than 40 levels"]),
    "100,000 levels": (b"case: " + b"[" * 100_000, ["case.yaml:1", "more than 40 levels"]),
    "100,000 levels of JSON": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, ["case.yaml:1", "more than 40 levels"]),
    "Latin-1": ("assessed: 2024-05-02\ncase: M\xfcller\n".encode("latin-1"), ["case.yaml:2", "not UTF-8", "Save the file as UTF-8"]),
    "UTF-16": ("case: x\n".encode("utf-16"), ["case.yaml:1", "not UTF-8"]),
    "5,000 digits": (b"patient: {ecog: " + b"9" * 5000 + b"}", ["case.yaml:1", "patient.ecog", "0, 1, 2, 3, 4"]),
    "10,001 lesions": (b"lesions: [" + b"{organ: lung}," * 10_001 + b"]", ["case.yaml:1", "lesions", "at most 10000"]),
    "born in 1800": (b"assessed: 2024\npatient: {birth_date: 1800}", ["case.yaml:2", "patient.birth_date", "120 years"]),
    "an interval beyond the episode": (
        b"patient: {interval_months: 100, primary_dx_date: 2022-01-01, omd_dx_date: 2023-06-01}",
        ["case.yaml:1", "patient.interval_months", "primary_dx_date to omd_dx_date"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_case_that_cannot_be_is_refused_in_a_line(name: str, tmp_path: Path, capsys: Captured) -> None:
    content, words = CASES[name]
    (tmp_path / "case.yaml").write_bytes(content)
    before = time.monotonic()
    assert main(["assess", str(tmp_path / "case.yaml")]) == 2
    assert time.monotonic() - before < 10
    said = capsys.readouterr()
    assert (said.out, len(said.err.splitlines())) == ("", 1)
    assert [word for word in words if word not in said.err] == []


def test_a_byte_order_mark_is_no_part_of_a_case(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "case.yaml").write_bytes(b"\xef\xbb\xbfpatient: {ecog: 1}\n")
    assert main(["assess", str(tmp_path / "case.yaml")]) == 0


def test_thousands_of_problems_are_told_in_a_screen(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "case.yaml").write_text("".join(f"k{n}: 1\n" for n in range(30_000)))
    before = time.monotonic()
    assert main(["assess", str(tmp_path / "case.yaml")]) == 2
    assert time.monotonic() - before < 10
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 51
    assert lines[0].startswith("case.yaml:1 k0: there is no such field")
    assert lines[-1] == "... and 51 more lines like these"


STEERING = ["\x1b[31mRED\x1b]0;title\x07", "a\x00b", "\x9b31m", "\u202egnp.exe", "\x1b[1mbold"]


@pytest.mark.parametrize("text", STEERING)
@pytest.mark.parametrize("option", [[], ["--detail"], ["--plain"], ["--json"]])
def test_nothing_in_a_chart_steers_the_terminal(text: str, option: list[str], tmp_path: Path, capsys: Captured) -> None:
    spelled = "".join(f"\\u{ord(sign):04x}" for sign in text)
    (tmp_path / "case.yaml").write_text(
        f'case: "{spelled}"\nlesions: [{{id: "{spelled}", organ: lung}}]\n'
        f'systemic_therapy: [{{drugs: ["{spelled}"], ongoing: true}}]\n'
    )
    assert main(["assess", str(tmp_path / "case.yaml"), *option]) == 0
    out = capsys.readouterr().out
    assert [sign for sign in "\x1b\x07\x00\x9b\u202e" if sign in out] == []
    assert "\\x1b[31mRED" in out or text != STEERING[0] or "--json" in option


def test_a_page_of_more_lesions_than_can_be_drawn_says_so(tmp_path: Path) -> None:
    lesions = "".join(f"  - {{id: L{n}, organ: lung, size_cm: 1.2}}\n" for n in range(300))
    (tmp_path / "case.yaml").write_text(f"lesions:\n{lesions}")
    assert main(["assess", str(tmp_path / "case.yaml"), "--html", str(tmp_path / "page.html")]) == 0
    page = (tmp_path / "page.html").read_text("utf-8")
    drawn = page.count('class="lead-line"')
    assert 0 < drawn <= 100
    assert f"{300 - drawn} more lesions have no mark" in page
    assert len(re.findall(r'<th scope="row">L\d', page)) == 300


# ---- studies -------------------------------------------------------------------------------------

STUDY = """study: steady
title: STEADY
allocation: randomised
setting: oligometastatic
reports:
  - {id: steady, citation: Made up, published: 2026-01-15}
arms:
  - {id: a, role: experimental, n: 50, description: one}
  - {id: b, role: control, n: 50, description: other}
results:
  - id: pfs-hr
    report: steady
    endpoint: PFS
    measure: hazard_ratio
    comparison: a vs b
    value: 0.5
    interval: {low: 0.3, high: 0.83, level: 0.95}
    status: seen
"""
IMPOSSIBLE = {
    "a ratio below 0": ("low: 0.3", "low: -1", "results.pfs-hr.interval.low: -1.0", "above 0"),
    "no width": ("low: 0.3", "low: 0.83", "results.pfs-hr.interval: 0.83 to 0.83", "high above low"),
    "no number": ("low: 0.3", "low: .nan", "results.0.interval.low", "finite number"),
    "infinite": ("high: 0.83", "high: .inf", "results.0.interval.high", "finite number"),
    "an infinite ratio": ("value: 0.5", "value: .inf", "results.0.value", "finite number"),
    "a ratio of 1e300": ("value: 0.5", "value: 1.0e+300", "results.pfs-hr.value: 1e+300", "1e-06 to 1e+06"),
    "a ratio of 1e-300": ("value: 0.5", "value: 1.0e-300", "results.pfs-hr.value: 1e-300", "1e-06 to 1e+06"),
    "words for a ratio": ("value: 0.5", "value: half", "results.0.value", "valid number"),
    "a level of 1": ("level: 0.95", "level: 0.9999999999999999", "results.0.interval.level", "0.9999"),
    "a level of 0": ("level: 0.95", "level: 1.0e-12", "results.0.interval.level", "0.5"),
    "nobody": ("n: 50, description: other", "n: 0, description: other", "arms.1.n", "greater than 0"),
    "a P value of 0": ("    status: seen", "    p: {value: 0}\n    status: seen", "results.0.p.value", "greater than 0"),
    "a rate of 400": (
        "hazard_ratio\n    comparison: a vs b\n    value: 0.5", "rate\n    value: 400", "results.pfs-hr.value: 400", "0 to 100",
    ),
    "a day that is none": ("2026-01-15", "2020-99-99", "reports.0.published", "no day 2020-99-99"),
    "a report twice": ("reports:", "reports:\n  - {id: steady}", "reports.steady", "used twice"),
    "a key twice": ("title: STEADY", "title: A\ntitle: B", "steady.yaml:3", "written twice"),
    "a name that is a map": ("title: STEADY", "{title: STEADY}: x", "steady.yaml:2", "a name in the document is a list"),
    "deep": ("title: STEADY", "title: " + "[" * 3000, "steady.yaml:2", "more than 40 levels"),
    "an alias": ("title: STEADY", "title: &a x\ntook: *a", "steady.yaml:3", "an alias"),
}  # fmt: skip


@pytest.mark.parametrize("name", IMPOSSIBLE)
@pytest.mark.parametrize("status", ["seen", "unverified"])
def test_a_number_that_cannot_be_is_refused_when_read(name: str, status: str, tmp_path: Path, capsys: Captured) -> None:
    before, after, place, allowed = IMPOSSIBLE[name]
    assert before in STUDY
    text = STUDY.replace(before, after).replace("status: seen", f"status: {status}")
    (tmp_path / "steady.yaml").write_text(text)
    assert main(["evidence", "pool", "--endpoint", "PFS", "--evidence", str(tmp_path)]) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.startswith("steady.yaml")) == ("", True)
    assert [word for word in (place, allowed) if word not in said.err] == []


@pytest.mark.parametrize("name", ["steady.yml", "steady.YAML", "steady.json", "sub/steady.yaml", "steady.yaml/x"])
def test_a_study_that_would_be_passed_over_is_said(name: str, tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(STUDY)
    assert main(["evidence", "show", "steady", "--evidence", str(tmp_path)]) == 2
    assert str(tmp_path / name.partition("/")[0]) in capsys.readouterr().err


def test_a_mac_s_hidden_file_is_no_study(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "steady.yaml").write_text(STUDY)
    (tmp_path / "._steady.yaml").write_bytes(b"\x00\x05\x16\x07\xff")
    assert main(["evidence", "show", "steady", "--evidence", str(tmp_path)]) == 0


def test_an_estimate_outside_its_own_interval_does_not_enter_a_pool(tmp_path: Path, capsys: Captured) -> None:
    text = STUDY.replace("value: 0.5", "value: 0.3").replace("low: 0.3, high: 0.83", "low: 0.9, high: 1.2")
    (tmp_path / "steady.yaml").write_text(text)
    assert main(["evidence", "pool", "--endpoint", "PFS", "--evidence", str(tmp_path)]) == 0
    assert "the estimate of pfs-hr lies outside its own interval" in " ".join(capsys.readouterr().out.split())
