"""Where results go: never onto what is read, whole or not at all, and nothing left behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import oligoscope.files.writing as writing
from oligoscope.cli.main import main

CASE = Path(__file__).parents[2] / "examples/complete.yaml"
ROWS = "patient_id,assessed,ecog\na,2024-05-02,1\n"
Captured = pytest.CaptureFixture[str]


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a case, a registry, a folder of cases and a flat file, to be in."""
    for folder in ("reg", "cases", "full"):
        (tmp_path / folder).mkdir()
    for name in ("case.yaml", "cases/case.yaml"):
        (tmp_path / name).write_text(CASE.read_text("utf-8"), "utf-8")
    for name in ("reg/patients.csv", "flat.csv"):
        (tmp_path / name).write_text(ROWS)
    (tmp_path / "other.csv").hardlink_to(tmp_path / "flat.csv")
    (tmp_path / "link.csv").symlink_to("flat.csv")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "line",
    [
        "assess case.yaml --html case.yaml",
        "assess case.yaml --html cases/../case.yaml",
        "board cases --html cases/case.yaml",
        "cohort assess flat.csv -o flat.csv",
        "cohort assess reg -o reg/patients.csv",
        "trials match flat.csv -o flat.csv",
        "trials match flat.csv -o other.csv",
        "trials match flat.csv -o link.csv",
        "trials match reg -o reg/patients.csv",
        "evidence drift --registry reg -o reg/patients.csv",
        "evidence drift --registry flat.csv -o flat.csv",
        "evidence drift --cases cases -o cases/case.yaml",
        "evidence drift --cases cases -o changed --html changed",
        "trials match reg -o reg",
        "trials match reg -o .",
        "assess case.yaml --html reg",
        "assess case.yaml --html flat.csv",
        "assess case.yaml --html flat.csv/page.html",
        "cohort template -o flat.csv",
        "cohort assess reg -o /dev/null",
        "trials match reg -o /proc/none/m.csv",
        "evidence pool --endpoint PFS --plot case.yaml",
        "evidence pool --endpoint PFS --plot plot.pdf",
    ],
)
def test_an_output_that_would_harm_or_cannot_be_is_refused_in_a_line(there: Path, line: str, capsys: Captured) -> None:
    before = files(there)
    assert main(line.split()) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert len(said.err.splitlines()) == 1
    assert line.split()[-1] in said.err
    assert files(there) == before


WRITERS = [
    "assess case.yaml --html {}/p.html",
    "board case.yaml --html {}/p.html",
    "evidence pool --endpoint PFS --plot {}/p.svg",
    "evidence drift --html {}/p.html",
    "evidence drift --registry reg -o {}/moved.csv",
    "cohort assess reg -o {}/out",
    "cohort template -o {}/new",
    "trials match reg -o {}/m.csv",
]


@pytest.mark.parametrize("line", WRITERS)
def test_a_full_disk_leaves_nothing_under_the_final_name(
    there: Path, line: str, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(part: Path, path: Path) -> None:
        assert part.exists()
        raise writing.cannot(path, OSError(28, "No space left on device"))

    for name in ("oligoscope.cohort.trials.move", "oligoscope.cohort.run.publish", "oligoscope.files.writing.move"):
        monkeypatch.setattr(name, full)
    before = files(there)
    assert main(line.format("full").split()) == 2
    assert "No space left" in capsys.readouterr().err
    assert files(there) == before


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
@pytest.mark.parametrize("line", ["assess case.yaml", "assess case.yaml --json", "vocabulary", "assess none"])
def test_streams_that_are_full_end_in_two(there: Path, line: str) -> None:
    with open("/dev/full", "w") as full:
        said = full if line == "assess none" else subprocess.PIPE
        done = subprocess.run(
            [sys.executable, "-m", "oligoscope", *line.split()], check=False, stdout=full, stderr=said
        )
    assert done.returncode == 2
    assert done.stderr is None or (b"No space left" in done.stderr and len(done.stderr.splitlines()) == 1)


def unfinished(folder: Path) -> list[Path]:
    return list(folder.glob(f"{writing.WORKING}*"))


def stopped(folder: Path, sign: signal.Signals) -> tuple[int, str]:
    """A run on a registry that is stopped while it works: its code, and what it said."""
    rows = "".join(f"p{n},2024-05-02,1\n" for n in range(150_000))
    (folder / "many.csv").write_text(f"patient_id,assessed,ecog\n{rows}")
    command = [sys.executable, "-m", "oligoscope", "cohort", "assess", "many.csv", "-o", "out"]
    run = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    for _ in range(1200):
        if unfinished(folder) or run.poll() is not None:
            break
        time.sleep(0.05)
    run.send_signal(sign)
    _, said = run.communicate(timeout=60)
    return run.returncode, said


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_says_so_and_leaves_nothing(there: Path, sign: signal.Signals) -> None:
    code, said = stopped(there, sign)
    assert (code, said.splitlines()[-1]) == (130, "stopped; nothing half-written is left")
    assert "Traceback" not in said
    assert not unfinished(there)
    assert not (there / "out").exists()


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_while_it_starts_shows_no_trace(sign: signal.Signals) -> None:
    code = (
        "import os, signal, sys\n"
        "class Stop:\n"
        "    def find_spec(self, name, *_):\n"
        f"        if name == 'oligoscope.cli.main': os.kill(os.getpid(), {int(sign)})\n"
        "sys.meta_path.insert(0, Stop())\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from oligoscope.__main__ import run\n"
        "run()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "stopped\n")


def test_what_a_killed_run_leaves_the_next_one_removes(there: Path) -> None:
    assert stopped(there, signal.SIGKILL)[0] == -signal.SIGKILL
    assert len(unfinished(there)) == 1
    assert not (there / "out").exists()
    assert main(["trials", "match", "reg", "-o", "m.csv"]) == 0
    assert not unfinished(there)


def test_what_another_run_is_still_writing_stays(there: Path) -> None:
    with writing.working_folder(there / "a.csv") as mine:
        assert main(["trials", "match", "reg", "-o", "m.csv"]) == 0
        assert unfinished(there) == [mine]
        assert mine.exists()
    assert not unfinished(there)


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("trials match case.yaml -o m.csv", "-o is for a cohort"),
        ("trials match reg -o m.csv --json", "--json is for one case"),
        ("what-if case.yaml ecog=1 ecog=2", "ecog: it is given twice"),
        ("assess case.yaml --set max_lesions=3 --set max_lesions=5", "max_lesions: it is given twice"),
        ("evidence drift --cases cases --population any", "--population"),
    ],
)
def test_no_argument_is_dropped_in_silence(there: Path, line: str, word: str, capsys: Captured) -> None:
    before = files(there)
    assert main(line.split()) == 2
    assert word in capsys.readouterr().err
    assert files(there) == before


def test_an_option_with_one_value_is_given_once(there: Path, capsys: Captured) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["assess", "case.yaml", "--html", "a.html", "--html", "b.html"])
    assert ended.value.code == 2
    assert "argument --html: is given twice" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has file names that are no text")
def test_names_that_are_no_text_are_names(there: Path, capsys: Captured) -> None:
    odd = os.fsdecode(b"x\xff")
    (there / f"{odd}.csv").write_text(f"{ROWS}b,2024-05-02,9\n")
    (there / f"{odd}.yaml").write_text(CASE.read_text("utf-8"), "utf-8")
    assert main(["assess", f"{odd}.yaml", "--html", f"{odd}.html"]) == 0
    assert main(["board", f"{odd}.yaml", "--html", f"{odd}-board.html"]) == 0
    for engine in ("polars", "duckdb"):
        code = main(["cohort", "assess", f"{odd}.csv", "-o", f"{odd}-{engine}", "--engine", engine])
        said = capsys.readouterr().err
        # DuckDB takes no such name, and says so.
        assert (code, "not UTF-8" in said) in ((1, False), (2, True))
    assert "x\ufffd.csv,3,b,ecog,9" in (there / f"{odd}-polars/rejects.csv").read_text("utf-8")
    assert main(["trials", "match", f"{odd}.csv", "-o", f"{odd}-m.csv"]) == 1
    assert main(["what-if", "case.yaml", f"ecog={odd}"]) == 2
    assert main(["explain", "case.yaml", odd]) == 2
    assert main(["evidence", "show", odd]) == 2
    assert [path.name for path in there.iterdir() if path.name.startswith(writing.WORKING)] == []
