"""The face of the library: one function per use, for notebooks, the command line and other programs alike.

Documents of a case are mappings, YAML or JSON text, or paths. Whatever a person can mend raises `OligoscopeError`.

>>> from oligoscope import api
>>> case = {"patient": {"ecog": 1}, "lesions_complete": True, "lesions": [{"id": "L1", "organ": "adrenal"}]}
>>> answer = api.assess(case)
>>> answer.facts["n_metastases"].value
1
>>> "lat-candidacy" in {change.table for change in api.what_if({"patient": {"ecog": 1}}, {"ecog": 4}).changes}
True
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from oligoscope.api import literature, survival
    from oligoscope.api.against import cohort_against
    from oligoscope.api.assessed import report
    from oligoscope.api.cohort import (
        Cohort,
        assess_cohort,
        check_cohort,
        draft_mapping,
        match_cohort,
        write_cohort,
        write_template,
    )
    from oligoscope.api.dose import bed, constraints
    from oligoscope.api.evidence import Pooled, audit, coverage, drift, find, pool, study
    from oligoscope.api.figures import ipd_figure
    from oligoscope.api.knowledge import (
        answer_schema,
        case_schema,
        check,
        export,
        fields,
        load_knowledge,
        tables,
        trial,
        trials,
    )
    from oligoscope.api.moved import drift_of
    from oligoscope.api.patient import Answer, Explanation, Matches, WhatIf, assess, explain, match, what_if
    from oligoscope.api.planned import check_plan, check_tables, dvh
    from oligoscope.api.published import regimens
    from oligoscope.api.ranking import simulate_screening
    from oligoscope.api.rebuilt import pool_rebuilt
    from oligoscope.api.reconstructed import ipd
    from oligoscope.api.registry import Reported, cohort_report, validate_cohort
    from oligoscope.api.result import Result
    from oligoscope.api.simulated import simulate_cohort
    from oligoscope.api.wanted import WhatWould, what_would
    from oligoscope.errors import OligoscopeError
    from oligoscope.knowledge import Knowledge

__all__ = [
    "Answer",
    "Cohort",
    "Explanation",
    "Knowledge",
    "Matches",
    "OligoscopeError",
    "Pooled",
    "Reported",
    "Result",
    "WhatIf",
    "WhatWould",
    "answer_schema",
    "assess",
    "assess_cohort",
    "audit",
    "bed",
    "case_schema",
    "check",
    "check_cohort",
    "check_plan",
    "check_tables",
    "cohort_against",
    "cohort_report",
    "constraints",
    "coverage",
    "draft_mapping",
    "drift",
    "drift_of",
    "dvh",
    "explain",
    "export",
    "fields",
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
    "report",
    "simulate_cohort",
    "simulate_screening",
    "study",
    "survival",
    "tables",
    "trial",
    "trials",
    "validate_cohort",
    "what_if",
    "what_would",
    "write_cohort",
    "write_template",
]

# One case needs neither cohorts nor pools: a module of this room is imported when one of its names is first asked for.
_HOMES = {
    "oligoscope.api.cohort": (
        "Cohort",
        "assess_cohort",
        "check_cohort",
        "draft_mapping",
        "match_cohort",
        "write_cohort",
        "write_template",
    ),
    "oligoscope.api.dose": ("bed", "constraints"),
    "oligoscope.api.evidence": (
        "Pooled",
        "audit",
        "coverage",
        "drift",
        "find",
        "pool",
        "study",
    ),
    "oligoscope.api.knowledge": (
        "answer_schema",
        "case_schema",
        "check",
        "export",
        "fields",
        "load_knowledge",
        "tables",
        "trial",
        "trials",
    ),
    "oligoscope.api.moved": ("drift_of",),
    "oligoscope.api.patient": (
        "Answer",
        "Explanation",
        "Matches",
        "WhatIf",
        "assess",
        "explain",
        "match",
        "what_if",
    ),
    "oligoscope.api.against": ("cohort_against",),
    "oligoscope.api.assessed": ("report",),
    "oligoscope.api.planned": ("check_plan", "check_tables", "dvh"),
    "oligoscope.api.published": ("regimens",),
    "oligoscope.api.registry": ("Reported", "cohort_report", "validate_cohort"),
    "oligoscope.api.figures": ("ipd_figure",),
    "oligoscope.api.rebuilt": ("pool_rebuilt",),
    "oligoscope.api.reconstructed": ("ipd",),
    "oligoscope.api.ranking": ("simulate_screening",),
    "oligoscope.api.result": ("Result",),
    "oligoscope.api.simulated": ("simulate_cohort",),
    "oligoscope.api.wanted": ("WhatWould", "what_would"),
    "oligoscope.errors": ("OligoscopeError",),
    "oligoscope.knowledge": ("Knowledge",),
}


def __getattr__(name: str) -> object:
    if name in ("literature", "survival"):
        return import_module(f"oligoscope.api.{name}")
    home = next((module for module, names in _HOMES.items() if name in names), None)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(home), name)
