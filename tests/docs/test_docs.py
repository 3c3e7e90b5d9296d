"""What README, CONTRIBUTING and docs/ show is what happens: every block of each page runs, in order, in a folder of its
own.

```console          lines after `$ ` are run; what follows is what they print (`...` stands for anything)
```yaml file=NAME   is written to that file; ```python runs, and `>>>` examples are compared
```text             is not run
"""

import doctest
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from oligoscope.cli.main import main, parser
from tests.support.databases import Article, databases, trial

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```(\w*)([^\n]*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
RUN = {"console", "python", "yaml", "csv"}


def blocks(page: Path) -> Iterator[tuple[str, dict[str, str], str]]:
    """(kind, options, text) of every fenced block."""
    for kind, options, text in BLOCK.findall(page.read_text("utf-8")):
        yield kind, dict(option.split("=", 1) for option in shlex.split(options)), text


def steps(text: str) -> Iterator[tuple[str, str]]:
    """(command, what it prints) of a console block."""
    for step in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, printed = step.partition("\n")
        yield command, printed


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    (tmp_path / "src").symlink_to(ROOT / "src")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    return tmp_path


@pytest.fixture
def stand_ins(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a page searches is asked of stand-ins, with two made-up reports and two made-up trials."""
    from oligoscope.literature.clients import pubmed, registry

    reports = [
        Article("101", date(2021, 5, 3), "A made-up trial of radiotherapy to all metastases"),
        Article("103", date(2025, 2, 1), "A made-up trial that came later"),
    ]
    criteria = (
        "Inclusion Criteria:\n\n* ECOG performance status 0-1\n* 1 to 3 metastases\n* Adequate organ function\n\n"
        "Exclusion Criteria:\n\n* Brain metastases"
    )
    trials = {number: trial(number, posted, criteria=criteria) for number, posted in TRIALS.items()}
    with databases(articles={each.pmid: each for each in reports}, trials=trials, obliging=True) as held:
        monkeypatch.setattr(pubmed, "BASE", held.pubmed_url)
        monkeypatch.setattr(registry, "BASE", held.registry_url)
        monkeypatch.setattr(registry, "PER_SECOND", 100)
        monkeypatch.delenv(pubmed.KEY_VARIABLE, raising=False)
        yield


TRIALS = {"NCT99990001": "2020-01-01", "NCT99990002": "2024-01-01"}


@pytest.mark.usefixtures("stand_ins")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_block_of_a_page_runs(page: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, object] = {}
    for kind, options, text in blocks(page):
        if "file" in options:
            target = folder / options["file"]
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, "utf-8")
        elif kind == "console":
            for command, expected in steps(text):
                run(command, expected, capsys)
        elif kind == "python" and ">>>" in text:
            example = doctest.DocTestParser().get_doctest(text, names, str(page), str(page), 0)
            assert doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(example, clear_globs=False).failed == 0
            names |= example.globs
        elif kind == "python":
            exec(compile(text, str(page), "exec"), names)
        else:
            assert kind not in RUN, f"a block of {page.name} is neither run nor written: {text[:60]}"


def run(command: str, expected: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Run one line; what it prints must be what is shown. A line that ends in `# exit 2` must end so."""
    line, _, wanted = command.partition("  # exit ")
    program, *arguments = shlex.split(line)
    assert program == "oligoscope", f"only oligoscope is shown as a command: {command}"
    capsys.readouterr()
    assert main(arguments) == int(wanted or 0), command
    printed = capsys.readouterr()
    shown = printed.out + printed.err
    parts = [re.escape(part) for part in re.split(r"\n?\.\.\.\n?", expected.strip())]
    if expected.strip():
        assert re.match(r".*?".join(parts), shown, re.DOTALL), f"{command}\n--- shown\n{expected}\n--- printed\n{shown}"


def test_every_command_in_the_readme_exists() -> None:
    commands = re.findall(r"`oligoscope ([^`]+)`", (ROOT / "README.md").read_text())
    assert len(commands) > 6
    for command in commands:
        parser().parse_args(shlex.split(command))


def test_the_disclaimer_stands_once_in_the_readme() -> None:
    assert (ROOT / "README.md").read_text().count("not a medical device") == 1


def test_every_link_between_pages_leads_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text("utf-8")):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_reference_pages_say_what_the_program_says() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/make_reference.py", "--check"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
