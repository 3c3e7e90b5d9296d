"""The command as a whole: one file per noun, and one line for what goes wrong."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import oligoscope as osc
from oligoscope.cli import vocabulary
from oligoscope.cli.common import printable
from oligoscope.cli.main import NOUNS, main, parser
from oligoscope.report.terminal import Terminal, render, this_terminal

CASE = Path("examples/gaps.yaml")


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (OSError(28, "No space left on device", "out.html"), 2, "out.html: No space left on device"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"), 2, "this text cannot be read or written"),
        (RecursionError(), 2, "nested too deeply"),
        (MemoryError(), 2, "not enough memory"),
        (KeyboardInterrupt(), 130, "stopped"),
    ],
)
def test_what_stops_a_command_is_said_in_one_line(
    error: BaseException, code: int, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: object) -> int:
        raise error

    monkeypatch.setattr(vocabulary, "_run", fail)
    assert main(["vocabulary"]) == code
    shown = capsys.readouterr().err
    assert said in shown
    assert shown.count("\n") == 1


def test_a_word_with_a_line_break_is_refused_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["board", "\n"], ["evidence", "show", "a\nb"], ["assess", "a\rb.yaml"]):
        assert main(words) == 2
        said = capsys.readouterr().err
        assert said.startswith(f"{words[-1]!r}: a word of the command line holds a line break")
        assert said.count("\n") == 1


def test_a_name_that_is_a_blank_is_seen(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["board", " "], ["assess", " a.yaml"]):
        assert main(words) == 2
        said = capsys.readouterr().err.splitlines()
        assert said[0] == f"{words[-1]!r} file: there is no such file."
        assert all(line.startswith(repr(words[-1])) for line in said)


def test_a_defect_of_the_program_keeps_its_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(vocabulary, "_run", fail)
    with pytest.raises(ZeroDivisionError):
        main(["vocabulary"])


def test_what_steers_a_terminal_is_written_out() -> None:
    assert printable("a\x1b[31mb\nc → d") == "a\\x1b[31mb\nc → d"


def test_a_message_shows_escapes_of_a_file_written_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = tmp_path / "case.yaml"
    case.write_text('patient: {ecog: "\\e[2J"}\n', encoding="utf-8")
    assert main(["assess", str(case)]) == 2
    assert "\x1b" not in capsys.readouterr().err


def test_a_terminal_without_a_sign_gets_it_spelled_out() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "oligoscope", "what-if", str(CASE), "ecog=4"],
        env={"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONPATH": "src", "PYTHONUTF8": "0"},
        capture_output=True,
        check=True,
    )
    assert b"\\u2192" in run.stdout


def test_a_program_that_imports_the_command_keeps_its_environment() -> None:
    code = "import os; before = dict(os.environ); import oligoscope.cli.main; assert dict(os.environ) == before"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def _shell(command: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["sh", "-c", f"{sys.executable} -m oligoscope {command}"], capture_output=True, stdin=subprocess.DEVNULL
    )


def test_a_stream_that_the_shell_closed_stops_nothing(tmp_path: Path) -> None:
    assert _shell(f"assess {CASE} >&-").returncode == 0
    assert _shell(f"assess {CASE} --html {tmp_path / 'p.html'} 2>&-").returncode == 0
    assert (tmp_path / "p.html").read_text(encoding="utf-8").startswith("<!")
    assert _shell("assess nowhere.yaml 2>&-").returncode == 2
    nothing = _shell("assess - <&-")
    assert (nothing.returncode, nothing.stderr) == (
        2,
        b"case case: the file holds no case. Allowed: a document with the keys of a case. See `oligoscope vocabulary`.\n",
    )


def test_a_case_comes_on_stdin() -> None:
    piped = subprocess.run(
        [sys.executable, "-m", "oligoscope", "assess", "-", "--json"], input=CASE.read_bytes(), capture_output=True
    )
    file = subprocess.run([sys.executable, "-m", "oligoscope", "assess", str(CASE), "--json"], capture_output=True)
    assert (piped.returncode, piped.stdout) == (0, file.stdout)


def test_a_page_is_written_over_nothing_but_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = tmp_path / "case.yaml"
    case.write_text(CASE.read_text(encoding="utf-8"), encoding="utf-8")
    other = tmp_path / "notes.txt"
    other.write_text("notes", encoding="utf-8")
    for path, said in ((case, "overwrite what is read"), (other, "no page")):
        before = path.read_bytes()
        assert main(["assess", str(case), "--html", str(path)]) == 2
        assert said in capsys.readouterr().err
        assert path.read_bytes() == before
    page = tmp_path / "page.html"
    assert main(["assess", str(case), "--html", str(page)]) == 0
    assert main(["assess", str(case), "--html", str(page)]) == 0


def test_a_text_is_as_wide_as_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    report = osc.assess(CASE).report()
    for width in (50, 80, 100):
        lines = render(report, Terminal(width)).splitlines()
        assert max(map(len, lines)) <= width
        assert max(map(len, lines)) > width - 12
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for columns, width in (("20", 40), ("80", 80), ("300", 100)):
        monkeypatch.setenv("COLUMNS", columns)
        assert this_terminal().width == width


@pytest.mark.parametrize(
    ("term", "no_color", "has_ink"),
    [("xterm", None, True), ("xterm", "", True), ("xterm", "1", False), ("dumb", None, False)],
)
def test_bold_is_shown_where_it_is_wanted(
    term: str, no_color: str | None, has_ink: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", term)
    monkeypatch.delenv("NO_COLOR", raising=False)
    if no_color is not None:
        monkeypatch.setenv("NO_COLOR", no_color)
    assert this_terminal().has_ink is has_ink
    assert ("\033[1m" in render(osc.assess(CASE).report(), this_terminal())) is has_ink


@pytest.mark.parametrize(
    "line",
    [f"assess {CASE}", "evidence pool --endpoint PFS", f"explain {CASE} lat-candidacy", f"what-if {CASE} ecog=4",
     f"trials match {CASE}", "trials list", "evidence show ashworth-2014", "vocabulary", "knowledge list"],
)  # fmt: skip
def test_every_text_fits_the_terminal(
    line: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(line.split()) == 0
    plain = capsys.readouterr().out
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert main(line.split()) == 0
    fitted = capsys.readouterr().out
    assert max(map(len, fitted.splitlines())) <= 60 < max(map(len, plain.splitlines()))
    assert "".join(fitted.split()) == "".join(plain.split()) or line.startswith("assess")


def test_the_day_of_an_answer_can_be_fixed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "case.yaml").write_text("patient: {ecog: 1, omd_dx_date: 2024-01}\n")
    (tmp_path / "flat.csv").write_text("patient_id,omd_dx_date\na,2024-01\n")
    case, flat = str(tmp_path / "case.yaml"), str(tmp_path / "flat.csv")
    lines = [
        ["assess", case], ["explain", case, "omd-state"], ["what-if", case, "ecog=2"], ["what-if", case, "--candidate"],
        ["board", case], ["trials", "match", case], ["cohort", "assess", flat, "-o", str(tmp_path / "out")],
        ["trials", "match", flat, "-o", str(tmp_path / "m.csv")],
    ]  # fmt: skip
    for line in lines:
        assert main([*line, "--today", "2024-05-02"]) == 0
        capsys.readouterr()
        # The day before the disease was found: there is no such chart yet.
        assert main([*line, "--today", "2023-12-31"]) == (1 if flat in line else 2)
        capsys.readouterr()
    assert main(["assess", case, "--json", "--today", "2024-05-02"]) == 0
    assert '"as_of": "2024-05-02"' in capsys.readouterr().out
    assert main(["assess", case, "--today", "soon"]) == 2
    assert capsys.readouterr().err == "--today soon: this is not a day. Allowed: a day such as 2026-11-26, or today.\n"


def test_a_command_built_alone_is_the_command_built_with_all(capsys: pytest.CaptureFixture[str]) -> None:
    def said(first: str, *words: str) -> str:
        with pytest.raises(SystemExit):
            parser(first).parse_args(words)
        shown = capsys.readouterr()
        return shown.out + shown.err

    for noun in NOUNS:
        assert said(noun, noun, "--help") == said("", noun, "--help")
        assert said(noun, noun, "--no-such-option") == said("", noun, "--no-such-option")
        assert f"\n    {noun}" in said("", "--help")
    assert "invalid choice: 'asses'" in said("asses", "asses")


@pytest.mark.parametrize(("option", "holds"), [("--json-schema", "lesions"), ("--answer-schema", "decisions")])
def test_a_schema_is_printed(option: str, holds: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["vocabulary", option]) == 0
    assert holds in json.loads(capsys.readouterr().out)["properties"]
