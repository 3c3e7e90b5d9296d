"""What a chart may not say and what follows from it: `integrity.yaml` as typed rules, and their reference reading.

A rule is a conjunction of tests. A test holds only where it holds whatever an unknown turns out to be, so a rule never
speaks up about what is merely possible. Each test says so of one chart here (`holds`) and of many in
`integrity_columns`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from typing import Any, NamedTuple, TypeAlias

import yaml

from oligoscope.chart.domains import chart_domains, item_domains
from oligoscope.tables.conditions import cells, read_condition
from oligoscope.tables.domain import Choices, Dates, Domain, Label, Possible, Span
from oligoscope.tables.errors import TableError
from oligoscope.vocabulary.fields import ListSpec, lists
from oligoscope.vocabulary.words import Case

Plain: TypeAlias = Any
"""What YAML holds, before it is read."""

PATIENT_ITSELF = "patient"
TODAY = "today"
State: TypeAlias = Mapping[str, Possible]
"""What is possible of each field that rules read; `today` as a span; of a list, 2 where the chart has it and 1 where
it has not.
"""


class Within(NamedTuple):
    """A field meets a condition of the table language. refused: the answers that do not meet it."""

    name: str
    refused: int | tuple[Span, ...]

    def holds(self, state: State) -> bool:
        """None of the answers still possible is refused."""
        possible = state[self.name]
        if isinstance(possible, int):
            assert isinstance(self.refused, int)
            return not possible & self.refused
        assert not isinstance(self.refused, int)
        return not any(possible[0] <= high and possible[1] >= low for low, high in self.refused)


class Given(NamedTuple):
    """Whether a field is said to be anything less than everything it may be."""

    name: str
    everything: Possible
    yes: bool

    def holds(self, state: State) -> bool:
        return (state[self.name] != self.everything) == self.yes


class Listed(NamedTuple):
    """Whether a chart has a list at all."""

    name: str
    yes: bool

    def holds(self, state: State) -> bool:
        return (state[self.name] == 2) == self.yes


class Before(NamedTuple):
    """A date lies before another: its last possible day is before the other's first.

    >>> Before("stop", "start").holds({"stop": (20230401, 20230430), "start": (20230501, 20230531)})
    True
    >>> Before("stop", "start").holds({"stop": (20230401, 20230430), "start": (20230101, 20231231)})
    False
    """

    name: str
    than: str

    def holds(self, state: State) -> bool:
        mine, other = state[self.name], state[self.than]
        assert isinstance(mine, tuple)
        assert isinstance(other, tuple)
        return mine[1] < other[0]


Test: TypeAlias = Within | Given | Listed | Before


class Rule(NamedTuple):
    """One contradiction or consequence, about the patient or about each item of a list.

    field: where its message stands.  then: for a consequence, the field that gets an answer and its mask.
    """

    id: str
    about: str
    field: str
    tests: tuple[Test, ...]
    says: str = ""
    allowed: str = ""
    fix: str = ""
    then: tuple[tuple[str, int], ...] = ()

    @property
    def reads(self) -> frozenset[str]:
        """Every name that the tests look at."""
        return frozenset(name for t in self.tests for name in (t.name, *((t.than,) if isinstance(t, Before) else ())))

    def holds(self, state: State) -> bool:
        """Whether the chart certainly is as the rule says."""
        return all(test.holds(state) for test in self.tests)


@dataclass(frozen=True)
class Integrity:
    """All rules of one vocabulary."""

    contradictions: tuple[Rule, ...]
    consequences: tuple[Rule, ...]
    unique: tuple[Rule, ...]

    def about(self, what: str) -> "Integrity":
        """The rules about the patient, or about one list."""
        return self._by_subject.get(what, _NO_RULES)

    @cached_property
    def reads(self) -> frozenset[str]:
        """Every name that some rule looks at."""
        return frozenset(name for rule in (*self.contradictions, *self.consequences) for name in rule.reads)

    @cached_property
    def _by_subject(self) -> Mapping[str, "Integrity"]:
        parts = (self.contradictions, self.consequences, self.unique)
        subjects = {rule.about for rules in parts for rule in rules}
        return {
            about: Integrity(*(tuple(rule for rule in rules if rule.about == about) for rules in parts))
            for about in subjects
        }


_NO_RULES = Integrity((), (), ())


@cache
def integrity(case: type[Case] = Case) -> Integrity:
    """The packaged rules for a vocabulary. Raises TableError for a rule that cannot be read."""
    text = resources.files("oligoscope.chart").joinpath("integrity.yaml").read_text("utf-8")
    return read_integrity(yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)), case)


def read_integrity(raw: Mapping[str, Plain], case: type[Case] = Case) -> Integrity:
    """Rules from parsed YAML. Raises TableError, naming the rule."""
    found = [
        tuple(rule for entry in raw.get(part, ()) for rule in _rules(entry, case))
        for part in ("contradictions", "consequences", "unique")
    ]
    return Integrity(*found)


_KEYS = {"id", "about", "each", "except", "field", "when", "then", "says", "allowed", "fix"}


def _rules(entry: Mapping[str, Plain], case: type[Case]) -> Iterator[Rule]:
    """One entry as a rule for each thing, and each date, that it is about."""
    unknown = set(entry) - _KEYS
    if unknown or "id" not in entry:
        raise TableError(f"integrity rule {entry.get('id', '?')}: unknown keys {sorted(unknown)}", fix="see the file")
    for about in _subjects(entry["about"], case):
        own = chart_domains(case) if about == PATIENT_ITSELF else item_domains(about, case)
        names: Iterable[str] = [""]
        if entry.get("each") == "date":
            names = [n for n, d in own.items() if isinstance(d, Dates) and n not in entry.get("except", ())]
        for name in names:
            yield _rule(entry, about, name, {**chart_domains(case), **own, TODAY: Dates()}, case)


def _rule(entry: Mapping[str, Plain], about: str, date: str, domains: Mapping[str, Domain], case: type[Case]) -> Rule:
    when = {date if name == "date" and date else name: raw for name, raw in entry.get("when", {}).items()}
    try:
        tests = tuple(_test(name, raw, domains, {spec.name for spec in lists(case)}) for name, raw in when.items())
        then = tuple((name, _mask(domains[name], raw)) for name, raw in entry.get("then", {}).items())
    except (KeyError, TableError) as error:
        raise TableError(f"integrity rule {entry['id']}: {error}", fix="name fields as the vocabulary does") from None
    field = entry.get("field") or next(iter(when), "")
    says, allowed, fix = (str(entry.get(key, "")) for key in ("says", "allowed", "fix"))
    return Rule(entry["id"], about, field, tests, says, allowed, fix, then)


def _test(name: str, raw: Plain, domains: Mapping[str, Domain], list_names: set[str]) -> Test:
    if name in list_names:
        return Listed(name, raw == "given")
    if raw in ("given", "not given"):
        return Given(name, domains[name].everything, raw == "given")
    if isinstance(raw, dict):
        ((word, other),) = raw.items()
        if not isinstance(domains[name], Dates) or not isinstance(domains[other], Dates):
            raise TableError(f"{name} {word} {other} compares what is not a date")
        return {"before": Before(name, other), "after": Before(other, name)}[word]
    return Within(name, _refused(domains[name], raw))


def _refused(domain: Domain, raw: Plain) -> int | tuple[Span, ...]:
    found = [cell for cell, (holds,) in cells(domain, [read_condition(raw, domain, {})]) if not holds]
    if isinstance(domain, Choices):
        return sum(1 << int(cell.low) for cell in found)
    return tuple((cell.low, cell.high) for cell in found)


def _mask(domain: Domain, raw: Label) -> int:
    if not isinstance(domain, Choices):
        raise TableError("only a field with labels can get an answer")
    return domain.mask([raw])


def _subjects(about: str | Sequence[str], case: type[Case]) -> Iterator[str]:
    """patient, and list names; the words for several lists spelled out."""
    for word in [about] if isinstance(about, str) else about:
        groups: Mapping[str, list[ListSpec]] = {
            "every_list": [spec for spec in lists(case) if not spec.follow_up],
            "follow_up": [spec for spec in lists(case) if spec.follow_up],
        }
        yield from [spec.name for spec in groups[word]] if word in groups else [word]
