"""oligoscope and dicompyler-core on solids whose dose is known, and both beside what two planning systems say of a real
plan. About 5 minutes:

    python benchmarks/dvh_scorecard.py [--placements 12] [--seed 1] [--environment FOLDER] [-o benchmarks/dvh_scorecard.md]

dicompyler-core 0.5.6, the newest on PyPI, does not import with pydicom 3, so that it gets an environment of its own, made
with venv and pip (--environment: where, else thrown away). Both read the same DICOM files. It is taken as it comes: the
voxels of the dose grid, without interpolation.
"""

import argparse
import csv
import gzip
import json
import subprocess
import sys
import tempfile
import venv
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pydicom

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from oligoscope import api  # noqa: E402
from oligoscope.dose.dvh import DoseGrid  # noqa: E402
from tests.support.phantoms import FORMS, placed_polygons  # noqa: E402
from tests.support.rt_files import write_dose, write_structures  # noqa: E402

PACKAGES = ("dicompyler-core==0.5.6", "pydicom==2.4.5", "numpy<2")
METRICS = ("volume", "Dmean", "D95%", "D0.03cc")
CASES = (
    ("sphere", 5.0, 1.0, "gauss"),
    ("sphere", 10.0, 1.0, "gauss"),
    ("sphere", 20.0, 3.0, "x"),
    ("sphere", 20.0, 3.0, "z"),
    ("cylinder", 20.0, 2.0, "z"),
    ("cone", 20.0, 2.0, "gauss"),
)
"""Form, size in mm, distance of slices and voxels in mm, field."""
REAL = ROOT / "tests/data/dicom-rt"
COLUMNS = {"volume": "volume_cc", "Dmean": "mean_gy", "D95%": "d95_gy"}
CERR_GY = 0.1
"""Half a step of its table: without it the means of all 15 structures lie 0.07 to 0.19 Gy below ours, whatever they are."""
LARGE_CC = 10.0
THEIRS = """
import json, sys, warnings
warnings.simplefilter("ignore")
from dicompylercore import dicomparser, dvhcalc
def metrics(rs, rd, number):
    try:
        dvh = dvhcalc.get_dvh(rs, rd, number)
        return {"volume": float(dvh.volume), "Dmean": float(dvh.mean), "D95%": float(dvh.dose_constraint(95).value),
                "D0.03cc": float(dvh.dose_constraint(0.03, "cc").value)}
    except Exception as error:
        return {"error": type(error).__name__}
found = []
for rs, rd in json.load(sys.stdin):
    rois = dicomparser.DicomParser(rs).GetStructures()
    found.append({one["name"]: metrics(rs, rd, number) for number, one in rois.items()})
json.dump(found, sys.stdout)
"""

Pair = tuple[Path, Path]
Told = dict[str, dict[str, float]]


def write_phantom(folder: Path, number: int, case: tuple[str, float, float, str], random: np.random.Generator) -> Pair:
    form, size, spacing, field = case
    polygons, grid = placed_polygons(FORMS[form](size), field, spacing, spacing, random)
    structures = write_structures(folder / f"rs{number}.dcm", {form: polygons})
    return structures, write_grid(folder / f"rd{number}.dcm", grid)


def write_grid(path: Path, grid: DoseGrid) -> Path:
    """Axial planes."""
    frames, rows, columns = grid.values.shape
    scale = float(grid.values.max()) / (2**32 - 2)
    changes = {
        "ImagePositionPatient": [f"{value:.4f}" for value in grid.origin],
        "PixelSpacing": [float(grid.spacing[1]), float(grid.spacing[2])],
        "GridFrameOffsetVector": [float(value) for value in np.arange(frames) * grid.spacing[0]],
        "DoseGridScaling": f"{scale:.9e}",
        "NumberOfFrames": frames,
        "Rows": rows,
        "Columns": columns,
    }
    dataset = pydicom.dcmread(write_dose(path))
    for keyword, value in changes.items():
        setattr(dataset, keyword, value)
    dataset.PixelData = np.round(grid.values / scale).astype(np.uint32).tobytes()
    dataset.save_as(path, enforce_file_format=True)
    return path


def ours(pairs: list[Pair]) -> list[Told]:
    found = []
    for structures, dose in pairs:
        each = api.dvh(structures, dose, METRICS[1:]).model_dump()["structures"]
        told = {one["name"]: {name: one["metrics"][name] for name in METRICS[1:]} for one in each}
        volumes = {one["name"]: one for one in each}
        found.append(
            {
                name: {
                    "volume": volumes[name]["volume_cc"],
                    **{metric: value["value"] for metric, value in metrics.items()},
                    **{f"{metric} low": value["low"] for metric, value in metrics.items()},
                    **{f"{metric} high": value["high"] for metric, value in metrics.items()},
                    "volume low": volumes[name]["volume_low_cc"],
                    "volume high": volumes[name]["volume_high_cc"],
                }
                for name, metrics in told.items()
            }
        )
    return found


def theirs(pairs: list[Pair], environment: Path) -> list[Told]:
    python = environment / "bin/python"
    if not python.exists():
        venv.create(environment, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *PACKAGES], check=True)
    asked = json.dumps([[str(path) for path in pair] for pair in pairs])
    done = subprocess.run([python, "-c", THEIRS], input=asked, capture_output=True, text=True, check=True)
    found: list[Told] = json.loads(done.stdout[done.stdout.index("[") :])
    return found


def analytic(folder: Path, environment: Path, placements: int, seed: int) -> Iterator[str]:
    random = np.random.default_rng(seed)
    pairs = [
        write_phantom(folder, number, CASES[number // placements], random) for number in range(placements * len(CASES))
    ]
    answers = {"oligoscope": ours(pairs), "dicompyler-core": theirs(pairs, environment)}
    yield "| solid | slices, grid | dose | metric | oligoscope | dicompyler-core |"
    yield "| --- | --- | --- | --- | --- | --- |"
    fields = {"gauss": "Gaussian", "x": "1 Gy/mm across", "z": "1 Gy/mm along"}
    for place, (form, size, spacing, field) in enumerate(CASES):
        own = slice(place * placements, (place + 1) * placements)
        for metric in METRICS:
            truth = FORMS[form](size).truth(field, metric)
            cells = [_errors([one[form] for one in found[own]], metric, truth) for found in answers.values()]
            yield f"| {form} {size:g} mm | {spacing:g} mm | {fields[field]} | {metric} | {cells[0]} | {cells[1]} |"


def _errors(found: list[dict[str, float]], metric: str, truth: float) -> str:
    """The middle error and the one that is farthest off, in percent."""
    errors = [100 * (one[metric] / truth - 1) for one in found if metric in one]
    if len(errors) < len(found):
        return f"{len(found) - len(errors)} of {len(found)} not told"
    return f"{np.median(errors):+.2f} % (worst {max(errors, key=abs):+.2f} %)"


def real(folder: Path, environment: Path) -> Iterator[str]:
    """A head and neck plan of which Eclipse and CERR tell volume, mean and D95%."""
    pair = tuple(folder / name for name in ("ent-rtss.dcm", "ent-rtdose.dcm"))
    for path in pair:
        path.write_bytes(gzip.decompress((REAL / f"{path.name}.gz").read_bytes()))
    (own,), (other,) = ours([(pair[0], pair[1])]), theirs([(pair[0], pair[1])], environment)
    stored: dict[str, dict[str, dict[str, str]]] = defaultdict(dict)
    with (REAL / "ent-reference.csv").open() as file:
        for row in csv.DictReader(file):
            stored[row["roi_name"]][row["system"]] = row
    yield "| structure | metric | Eclipse | CERR | oligoscope [band] | dicompyler-core |"
    yield "| --- | --- | --- | --- | --- | --- |"
    inside: dict[tuple[str, bool], list[bool]] = defaultdict(list)
    held = []
    for name, systems in stored.items():
        for metric, column in COLUMNS.items():
            span = [float(systems[system][column]) for system in ("Eclipse", "CERR")]
            span[1] += 0.0 if metric == "volume" else CERR_GY
            large = min(float(systems[system]["volume_cc"]) for system in systems) >= LARGE_CC
            told, they = own[name], other.get(name, {})
            values = {"oligoscope": told[metric], "dicompyler-core": they.get(metric)}
            for who, value in values.items():
                inside[who, large].append(value is not None and min(span) * 0.99 <= value <= max(span) * 1.01)
            if told[metric] is None:
                band = "not told: it leaves the dose grid"
            else:
                low, high = told[f"{metric} low"], told[f"{metric} high"]
                mark = "" if inside["oligoscope", large][-1] else " *"
                band = f"{told[metric]:.2f} [{low:.2f}, {high:.2f}]{mark}"
                if not large:
                    held.append(any(low <= value <= high for value in span))
            theirs_told = f"{they[metric]:.2f}" if metric in they else f"not told ({they.get('error', 'no structure')})"
            yield f"| {name} | {metric} | {span[0]:g} | {span[1]:g} | {band} | {theirs_told} |"
    yield ""
    for (who, large), each in sorted(inside.items(), reverse=True):
        size = f"of {LARGE_CC:g} cc and more" if large else f"below {LARGE_CC:g} cc"
        yield f"- {who}, structures {size}: {sum(each)} of {len(each)} inside the span of both systems widened by 1 %"
    yield f"- structures below {LARGE_CC:g} cc: a value of either system lies in the band of oligoscope: {sum(held)} of {len(held)}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--placements", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--environment", type=Path)
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "benchmarks/dvh_scorecard.md")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = arguments.environment or folder / "environment"
        lines = [
            "# Scorecard of dose-volume histograms",
            "",
            f"Made by `python benchmarks/dvh_scorecard.py --placements {arguments.placements} --seed {arguments.seed}`; "
            f"{', '.join(PACKAGES)} in an environment of its own, as it comes.",
            "",
            "## Solids whose dose is known",
            "",
            f"The middle error of {arguments.placements} random placements, and the one that is farthest off. Flat ends "
            "that lie between slices cost every program half a slice: `benchmarks/dvh.py`.",
            "",
            *analytic(folder, environment, arguments.placements, arguments.seed),
            "",
            "## A real plan",
            "",
            "Head and neck, `tests/data/dicom-rt`. The planning systems differ from each other; * marks what lies outside "
            "their span widened by 1 %. Volumes in cc, doses in Gy. Two conventions part them. CERR's table has steps of "
            f"0.2 Gy, and every dose told from it lies {CERR_GY:g} Gy, half a step, below those of the other programs, "
            "from the brain (20.63 Gy) to the target (60.83 Gy): it stands here with that half step added. Eclipse "
            "gives a structure no volume beyond its first and last contour: thin ones lose up to a third.",
            "",
            *real(folder, environment),
        ]
    arguments.output.write_text("\n".join(lines) + "\n", "utf-8")
    print(arguments.output.read_text("utf-8"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
