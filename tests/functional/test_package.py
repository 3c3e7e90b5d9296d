"""The wheel works in an empty environment, with its knowledge inside."""

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_wheel_holds_what_a_run_reads(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)],
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    target = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import oligoscope\n"
        "assert oligoscope.__file__.startswith(sys.argv[1]), oligoscope.__file__\n"
        "from oligoscope.cli.main import main; sys.exit(main(['assess', sys.argv[2], '--html', sys.argv[3]]) or main(['explain', sys.argv[2], 'omd-state']))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(target), str(ROOT / "examples/gaps.yaml"), str(tmp_path / "p.html")],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert "Guckenberger" in run.stdout
