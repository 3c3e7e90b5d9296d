"""What the README shows is what the command prints."""

import re
from pathlib import Path

import pytest

from oligoscope.cli.main import main, parser

ROOT = Path(__file__).parents[2]


def test_the_readme_shows_what_a_run_prints(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    block = re.search(r"```console\n\$ oligoscope (.*?)\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert block
    assert main(block[1].split()) == 0
    assert capsys.readouterr().out.startswith(block[2].rstrip())


def test_every_command_in_the_readme_exists() -> None:
    commands = re.findall(r"`oligoscope ([^`]+)`", (ROOT / "README.md").read_text())
    assert len(commands) > 6
    for command in commands:
        parser().parse_args(command.split())


def test_the_disclaimer_stands_once_in_the_readme() -> None:
    assert (ROOT / "README.md").read_text().count("not a medical device") == 1
