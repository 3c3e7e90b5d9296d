"""How long ten structures of a 512 x 512 x 200 set take, and how much memory, from DICOM files on disk to metrics.

    python benchmarks/dvh_speed.py [--dose-mm 2.5]

Ellipses as a planner draws them on images of 0.977 mm and slices of 3 mm, the body among them. Exits 1 above 5 s or
2 GiB.
"""

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.support.rt_files import Array, write_dose, write_structures  # noqa: E402

SECONDS, GIB = 5.0, 2.0
# Half axes in mm and the middle: a thorax of 600 mm.
STRUCTURES = {
    "BODY": ((190, 120, 298), (0, 0, 0)),
    "Lung_L": ((60, 80, 130), (85, 0, 40)),
    "Lung_R": ((60, 80, 130), (-85, 0, 40)),
    "Heart": ((55, 50, 60), (20, -30, 0)),
    "Liver": ((90, 80, 70), (-50, 0, -120)),
    "SpinalCord": ((6, 6, 290), (0, 70, 0)),
    "Esophagus": ((8, 8, 150), (0, 40, 40)),
    "Trachea": ((9, 9, 60), (0, 30, 100)),
    "PTV": ((22, 20, 24), (80, 10, 60)),
    "GTV": ((14, 12, 16), (80, 10, 60)),
}


def ellipse(half: tuple[float, float, float], middle: tuple[float, float, float]) -> list[Array]:
    found = []
    for z in np.arange(-298.5, 300, 3):
        inner = 1 - ((z - middle[2]) / half[2]) ** 2
        if inner > 0:
            around = 2 * np.pi * max(half[:2]) * inner**0.5
            turn = np.linspace(0, 2 * np.pi, max(12, int(around / 2)), endpoint=False)
            x = middle[0] + half[0] * inner**0.5 * np.cos(turn)
            y = middle[1] + half[1] * inner**0.5 * np.sin(turn)
            found.append(np.column_stack([x, y, np.full(len(turn), z)]))
    return found


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--dose-mm", type=float, default=2.5)
    spacing = parser.parse_args().dose_mm
    with tempfile.TemporaryDirectory() as name:
        drawn = {structure: ellipse(*form) for structure, form in STRUCTURES.items()}
        structures = write_structures(Path(name) / "rs.dcm", drawn)
        dose = write_dose(Path(name) / "rd.dcm", spacing=spacing, count=int(620 / spacing), bits=16)
        from oligoscope import api

        start, began = time.perf_counter(), time.process_time()
        found = api.dvh(structures, dose).model_dump()
        took, worked = time.perf_counter() - start, time.process_time() - began
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    for one in found["structures"]:
        print(f"{one['name']:<12}{one['volume_cc']:10.2f} cc  Dmean {one['metrics']['Dmean']['value']}")
    print(
        f"{took:.2f} s (bar {SECONDS:.0f}), {worked:.2f} s of processor, {held:.2f} GiB with making the files (bar {GIB:.0f})"
    )
    return 1 if took > SECONDS or held > GIB else 0


if __name__ == "__main__":
    sys.exit(main())
