"""The ranking of records on a labelled set: `osc.simulate_screening("labels.csv", seed=1)`."""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from oligoscope.api.result import Result
from oligoscope.errors import NotAllowed

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from oligoscope.literature.simulate import Simulated

COLUMNS = ("title", "abstract", "label_included")
MOST_RUNS = 100


def simulate_screening(
    labels: Path | str, *, seed: int = 1, runs: int = 5, on_run: Callable[[], object] = lambda: None
) -> "Result[Simulated]":
    """How much reading the ranking would have saved in a review that is done, and whether intervals of recall hold.

    labels: CSV (UTF-8) with the columns title, abstract and label_included (1 or 0), at least two records of each.
    seed: of the starts and of the random samples.  runs: from 1 to 100, each from one included and one excluded record,
    which count nowhere.  on_run: told after each. Raises OligoscopeError.
    """
    from oligoscope.report.ranked import simulated_json, simulated_text

    for name, value, most in (("seed", seed, 2**32 - 1), ("runs", runs, MOST_RUNS)):
        least = 1 if name == "runs" else 0
        if not least <= value <= most:
            raise NotAllowed(name, value, f"a whole number from {least} to {most}", f"{value} is not allowed")
    texts, known = labelled(Path(labels))
    try:
        from oligoscope.literature.simulate import simulated

        found = simulated(texts, known, seed, runs, on_run)
    except ModuleNotFoundError:
        fix = "run pip install 'oligoscope[literature]'"
        raise NotAllowed("package", "scikit-learn", "", "ranking needs it, and it is not installed", fix) from None
    return Result(found, simulated_json, simulated_text)


def labelled(path: Path) -> "tuple[list[str], npt.NDArray[np.int8]]":
    """Title and abstract of each record, and whether it was included. Raises NotAllowed."""
    import numpy as np

    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise NotAllowed("labels", path, "UTF-8", "the file is not UTF-8", "save it as CSV UTF-8") from None
    except OSError as error:
        raise NotAllowed("labels", path, "a file that can be read", str(error.strerror).lower()) from None
    reader = csv.DictReader(io.StringIO(text, newline=""))
    missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise NotAllowed("labels", path, ", ".join(COLUMNS), f"there is no column {', '.join(missing)}")
    texts, labels = [], []
    for row in reader:
        label = (row["label_included"] or "").strip()
        if label not in ("0", "1"):
            where = f"line {reader.line_num}"
            raise NotAllowed("label_included", label, "0 or 1", f"{where}: {label or 'an empty cell'} is no decision")
        texts.append(f"{row['title'] or ''} {row['abstract'] or ''}")
        labels.append(int(label))
    if min(labels.count(0), labels.count(1)) < 2:
        counted = f"there are {labels.count(1)} included and {labels.count(0)} excluded records"
        raise NotAllowed("label_included", path, "at least two of each", counted)
    if not any(char.isalnum() for text in texts for char in text):
        raise NotAllowed("title", path, "words", "no record has a title or an abstract")
    return texts, np.array(labels, np.int8)
