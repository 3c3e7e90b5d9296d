"""The columnar executor: the same facts over the columns of many patients at once, the same tables for each combination
of answers that occurs. See README.md here.
"""

from oligoscope.tables.columnar.columns import PATIENT, ROW, assumes, column, given, high, kind_of, low, without
from oligoscope.tables.columnar.combinations import Memory
from oligoscope.tables.columnar.lists import MOST_ITEMS
from oligoscope.tables.columnar.result import Answers, CohortAnswers
from oligoscope.tables.columnar.run import run

__all__ = [
    "MOST_ITEMS",
    "PATIENT",
    "ROW",
    "Answers",
    "CohortAnswers",
    "Memory",
    "assumes",
    "column",
    "given",
    "high",
    "kind_of",
    "low",
    "run",
    "without",
]
