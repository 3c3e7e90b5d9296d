"""What the ranking saves, and in what time, beside ASReview on the same files, each from the same first two records.

    python benchmarks/screening.py PYTHON [--starts 5] [FILE ...]

PYTHON: of an environment of its own that has ASReview (python -m venv there; there/bin/pip install asreview==3.0.8).
FILE: CSV with title, abstract and label_included; else the sets of shared/data/screening.

Both are run as the commands they are, in turn, until the last record is read; ASReview with its default model, ELAS u4.
Seconds are of whole commands: start, file, ranking, and what each writes. Of ASReview the order is read from the
results.db of its project. Bars, by set: at least its work saved (WSS@95), in a quarter of its processor time.
"""

import argparse
import json
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from oligoscope.api.ranking import labelled
from oligoscope.literature.ranking import Labels
from oligoscope.literature.simulate import first_two, measured

PLACE = Path(os.environ.get("OLIGOSCOPE_SHARED", Path(__file__).parents[2] / "shared")) / "data/screening"
TIMES_FASTER = 4


@dataclass(frozen=True)
class Cost:
    """Seconds of one command."""

    wall: float
    cpu: float


def main() -> int:
    """Measure; 1 where a bar is missed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("python")
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--starts", type=int, default=5)
    arguments = parser.parse_args()
    missed = False
    for file in [file.resolve() for file in arguments.files or sorted(PLACE.glob("*.csv"))]:
        saved: dict[str, list[float]] = {"oligoscope": [], "ASReview": []}
        costs: dict[str, list[Cost]] = {"oligoscope": [], "ASReview": []}
        for seed in range(1, arguments.starts + 1):
            for name, (wss95, cost) in (
                ("oligoscope", ours(file, seed)),
                ("ASReview", theirs(arguments.python, file, seed)),
            ):
                saved[name].append(wss95)
                costs[name].append(cost)
        missed |= not shown(file.stem, saved, costs)
    return int(missed)


def ours(file: Path, seed: int) -> tuple[float, Cost]:
    """The work saved by one start, and what the command cost."""
    command = [sys.executable, "-m", "oligoscope", "literature", "simulate", str(file)]
    said, cost = run([*command, "--seed", str(seed), "--runs", "1", "--json"])
    return float(json.loads(said)["wss95"]), cost


def theirs(python: str, file: Path, seed: int) -> tuple[float, Cost]:
    """The same of ASReview, from the two records that the seed draws here."""
    _, labels = labelled(file)
    first = [str(place) for place in first_two(labels, np.random.default_rng(seed))]
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "one.asreview"
        command = [python, "-m", "asreview", "simulate", str(file), "--prior-idx", *first, "--seed", str(seed)]
        _, cost = run([*command, "--n-stop", "-1", "-o", str(project)], folder)
        wss95 = measured(order_in(project, len(labels) - len(first)), cost.wall).wss95
        return round(wss95, 4), cost  # As the command prints ours.


def order_in(project: Path, n: int) -> Labels:
    """The labels in the order of reading, without the first two, of which ASReview names no model."""
    with zipfile.ZipFile(project) as packed:
        results = packed.extract("results.db", project.parent)
    with sqlite3.connect(results) as database:
        read = database.execute("SELECT label FROM results WHERE classifier IS NOT NULL ORDER BY time").fetchall()
    if len(read) != n:
        raise SystemExit(f"ASReview read {len(read)} of {n} records")
    return np.array([label for (label,) in read], np.int8)


def run(command: Sequence[str], folder: str | None = None) -> tuple[str, Cost]:
    """What a command says, and what it costs. folder: where it runs; ASReview leaves a file there."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: {done.stderr[-2000:]}")
    return done.stdout, Cost(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def shown(name: str, saved: dict[str, list[float]], costs: dict[str, list[Cost]]) -> bool:
    """Print one set; whether both bars are met."""
    print(f"{name}, {len(saved['ASReview'])} starts")
    for who, each in saved.items():
        wall, cpu = (float(np.mean([getattr(cost, kind) for cost in costs[who]])) for kind in ("wall", "cpu"))
        print(
            f"  {who:10} WSS@95 {np.mean(each):.4f} [{min(each):.4f} to {max(each):.4f}]  wall {wall:.2f} s  CPU {cpu:.2f} s"
        )
    times = {
        kind: sum(getattr(c, kind) for c in costs["ASReview"]) / sum(getattr(c, kind) for c in costs["oligoscope"])
        for kind in ("wall", "cpu")
    }
    more = float(np.mean(saved["oligoscope"]) - np.mean(saved["ASReview"]))
    print(
        f"  saves {more:+.4f}; ASReview takes {times['wall']:.1f} times the wall clock, {times['cpu']:.1f} times the CPU"
    )
    return round(more, 4) >= 0 and times["cpu"] >= TIMES_FASTER


if __name__ == "__main__":
    sys.exit(main())
