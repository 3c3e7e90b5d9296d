"""The tests of `integrity` as expressions over columns of possible sets: the same meaning, many charts at once."""

from collections.abc import Mapping

import polars as pl

from oligoscope.chart.integrity import TODAY, Before, Given, Listed, Rule, Test, Within
from oligoscope.tables.columnar.columns import all_of, any_of, column, given, high, low
from oligoscope.tables.domain import Dates, Domain


def rule_holds(rule: Rule, today: int) -> pl.Expr:
    """Where a rule certainly holds."""
    return all_of(_holds(test, today) for test in rule.tests)


def consequences(rules: tuple[Rule, ...], today: int) -> list[pl.Expr]:
    """The columns that the rules give an answer to, each read off the columns as they are."""
    return [
        pl.when(rule_holds(rule, today)).then(pl.lit(mask, pl.Int8)).otherwise(pl.col(column(name))).alias(column(name))
        for rule in rules
        for name, mask in rule.then
    ]


def columns_read(rule: Rule, domains: Mapping[str, Domain]) -> set[str]:
    """The columns that a rule's tests look at."""
    found = set[str]()
    for test in rule.tests:
        for name in (test.name, test.than) if isinstance(test, Before) else (test.name,):
            if isinstance(test, Listed):
                found.add(given(name))
            elif name != TODAY:
                found |= {low(name), high(name)} if isinstance(domains[name], Dates) else {column(name)}
    return found


def _holds(test: Test, today: int) -> pl.Expr:
    match test:
        case Before():
            return _end(high(test.name), test.name, today) < _end(low(test.than), test.than, today)
        case Listed():
            return _said(pl.col(given(test.name)), test.yes)
        case Given(everything=int() as whole):
            return _said(pl.col(column(test.name)) != whole, test.yes)
        case Given(everything=(bottom, top)):
            return _said((pl.col(low(test.name)) > bottom) | (pl.col(high(test.name)) < top), test.yes)
        case Within(refused=int() as refused):
            return (pl.col(column(test.name)) & refused) == 0
        case Within(refused=tuple() as spans):
            ends = pl.col(low(test.name)), pl.col(high(test.name))
            return ~any_of((ends[0] <= top) & (ends[1] >= bottom) for bottom, top in spans)
    raise TypeError(test)


def _end(end: str, name: str, today: int) -> pl.Expr:
    return pl.lit(today) if name == TODAY else pl.col(end)


def _said(truth: pl.Expr, yes: bool) -> pl.Expr:
    return truth if yes else ~truth
