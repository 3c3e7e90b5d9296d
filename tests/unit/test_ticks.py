"""At which months numbers at risk stand below a curve: round steps, nine numbers at most."""

from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from oligoscope.cohort.analysis.curves import ticks
from oligoscope.cohort.analysis.endpoints import DAYS_PER_MONTH
from oligoscope.cohort.analysis.patients import Patients
from oligoscope.synthesis.survival import followed


@pytest.mark.parametrize(
    ("longest", "step", "n"),
    [
        (2, 3, 1),
        (24, 3, 9),
        (25, 6, 5),
        (48, 6, 9),
        (50, 12, 5),
        (100, 24, 5),
        (250, 36, 7),
        (300, 60, 6),
        (500, 120, 5),
    ],
)
def test_the_step_grows_with_the_time(longest: float, step: int, n: int) -> None:
    who = followed(np.full(20, longest * DAYS_PER_MONTH), np.ones(20))
    patients = cast(Patients, SimpleNamespace(n=20, followed=who))
    assert ticks(patients) == tuple(float(step * k) for k in range(n))


def test_the_last_number_is_one_that_enough_are_followed_to() -> None:
    who = followed(np.array([24.0] * 10 + [400.0] * 9) * DAYS_PER_MONTH, np.ones(19))
    assert ticks(cast(Patients, SimpleNamespace(n=19, followed=who)))[-1] == 24
