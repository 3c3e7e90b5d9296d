"""oligoscope: the evidence on local ablative therapy for oligometastatic NSCLC, as decision tables that assess a
patient or a registry.

`import oligoscope as osc` gives `osc.assess`, `osc.explain`, `osc.what_if`, `osc.match`, `osc.assess_cohort`,
`osc.pool`, `osc.bed`, `osc.regimens`, `osc.constraints`, `osc.survival.km`, `osc.ipd`, `osc.literature`,
`osc.load_knowledge` and more (see `oligoscope.api`), and `osc.OligoscopeError`; importing it loads nothing heavy.
"""

import sys
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from oligoscope.api import (
        assess,
        assess_cohort,
        audit,
        bed,
        check_plan,
        cohort_against,
        cohort_report,
        constraints,
        drift,
        dvh,
        explain,
        find,
        ipd,
        ipd_figure,
        literature,
        load_knowledge,
        match,
        match_cohort,
        pool,
        pool_rebuilt,
        regimens,
        simulate_cohort,
        simulate_screening,
        study,
        survival,
        validate_cohort,
        what_if,
        write_cohort,
    )
    from oligoscope.errors import OligoscopeError

__version__ = "0.1.0"
__all__ = [
    "OligoscopeError",
    "__version__",
    "assess",
    "assess_cohort",
    "audit",
    "bed",
    "check_plan",
    "cohort_against",
    "cohort_report",
    "constraints",
    "drift",
    "dvh",
    "explain",
    "find",
    "ipd",
    "ipd_figure",
    "literature",
    "load_knowledge",
    "match",
    "match_cohort",
    "pool",
    "pool_rebuilt",
    "regimens",
    "simulate_cohort",
    "simulate_screening",
    "study",
    "survival",
    "validate_cohort",
    "what_if",
    "write_cohort",
]


class _Face(ModuleType):
    """This package, whose functions are read when they are first asked for."""

    def __getattr__(self, name: str) -> object:
        if name not in __all__:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        from oligoscope import api

        return getattr(api, name)

    # Two rooms of the package are called like what its face gives. Importing a room sets it as an attribute of the
    # package; a property stands before attributes, so `osc.assess` stays the function, whatever was imported before.
    @property
    def assess(self) -> object:
        return self.__getattr__("assess")

    @assess.setter
    def assess(self, room: ModuleType) -> None:
        """The room is found by its full name, `import oligoscope.assess.patient`."""

    @property
    def literature(self) -> object:
        return self.__getattr__("literature")

    @literature.setter
    def literature(self, room: ModuleType) -> None:
        """As for `assess`."""


sys.modules[__name__].__class__ = _Face
