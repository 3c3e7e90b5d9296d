"""The tests of `integrity` as expressions over columns of possible sets: the same meaning, many charts at once."""

from collections.abc import Iterable, Mapping

import polars as pl

from oligoscope.chart.columns import as_text
from oligoscope.chart.domains import item_domains
from oligoscope.chart.integrity import TODAY, Before, Given, Listed, Rule, Test, Within, Words, referred
from oligoscope.tables.columnar.columns import PATIENT, all_of, any_of, column, columns_of, given, high, kind_of, low
from oligoscope.tables.columnar.facts import fact_columns
from oligoscope.tables.domain import FLAG, Domain
from oligoscope.tables.facts import Fact
from oligoscope.vocabulary.fields import FieldSpec, ListSpec
from oligoscope.vocabulary.values import Name
from oligoscope.vocabulary.words import Case


def rule_holds(rule: Rule, today: int) -> pl.Expr:
    """Where a rule certainly holds."""
    return all_of(_holds(test, today) for test in rule.tests)


def consequences(rules: tuple[Rule, ...], today: int) -> list[pl.Expr]:
    """The columns that the rules give an answer to, all read off the columns as they are."""
    found: dict[str, pl.Expr] = {}
    for rule in rules:
        for name, mask in rule.then:
            before = found.get(name, pl.col(column(name)))
            found[name] = pl.when(rule_holds(rule, today)).then(pl.lit(mask, pl.Int8)).otherwise(before)
    return [each.alias(column(name)) for name, each in found.items()]


def columns_read(names: Iterable[str], domains: Mapping[str, Domain], list_names: Iterable[str]) -> set[str]:
    """The columns of these fields, and those that say whether a patient has these lists."""
    listed = set(list_names)
    fields = {each for name in names if name in domains and name != TODAY for each in columns_of(name, domains[name])}
    return fields | {given(name) for name in names if name in listed}


def derived(frame: pl.DataFrame, facts: Iterable[Fact], domains: Mapping[str, Domain]) -> pl.DataFrame:
    """A frame with what is derived of its columns."""
    made = frame.lazy()
    for fact in facts:
        for layer in fact_columns(fact, domains, {}):
            made = made.with_columns(**layer)
    return made.collect()


def with_words(frame: pl.DataFrame, words: Words, texts: pl.Series | None) -> pl.DataFrame:
    """A frame with what the words of a text leave possible. texts: of each row; None where there is no such column."""
    kind = kind_of(len(words.domain.labels))
    if texts is None or texts.is_empty():
        return frame.with_columns(pl.lit(words.domain.everything, kind).alias(column(words.name)))
    told = as_text(texts).fill_null("")
    masks = {text: words.possible(text) for text in told.unique().to_list()}
    return frame.with_columns(told.replace_strict(masks, return_dtype=kind).alias(column(words.name)))


def with_named_items(
    frame: pl.DataFrame, field: FieldSpec, target: ListSpec, others: pl.DataFrame, case: type[Case]
) -> pl.DataFrame:
    """A frame of items with what is possible of the items that a field names; the names stand in its column.

    frame: with the column that says whether its patient has the other list.  others: the items that may be named.
    """
    assert isinstance(field.kind, Name)
    domains = item_domains(target.name, case)
    wanted = {
        old: new
        for name, domain in domains.items()
        for old, new in zip(columns_of(name, domain), columns_of(referred(field, name), domain), strict=True)
    }
    # Few patients of a registry have items that name others.
    others = others.join(frame.select(PATIENT).unique(), on=PATIENT, how="semi", maintain_order="left")
    items = others.filter(pl.col("id").is_not_null()).unique([PATIENT, "id"], keep="first", maintain_order=True)
    found = items.select(PATIENT, pl.col("id").alias(field.name), found__=pl.lit(True), **{
        new: pl.col(old) for old, new in wanted.items()
    })  # fmt: skip
    nameless = others.filter(pl.col("id").is_null())[PATIENT].unique()
    may = (
        pl.col(field.name).is_null()
        | pl.col(field.name).is_in(list(field.kind.also))
        | ~pl.col(given(target.name))
        | pl.col(PATIENT).is_in(nameless.implode())
    )
    listed = pl.when(pl.col("found__")).then(2).when(may).then(3).otherwise(1).cast(kind_of(len(FLAG.labels)))
    return (
        frame.join(found, on=[PATIENT, field.name], how="left", maintain_order="left")
        .with_columns(_filled(wanted, domains))
        .with_columns(listed.alias(column(referred(field))))
        .drop("found__")
    )


def _filled(wanted: Mapping[str, str], domains: Mapping[str, Domain]) -> list[pl.Expr]:
    """Everything is possible where no item is named."""
    ends = {
        each: end
        for name, domain in domains.items()
        for each, end in zip(
            columns_of(name, domain),
            (domain.everything,) if isinstance(domain.everything, int) else domain.everything,
            strict=True,
        )
    }
    return [pl.col(new).fill_null(ends[old]) for old, new in wanted.items()]


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
