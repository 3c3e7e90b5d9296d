"""Covariates as they are asked for, `age` or `arm:factor=control`, become columns of numbers with their names."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oligoscope.errors import NotAllowed
from oligoscope.files.columns import Sample, Wanted

ALLOWED = "columns such as age, arm:factor or arm:factor=control, with commas between them"


@dataclass(frozen=True)
class Covariate:
    """One column. is_factor: one term for each of its groups but the reference.  reference: "" is the first group."""

    column: str
    is_factor: bool = False
    reference: str = ""

    @property
    def wanted(self) -> Wanted:
        """How the column is read."""
        return Wanted("covariates", self.column, "label" if self.is_factor else "number")


def covariates_of(asked: str | Sequence[str]) -> list[Covariate]:
    """Raises NotAllowed for a kind that is not known, a column named twice, or none at all.

    >>> covariates_of("age,arm:factor=control")[1]
    Covariate(column='arm', is_factor=True, reference='control')
    """
    words = [word.strip() for word in (asked.split(",") if isinstance(asked, str) else asked)]
    if not words or not all(words):
        raise NotAllowed("covariates", asked, ALLOWED, "a name is missing")
    found = [_covariate(word) for word in words]
    for i, each in enumerate(found):
        if any(each.column == earlier.column for earlier in found[:i]):
            raise NotAllowed("covariates", each.column, ALLOWED, "it is named twice", "name it once")
    return found


def _covariate(word: str) -> Covariate:
    column, colon, kind = word.rpartition(":")
    name, _, reference = kind.partition("=")
    if not colon:
        return Covariate(word)
    if name != "factor":
        raise NotAllowed("covariates", word, ALLOWED, f"{kind} is no kind of covariate", f"write {column}:factor")
    return Covariate(column, True, reference)


def matrix_of(sample: Sample, asked: Sequence[Covariate]) -> tuple[list[str], NDArray[np.float64], tuple[str, ...]]:
    """Names of the terms, rows x terms, and what each factor is compared with. Raises NotAllowed."""
    names: list[str] = []
    lines: list[NDArray[np.float64]] = []
    notes = []
    for each in asked:
        if not each.is_factor:
            names.append(each.column)
            lines.append(sample.numbers[each.wanted])
            continue
        labels = sample.labels[each.wanted]
        reference = each.reference or labels.names[0]
        if reference not in labels.names:
            problem = f"{each.column} has no group {reference} in the rows used"
            raise NotAllowed("covariates", f"{each.column}:factor={reference}", ", ".join(labels.names), problem)
        if len(labels.names) < 2:
            problem = f"it has one group, {reference}, in the rows used"
            raise NotAllowed(
                "covariates", f"{each.column}:factor", "a column with two groups or more", problem, "leave it out"
            )
        others = [(code, name) for code, name in enumerate(labels.names) if name != reference]
        names += [f"{each.column}[{name}]" for _, name in others]
        lines += [(labels.codes == code).astype(float) for code, _ in others]
        notes.append(f"{each.column} against {reference}")
    if len(names) >= sample.used:
        what = f"{len(names)} coefficients for {sample.used} rows"
        raise NotAllowed("covariates", what, "fewer coefficients than rows", "they cannot be told apart", "take fewer")
    return names, np.column_stack(lines), tuple(notes)
