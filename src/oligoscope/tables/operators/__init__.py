"""The operators of facts, one class each: what it means for one patient, and the same in columns, side by side."""

from oligoscope.tables.operators import lists, plain, times
from oligoscope.tables.operators.base import Columns, Held, ListOperator, PlainOperator, flag

LIST_OPERATORS: dict[str, type[ListOperator]] = {
    "count": lists.Count,
    "any": lists.Any,
    "all": lists.All,
    "max": lists.Max,
    "min": lists.Min,
    "sum": lists.Sum,
    "distinct": lists.Distinct,
    "most_in_one": lists.MostInOne,
    "last": lists.Last,
}
"""Those over the items of a list, by their key in YAML."""

PLAIN_OPERATORS: dict[str, type[PlainOperator]] = {
    "months_between": times.MonthsBetween,
    "years_between": times.YearsBetween,
    "days_between": times.DaysBetween,
    "first_of": plain.FirstOf,
    "convert": plain.Convert,
    "difference": plain.Difference,
    "percent_change": plain.PercentChange,
    "at_or_after": plain.AtOrAfter,
    "before": plain.Before,
    "same": plain.Same,
    "narrowed": plain.Narrowed,
    "sharpened": plain.Sharpened,
}
"""Those of quantities, by their key in YAML."""

__all__ = ["LIST_OPERATORS", "PLAIN_OPERATORS", "Columns", "Held", "ListOperator", "PlainOperator", "flag"]
