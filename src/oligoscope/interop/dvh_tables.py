"""Dose-volume histograms that another system exported: Eclipse's text, or a CSV file with the columns `structure`,
`dose_gy` (or `dose_cgy`) and `volume_cc`. Cumulative; between two lines of a table nothing is known, which is its band.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from oligoscope.dose.dvh import Banded, StructureDose
from oligoscope.dose.metric import Metric
from oligoscope.errors import NotAllowed

Array = NDArray[np.float64]
FIELD = "dvh"
_COLUMN = re.compile(r"([A-Za-z][A-Za-z ]*?) \[(%|cGy|Gy|cc|cm³|cm3)\]")
_VOLUME = re.compile(r"Volume \[(?:cc|cm³|cm3)\]: *([\d.,]+)")


@dataclass(frozen=True)
class Table:
    """One structure. doses: Gy, rising.  volumes: cm3 that receive each or more, falling."""

    name: str
    doses: Array
    volumes: Array

    def summary(self, asked: Sequence[Metric]) -> StructureDose:
        """Its metrics, each between the two lines of the table that hold it."""
        whole = float(self.volumes[0])
        percents = tuple((100 * self.volumes / whole).tolist())
        metrics = {str(one): self._banded(one, whole) for one in asked}
        return StructureDose(
            self.name, Banded(whole, whole, whole, "cc"), 100.0, metrics, tuple(self.doses.tolist()), percents
        )

    def _banded(self, one: Metric, whole: float) -> Banded:
        at = one.at or 0.0
        if one.kind == "mean":
            lost = -np.diff(np.append(self.volumes, 0.0)) / whole
            low = float(lost @ self.doses)
            high = float(lost @ np.append(self.doses[1:], self.doses[-1]))
            return Banded((low + high) / 2, low, high, "Gy")
        if one.kind in ("D", "max", "min"):
            volume = {"max": 0.0, "min": whole}.get(one.kind, at / 100 * whole if one.at_unit == "%" else at)
            if volume > whole:
                return Banded(None, None, None, "Gy", f"it has only {whole:.2g} cc")
            return self._dose_at(volume)
        value, low, high = self._volume_from(at)
        if one.kind == "CV":
            value, low, high = whole - value, whole - high, whole - low
        scale = 100 / whole if one.unit == "%" else 1.0
        return Banded(scale * value, scale * low, scale * high, one.unit)

    def _dose_at(self, volume: float) -> Banded:
        """Between the last line with this volume, of a maximum with any, and the next."""
        above = np.flatnonzero(self.volumes >= volume if volume else self.volumes > 0)
        first = int(above[-1]) if len(above) else 0
        after = min(first + 1, len(self.doses) - 1)
        low, high = float(self.doses[first]), float(self.doses[after])
        return Banded(float(np.interp(-volume, -self.volumes[[first, after]], [low, high])), low, high, "Gy")

    def _volume_from(self, dose: float) -> tuple[float, float, float]:
        """Value, low, high in cm3."""
        if dose > self.doses[-1]:
            return 0.0, 0.0, 0.0 if self.volumes[-1] == 0 else float(self.volumes[-1])
        after = int(np.searchsorted(self.doses, dose))
        before = after if self.doses[after] == dose else max(after - 1, 0)
        value = float(np.interp(dose, self.doses, self.volumes))
        return value, float(self.volumes[after]), float(self.volumes[before])


def read_tables(path: Path) -> list[Table]:
    """All structures of a file. Raises NotAllowed; no line of it is printed, since its head names the patient."""
    try:
        raw = path.read_bytes()
    except OSError:
        raise NotAllowed(FIELD, path, "", "the file cannot be read", "check the path") from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    lines = text.splitlines()
    found = list(_csv(lines, path) if lines and "," in lines[0] and ":" not in lines[0] else _eclipse(lines, path))
    if not found:
        raise NotAllowed(FIELD, path, "Eclipse's text, or CSV", "it has no histogram", "export it as one of these")
    names = [table.name for table in found]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        problem = f"{', '.join(twice)} stands in it more than once: which plan is meant is not known"
        raise NotAllowed(FIELD, path, "", problem, "export one plan at a time")
    return found


def _csv(lines: Sequence[str], path: Path) -> Iterator[Table]:
    reader = csv.DictReader(lines)
    columns = reader.fieldnames or []
    dose = next((name for name in ("dose_gy", "dose_cgy") if name in columns), "")
    if not dose or not {"structure", "volume_cc"} <= set(columns):
        allowed = "columns structure, dose_gy (or dose_cgy), volume_cc"
        raise NotAllowed(FIELD, path, allowed, "a column is missing", "name the columns so, with their units")
    rows: dict[str, list[tuple[float, float]]] = {}
    for row in reader:
        try:
            pair = float(row[dose]) / (100 if dose == "dose_cgy" else 1), float(row["volume_cc"])
        except (TypeError, ValueError):
            problem = f"line {reader.line_num}: dose or volume is not a number"
            raise NotAllowed(FIELD, path, "numbers", problem, "correct the line") from None
        rows.setdefault(row["structure"], []).append(pair)
    for name, pairs in rows.items():
        yield _table(name, pairs, path)


def _eclipse(lines: Sequence[str], path: Path) -> Iterator[Table]:
    if any(line.startswith("Type") and "Differential" in line for line in lines[:12]):
        raise NotAllowed(FIELD, path, "cumulative", "its histograms are differential", "export cumulative ones")
    name, whole, columns = "", 0.0, list[tuple[str, str]]()
    pairs: list[tuple[float, float]] = []
    for line in [*lines, "Structure: "]:
        if line.startswith("Structure: "):
            if name and pairs:
                yield _table(name, pairs, path)
            name, whole, columns, pairs = line.partition(":")[2].strip(), 0.0, [], []
        elif name and (found := _VOLUME.match(line)):
            whole = float(found[1].replace(",", "."))
        elif name and "Dose [" in line and len(found_columns := _COLUMN.findall(line)) > 1:
            columns = found_columns
        elif ":" in line:
            columns = []  # A head again: the next plan of the file.
        elif columns and line.strip():
            pairs.append(_pair(line, columns, whole, path))


def _pair(line: str, columns: Sequence[tuple[str, str]], whole: float, path: Path) -> tuple[float, float]:
    """Gy and cm3 of one line, by the units over its columns."""
    try:
        values = [float(value.replace(",", ".")) for value in line.split()]
        by_unit = {(name.endswith("Volume"), unit): v for (name, unit), v in zip(columns, values, strict=True)}
    except ValueError:
        raise NotAllowed(FIELD, path, "", "a line is not made of its columns' numbers", "export it again") from None
    dose = by_unit.get((False, "Gy"), by_unit.get((False, "cGy"), np.nan) / 100)
    share = by_unit.get((True, "%"), np.nan)
    in_cc = [by_unit[True, unit] for unit in ("cc", "cm3", "cm³") if (True, unit) in by_unit]
    volume = in_cc[0] if in_cc else share * whole / 100
    if np.isnan(dose) or np.isnan(volume):
        problem = "it has no dose in Gy or cGy, or no volume"
        raise NotAllowed(FIELD, path, "absolute dose, and volume in cc or %", problem, "export absolute dose")
    return dose, volume


def _table(name: str, pairs: Sequence[tuple[float, float]], path: Path) -> Table:
    doses, volumes = np.array(pairs).T
    falling = (np.diff(doses) > 0).all() and (np.diff(volumes) <= 1e-9 * volumes[0]).all()
    if not np.isfinite(doses).all() or not np.isfinite(volumes).all() or not falling or volumes[0] <= 0 or doses[0] < 0:
        problem = f"{name}: its doses do not rise, or its volumes do not fall"
        raise NotAllowed(FIELD, path, "a cumulative histogram", problem, "export it again")
    if doses[0] > 0:
        doses, volumes = np.append(0.0, doses), np.append(volumes[0], volumes)
    return Table(name, doses, volumes)
