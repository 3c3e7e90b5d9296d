"""Try to break the server: every route by its own description, then charts. No answer may be one of 500 and above.

    python benchmarks/fuzz_server.py [--seconds 1200] [--charts 5000] [--seed N] [--environment DIR]

Schemathesis reads the OpenAPI and sends what fits it and what does not; it has an environment of its own, made where
there is none (a folder that goes with the run, unless one is named). The charts are those of tests/support/fuzzing.py,
sent to /api/v1/assess as YAML. Exits 1 where the server failed, or ended.
"""

import argparse
import http.client
import subprocess
import sys
import tempfile
import time
import venv
from collections import Counter
from pathlib import Path

from load import ended, started
from tqdm import tqdm

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from hypothesis import HealthCheck, Phase, given, seed, settings  # noqa: E402

from tests.support.fuzzing import case_files  # noqa: E402

PACKAGE = "schemathesis==4.32.5"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=1200)
    parser.add_argument("--charts", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--environment", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        program = _schemathesis(arguments.environment or Path(name) / "environment")
        _, server, port = started(name, 1)
        try:
            broken = _routes(program, Path(name), port, arguments.seconds, arguments.seed)
            counts = _charts(port, arguments.charts, arguments.seed)
            print(f"{counts.total()} charts: {dict(counts)}; seed {arguments.seed}")
            if gone := server.poll() is not None:
                print("the server ended")
        finally:
            ended(server)
    return 1 if broken or gone or any(status >= 500 for status in counts) else 0


def _schemathesis(environment: Path) -> Path:
    program = environment / "bin/schemathesis"
    if not program.exists():
        venv.create(environment, with_pip=True)
        subprocess.run([environment / "bin/python", "-m", "pip", "install", "-q", PACKAGE], check=True)
    return program


def _routes(program: Path, folder: Path, port: int, seconds: int, number: int) -> bool:
    """Whether any route answered with 500 and above. folder: for what the program keeps of its findings."""
    command = [
        str(program.resolve()), "--no-color", "run", f"http://127.0.0.1:{port}/api/v1/openapi.json", "--checks", "not_a_server_error",
        "--max-time", str(seconds), "--seed", str(number), "--generation-database", "none", "--max-examples", "100000",
    ]  # fmt: skip
    return subprocess.run(command, cwd=folder, check=False).returncode != 0


def _charts(port: int, wanted: int, number: int) -> Counter[int]:
    """How often each status came."""
    counts: Counter[int] = Counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    @seed(number)
    @settings(
        max_examples=wanted, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case_files)
    def send(content: bytes) -> None:
        connection.request("POST", "/api/v1/assess", content, {"Content-Type": "application/yaml"})
        answer = connection.getresponse()
        answer.read()
        counts[answer.status] += 1
        progress.update()
        if answer.status >= 500:
            print(f"{answer.status}: {content!r}")

    with tqdm(total=wanted, unit=" charts") as progress:
        send()
    return counts


if __name__ == "__main__":
    sys.exit(main())
