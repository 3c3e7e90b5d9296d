"""Registries whose truth is known."""

import json
from pathlib import Path

from oligoscope.errors import NotAllowed
from oligoscope.files.writing import write_files


def simulate_cohort(
    folder: Path | str,
    *,
    patients: int = 600,
    seed: int = 1,
    factor_ratio: float = 1.5,
    therapy_ratio: float = 0.7,
    treated: float = 0.5,
    indication: float = 1.0,
    missing: float = 0.0,
) -> list[Path]:
    """A registry with known truth, for trying out `cohort_report`: its tables and truth.json. The files written.

    factor_ratio: of men's hazard to women's.  therapy_ratio: of the hazard from the first local therapy on.  treated:
    the share meant to be treated.  indication: how many times as often ECOG 0 is treated as ECOG 2; 1 for no
    confounding.  missing: the share of outcomes not recorded.  Raises OligoscopeError.
    """
    from oligoscope.cohort.simulate import Truth, as_tables, simulate, truth_json

    truth = Truth(patients, seed, 1 / 600, factor_ratio, therapy_ratio, treated, indication=indication, missing=missing)
    target = Path(folder)
    if target.exists() and not target.is_dir():
        raise NotAllowed("output", folder, "", "this is not a folder", "give the name of a folder")
    target.mkdir(parents=True, exist_ok=True)
    tables = as_tables(simulate(truth))
    files = {target / f"{name}.csv": frame.write_csv().encode() for name, frame in tables.items()}
    files[target / "truth.json"] = json.dumps(truth_json(truth), indent=1).encode()
    write_files(files)
    return list(files)
