"""The command as a whole: one file per noun, and one line for what goes wrong."""

import subprocess
import sys
from pathlib import Path

import pytest

from oligoscope.cli import vocabulary
from oligoscope.cli.main import main, printable

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
    subprocess.run([sys.executable, "-c", code], check=True)
