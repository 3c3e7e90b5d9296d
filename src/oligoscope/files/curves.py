"""A published curve as tables: its readings, and the numbers at risk below it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from oligoscope.errors import NotAllowed
from oligoscope.files.columns import Sample, Table, Wanted, frame_of, sample

Numbers = NDArray[np.float64]
ONE_ARM = "all"
"""The name of the one arm of a table without the column arm."""
_RANGE = (-0.05, 1.05)
"""Survival as a share, with the error of a hand that reads it."""
_KINDS = ("curve", "censored")


@dataclass(frozen=True)
class Readings:
    """Of one arm: readings in the order of the file, marks of censoring, and numbers at risk from time 0 on."""

    time: Numbers
    survival: Numbers
    marks: Numbers
    risk_time: Numbers
    at_risk: Numbers


def readings(curve: Table, at_risk: Table) -> Mapping[str, Readings]:
    """Arms by name, in the order of the curve's file. Raises NotAllowed.

    curve: columns time, survival (a share of 1) or survival_percent, and maybe arm and kind (curve, or censored for a
    mark).  at_risk: columns time, n_risk, and arm where the curve has it.
    """
    drawn, risk = frame_of(curve), frame_of(at_risk)
    marks, lines = _lines(drawn)
    table = _arms(risk, "at_risk", ("time", "n_risk"))
    for name in lines:
        if name not in table:
            raise NotAllowed("at_risk", name, ", ".join(table), "this arm of the curve has no numbers at risk there")
    for name in table:
        if name not in lines:
            raise NotAllowed("curve", name, ", ".join(lines), "this arm of the numbers at risk has no curve there")
    return {
        name: Readings(line["time"], _shares(name, line), marks.get(name, np.array([])), *_risk(name, table[name]))
        for name, line in lines.items()
    }


def _lines(frame: pl.DataFrame) -> tuple[dict[str, Numbers], dict[str, dict[str, Numbers]]]:
    """Times of censoring marks, and readings, by arm."""
    marks: dict[str, Numbers] = {}
    if "kind" in frame.columns:
        strange = frame.filter(~pl.col("kind").is_in(_KINDS))
        if strange.height:
            raise NotAllowed("kind", strange["kind"][0], ", ".join(_KINDS), "no row of a curve is of this kind")
        shown = frame.filter(pl.col("kind") == "censored")
        marks = {name: line["time"] for name, line in _arms(shown, "curve", ("time",)).items()} if shown.height else {}
        frame = frame.filter(pl.col("kind") == "curve")
    height = "survival_percent" if "survival_percent" in frame.columns else "survival"
    return marks, _arms(frame, "curve", ("time", height))


def _arms(frame: pl.DataFrame, role: str, names: tuple[str, ...]) -> dict[str, dict[str, Numbers]]:
    """The columns of each arm, in the order in which arms come."""
    wanted = [Wanted(role, name, "number") for name in names]
    arm = Wanted(role, "arm", "label")
    has_arms = "arm" in frame.columns
    found: Sample = sample(frame, [*wanted, *([arm] if has_arms else [])])
    if found.used < found.read:
        missing = ", ".join(f"{name} in {n}" for name, n in found.missing.items())
        problem = f"cells are missing ({missing} of {found.read} rows)"
        raise NotAllowed(role, "table", "a number in every cell", problem, "fill them in, or leave the rows out")
    columns = {each.column: found.numbers[each] for each in wanted}
    if not has_arms:
        return {ONE_ARM: columns}
    labels = found.labels[arm]
    order = dict.fromkeys(labels.codes.tolist())
    return {labels.names[i]: {key: line[labels.codes == i] for key, line in columns.items()} for i in order}


def _shares(name: str, line: Mapping[str, Numbers]) -> Numbers:
    """Survival between 0 and 1."""
    is_percent = "survival_percent" in line
    survival: Numbers = line["survival_percent"] / 100 if is_percent else line["survival"]
    column = "survival_percent" if is_percent else "survival"
    if len(survival) < 2:
        raise NotAllowed("curve", name, "two readings or more", "it has one reading, which is no curve")
    wrong = (survival < _RANGE[0]) | (survival > _RANGE[1])
    if wrong.any():
        value = f"{line[column][int(wrong.argmax())]:g} of {name}"
        allowed = "0 to 100" if is_percent else "0 to 1"
        fix = "" if is_percent else "name the column survival_percent if it holds per cent"
        raise NotAllowed(column, value, allowed, "this is no share of patients", fix)
    if float(np.max(line["time"])) <= 0:
        raise NotAllowed("time", f"{np.max(line['time']):g} of {name}", "times above 0", "the curve has no length")
    first, last = float(np.median(survival[: max(len(survival) // 10, 1)])), float(np.median(survival[-3:]))
    if last > first + 0.02:
        fix = "write 1 less the incidence where the figure shows events, and sort by time where rows were shuffled"
        raise NotAllowed(column, name, "a curve that falls", f"it rises from {first:.2g} to {last:.2g}", fix)
    return survival


def _risk(name: str, table: Mapping[str, Numbers]) -> tuple[Numbers, Numbers]:
    """Numbers at risk by time. Rising ones pass: they say something of the figure."""
    order = np.argsort(table["time"], kind="stable")
    time, count = table["time"][order], table["n_risk"][order]
    if time[0] != 0:
        fix = "add the row of time 0: how many patients the arm has"
        raise NotAllowed("at_risk", f"{time[0]:g} of {name}", "numbers at risk from time 0 on", "it is the first", fix)
    twice = np.flatnonzero(np.diff(time) == 0)
    if len(twice):
        raise NotAllowed("at_risk", f"{time[twice[0]]:g} of {name}", "each time once", "it stands there twice")
    wrong = (count < 0) | (count != np.round(count))
    if wrong.any() or count[0] < 1:
        value = f"{count[int(wrong.argmax())]:g} of {name}"
        raise NotAllowed("n_risk", value, "whole numbers, the first of them 1 or more", "so many patients cannot be")
    return time, count
