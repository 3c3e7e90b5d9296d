"""The look for known vulnerabilities: what is found fails, who cannot look says so and does not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts/audit.py"
CLEAN = '{"dependencies": [{"name": "a", "version": "1", "vulns": []}]}'
FOUND = '{"dependencies": [{"name": "a", "version": "1", "vulns": [{"id": "PYSEC-1"}]}]}'


@pytest.mark.parametrize(
    "said, complained, ended, code, told",
    [
        (CLEAN, "", 0, 0, "nothing is known against 1 packages"),
        (FOUND, "", 1, 1, "a 1 has PYSEC-1"),
        ("", "urllib3.exceptions.NameResolutionError: no", 1, 0, "SKIPPED, the database of OSV cannot be reached"),
        ("", "ERROR: requirements.lock has no hashes", 1, 1, "has no hashes"),
        (CLEAN, "it fell over", 3, 1, ""),
        (None, "", 0, 0, "SKIPPED, there is no pip-audit here"),
    ],
)
def test_what_is_known_fails_and_who_cannot_look_says_so(
    said: str | None, complained: str, ended: int, code: int, told: str, tmp_path: Path
) -> None:
    if said is not None:
        tool = tmp_path / "pip-audit"
        tool.write_text(f"#!/bin/sh\necho '{said}'\necho '{complained}' >&2\nexit {ended}\n", "utf-8")
        tool.chmod(0o755)
    # A python of its own folder, so that a pip-audit of this one is not found.
    alone = f"import sys, sysconfig; sysconfig.get_path = lambda _: {str(tmp_path)!r}; sys.argv = ['audit']"
    runner = f"{alone}; import runpy; runpy.run_path({str(SCRIPT)!r}, run_name='__main__')"
    run = subprocess.run(
        [sys.executable, "-c", runner], capture_output=True, text=True, env={**os.environ, "PATH": "/nonexistent"}
    )
    assert run.returncode == code, run.stderr
    assert told in run.stdout + run.stderr
