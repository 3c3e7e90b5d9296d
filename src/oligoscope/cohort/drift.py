"""Whose answer, or the evidence stated with it, changed: between two days, or since another release."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from oligoscope.appraisal.drift import Drift
from oligoscope.assess.patient import Assessment
from oligoscope.assess.what_if import changes_between
from oligoscope.chart.layout import PATIENT_ID
from oligoscope.knowledge import Knowledge
from oligoscope.tables.model import APPLIES, APPLIES_NOT, Options, Part, Rule, Score, Table
from oligoscope.tables.names import part_name

if TYPE_CHECKING:
    import polars as pl


class Key(NamedTuple):
    """A rule of a part of a table; of a score the whole."""

    table: str
    part: str
    rule: str


class Moved(NamedTuple):
    """One answer of one patient that changed, or whose evidence did.

    part: of a table with several answers.  before, after: alike where only the evidence changed; "" while undetermined
    or where a release has no such question.  because: studies.
    """

    who: str
    table: str
    part: str
    before: str
    after: str
    because: tuple[str, ...]


@dataclass(frozen=True)
class Movement:
    """What moved. since, until: two days, or two releases.  n: patients looked at.  drift: between two days, what the
    evidence itself did.  refused: what could not be read, in words; those patients are not in n.
    """

    since: str
    until: str
    by_release: bool
    n: int
    moved: tuple[Moved, ...]
    drift: Drift | None = None
    refused: tuple[str, ...] = ()

    @property
    def n_changed(self) -> int:
        """Patients of whom something changed."""
        return len({each.who for each in self.moved})

    def counts(self) -> list[tuple[Moved, int]]:
        """How many patients, by change; `who` is empty."""
        counted = Counter(each._replace(who="") for each in self.moved)
        return sorted(counted.items(), key=lambda found: (found[0].table, found[0].part, -found[1], found[0]))


def newly_cited(knowledge: Knowledge, since: str, until: str) -> dict[Key, tuple[str, ...]]:
    """By rule, the studies behind it of which nothing was published by the first day, and something by the second."""
    dates = {study.study: study.published for study in knowledge.evidence.studies()}
    found: dict[Key, tuple[str, ...]] = {}
    for table in knowledge.tables:
        for part in table.parts:
            for rule in part.named_rules:
                new = tuple(name for name in _cites(part, rule) if since < dates.get(name, "") <= until)
                if new:
                    name = table.name if isinstance(table, Score) else part.id
                    key = Key(table.name, name, "" if isinstance(table, Score) else rule.id)
                    found[key] = tuple(dict.fromkeys((*found.get(key, ()), *new)))
    return found


def _cites(part: Part, rule: Rule) -> tuple[str, ...]:
    """What the strength of a rule rests on: nothing, of a rule of this product and of one that is not verified."""
    status = rule.provenance.status or part.provenance.status
    return () if status in ("design", "unverified") else rule.provenance.cites or part.provenance.cites


def restated(who: str, assessment: Assessment, new: Mapping[Key, tuple[str, ...]]) -> Iterator[Moved]:
    """Of one patient the settled answers whose rules rest on something new."""
    for table in assessment.knowledge.tables:
        for part, settled in assessment.settled[table.name].items():
            value = settled.value
            if value is None or (isinstance(table, Options) and value != APPLIES):
                continue
            rules = [""] if isinstance(table, Score) else settled.rules
            because = dict.fromkeys(name for rule in rules for name in new.get(Key(table.name, part, rule), ()))
            if because and _asked(table, value):
                yield Moved(who, table.name, "" if table.one_answer else part, value, value, tuple(because))


def _asked(table: Table, value: str) -> bool:
    """Whether the question is asked at all where this is the answer."""
    return value not in table.codes or table.outcome(value).applies


def moved_between(who: str, before: Assessment, after: Assessment) -> Iterator[Moved]:
    """Of one patient what two releases answer otherwise, with the studies that only the later answer rests on."""
    for change in changes_between(before, after):
        if change.answers_otherwise and change.lesion is None:
            part = change.part or ""
            old, new = (
                _rested_on(knowledge, change.table, change.part, rules)
                for knowledge, rules in zip((before.knowledge, after.knowledge), change.rules, strict=True)
            )
            if isinstance(after.knowledge.table(change.table), Options):
                old, new = (_rested_on_option(each.knowledge, change.table, part) for each in (before, after))
            because = tuple(name for name in new if name not in old) or tuple(name for name in old if name not in new)
            yield Moved(who, change.table, part, change.before or "", change.after or "", because)


def _rested_on(knowledge: Knowledge, table: str, part: str | None, rules: Iterable[str]) -> tuple[str, ...]:
    wanted = set(rules)
    try:
        parts = knowledge.table(table).parts
    except KeyError:
        return ()
    cites = [
        name
        for each in parts
        if part is None or each.id == part
        for rule in each.named_rules
        if rule.id in wanted
        for name in rule.provenance.cites or each.provenance.cites
    ]
    return tuple(dict.fromkeys(cites))


# ---- registries ----------------------------------------------------------------------------------


def restated_rows(answers: "pl.DataFrame", knowledge: Knowledge, new: Mapping[Key, tuple[str, ...]]) -> list[Moved]:
    """As `restated`, from the answer columns of a cohort."""
    import polars as pl

    found: dict[tuple[str, str, str, str], dict[str, None]] = {}
    for key, because in new.items():
        table = knowledge.table(key.table)
        name = part_name(table, key.part)
        if isinstance(table, Options):
            rows = answers.filter(pl.col(table.name).str.split("|").list.contains(key.part))
            pairs = [(who, APPLIES) for who in rows[PATIENT_ID]]
        else:
            fired = pl.col(name).is_not_null()
            if key.rule:
                fired &= pl.col(f"{name}_rule").str.split("|").list.contains(key.rule)
            pairs = list(answers.filter(fired).select(PATIENT_ID, name).iter_rows())
        part = "" if table.one_answer else key.part
        for who, value in pairs:
            if _asked(table, value):
                found.setdefault((str(who), table.name, part, value), {}).update(dict.fromkeys(because))
    return [Moved(who, t, part, value, value, tuple(names)) for (who, t, part, value), names in found.items()]


def moved_rows(before: "pl.DataFrame", after: "pl.DataFrame", old: Knowledge, new: Knowledge) -> list[Moved]:
    """As `moved_between`, from the answer columns of a cohort under both releases."""
    import polars as pl

    both = before.join(after, on=PATIENT_ID, how="inner", suffix=" after", maintain_order="left")
    moved: list[Moved] = []
    for table, part in _questions(new):
        if isinstance(table, Options):
            moved += _moved_options(both, table, part, (old, new))
            continue
        name = part_name(table, part)
        columns = [name, f"{name}_possible", f"{name}_rule"]
        # A question that one release lacks has no columns there.
        there = [column for column in columns if column in before.columns and column in after.columns]
        if len(there) < len(columns):
            continue
        told_apart = [columns[1], *((f"{name}_low", f"{name}_high") if isinstance(table, Score) else ())]
        differ = both.filter(pl.any_horizontal(pl.col(c).ne_missing(pl.col(f"{c} after")) for c in told_apart))
        told = [PATIENT_ID, name, columns[2], f"{name} after", f"{columns[2]} after"]
        for who, was, by, now, by_now in differ.select(told).iter_rows():
            which = None if table.one_answer else part
            rested = _rested_on(old, table.name, which, (by or "").split("|"))
            rests = _rested_on(new, table.name, which, (by_now or "").split("|"))
            because = tuple(n for n in rests if n not in rested) or tuple(n for n in rested if n not in rests)
            moved.append(Moved(str(who), table.name, which or "", was or "", now or "", because))
    return moved


def _questions(knowledge: Knowledge) -> Iterator[tuple[Table, str]]:
    """Every table with what it answers on its own, by id."""
    for table in knowledge.tables:
        yield from ((table, part.id) for part in (table.parts[:1] if table.one_answer else table.parts))


def _moved_options(both: "pl.DataFrame", table: Table, part: str, releases: tuple[Knowledge, Knowledge]) -> list[Moved]:
    """Of one option: those for whom it applies, may apply or does not apply otherwise than before."""
    import polars as pl

    def state(after: str) -> pl.Expr:
        listed = [pl.col(f"{name}{after}").str.split("|").list.contains(part) for name in names]
        return pl.when(listed[0]).then(pl.lit(APPLIES)).when(listed[1]).then(pl.lit("")).otherwise(pl.lit(APPLIES_NOT))

    names = (table.name, f"{table.name}_possible")
    if any(f"{name} after" not in both.columns for name in names):
        return []
    told = both.select(PATIENT_ID, was=state(""), now=state(" after")).filter(pl.col("was") != pl.col("now"))
    found = []
    for who, was, now in told.iter_rows():
        rested, rests = (_rested_on_option(knowledge, table.name, part) for knowledge in releases)
        because = tuple(n for n in rests if n not in rested) or tuple(n for n in rested if n not in rests)
        found.append(Moved(str(who), table.name, part, was, now, because))
    return found


def _rested_on_option(knowledge: Knowledge, table: str, part: str) -> tuple[str, ...]:
    try:
        parts = knowledge.table(table).parts
    except KeyError:
        return ()
    return next((each.provenance.cites for each in parts if each.id == part), ())
