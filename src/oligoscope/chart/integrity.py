"""What a chart may not say and what follows from it: `integrity.yaml` as typed rules, and their reference reading.

A rule is a conjunction of tests. A test holds only where it holds whatever an unknown turns out to be, so a rule never
speaks up about what is merely possible. Each test says so of one chart here (`holds`) and of many in
`integrity_columns`. Beside the fields a test may read what is derived of them (by operators of the table language, or
by the words of a text), and of an item that names one of another list that other item's fields (`lesion.response`).
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from typing import Any, NamedTuple, TypeAlias

import yaml

from oligoscope.chart.domains import chart_domains, item_domains
from oligoscope.tables.compile import yes_no
from oligoscope.tables.conditions import cells, read_condition
from oligoscope.tables.deriving import verdict
from oligoscope.tables.domain import FLAG, Choices, Dates, Domain, Label, Possible, Span
from oligoscope.tables.errors import TableError
from oligoscope.tables.facts import Fact
from oligoscope.tables.operators import PLAIN_OPERATORS
from oligoscope.vocabulary.fields import FieldSpec, ListSpec, list_fields, lists, scalar_fields
from oligoscope.vocabulary.synonyms import listed_labels
from oligoscope.vocabulary.values import Name
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
    """One contradiction, check or consequence, about the patient or about each item of a list.

    fields: those that it names, the first of which its message stands at.  then: for a consequence, the field that gets
    an answer and its mask.
    """

    id: str
    about: str
    fields: tuple[str, ...]
    tests: tuple[Test, ...]
    says: str = ""
    allowed: str = ""
    fix: str = ""
    then: tuple[tuple[str, int], ...] = ()

    @property
    def field(self) -> str:
        """Where its message stands."""
        return self.fields[0]

    @property
    def reads(self) -> frozenset[str]:
        """Every name that the tests look at."""
        return frozenset(name for t in self.tests for name in (t.name, *((t.than,) if isinstance(t, Before) else ())))

    def holds(self, state: State) -> bool:
        """Whether the chart certainly is as the rule says."""
        # A loop: `all` over a generator took three times as long, some 250 times a chart.
        for test in self.tests:  # noqa: SIM110
            if not test.holds(state):
                return False
        return True


class Words(NamedTuple):
    """A quantity read off the words of a text field: what all of them together leave possible.

    >>> words = Words("class_by_drugs", "systemic_therapy", "drugs", Choices(("a", "b")), {"ax": 1, "bx": 2})
    >>> words.possible("Ax + bx"), words.possible("ax, something else"), words.possible("")
    (3, 3, 3)
    """

    name: str
    about: str
    of: str
    domain: Choices
    masks: Mapping[str, int]
    any_of: frozenset[str] = frozenset()

    def possible(self, text: str) -> int:
        """The labels that some of the words stand for; all of them where a word is not known, or none gives a label.

        any_of: of a yes-or-no instead whether one of these words is there; no, only where every word is known.
        """
        words = words_in(text)
        if self.any_of:
            known = bool(words) and all(word in self.masks for word in words)
            return 0b10 if self.any_of.intersection(words) else 0b01 if known else self.domain.everything
        if not all(word in self.masks for word in words):
            return self.domain.everything
        found = 0
        for word in words:
            found |= self.masks[word]
        return found or self.domain.everything


_BETWEEN_WORDS = re.compile(r"[|,;+/&]|\band\b")


def words_in(text: str) -> list[str]:
    """The words of a text, in lower case, by what people write between them.

    >>> words_in("Carboplatin + pemetrexed, bevacizumab")
    ['carboplatin', 'pemetrexed', 'bevacizumab']
    """
    return [word for part in _BETWEEN_WORDS.split(text.lower()) if (word := part.strip())]


@dataclass(frozen=True)
class Integrity:
    """All rules of one vocabulary, and what they read beside the fields.

    derived: in an order in which each reads only those before it. words: those read off texts.
    """

    contradictions: tuple[Rule, ...]
    checks: tuple[Rule, ...]
    consequences: tuple[Rule, ...]
    assumptions: tuple[Rule, ...]
    unique: tuple[Rule, ...]
    derived: tuple[Fact, ...] = ()
    words: tuple[Words, ...] = ()

    def about(self, what: str) -> "Integrity":
        """The rules about the patient, or about one list."""
        return self._by_subject.get(what, _NO_RULES)

    @cached_property
    def reads(self) -> frozenset[str]:
        """Every name that some rule looks at, or that something derived is made of."""
        rules = (*self.contradictions, *self.checks, *self.consequences, *self.assumptions)
        made = (name for fact in self.derived for name in fact.reads)
        return frozenset((*(name for rule in rules for name in rule.reads), *made))

    @cached_property
    def _by_subject(self) -> Mapping[str, "Integrity"]:
        parts = (self.contradictions, self.checks, self.consequences, self.assumptions, self.unique)
        subjects = {rule.about for rules in parts for rule in rules}
        return {about: self._about(about) for about in subjects}

    def _about(self, about: str) -> "Integrity":
        contradictions, checks, consequences, assumptions, unique = (
            tuple(rule for rule in rules if rule.about == about)
            for rules in (self.contradictions, self.checks, self.consequences, self.assumptions, self.unique)
        )
        derived = tuple(fact for fact in self.derived if fact.about == about)
        words = tuple(each for each in self.words if each.about == about)
        return Integrity(contradictions, checks, consequences, assumptions, unique, derived, words)


_NO_RULES = Integrity((), (), (), (), ())


def derive(facts: Iterable[Fact], state: State) -> dict[str, Possible]:
    """What a chart says with what is derived of it."""
    found = dict(state)
    for fact in facts:
        certain = fact.given is None or verdict(fact.given, found) == "certain"
        found[fact.name] = (
            fact.plain_operator.reference([found[name] for name in fact.of]) if certain else fact.domain.everything
        )
    return found


@cache
def assumable(case: type[Case] = Case) -> tuple[str, ...]:
    """Every field of which something may be assumed, as answers name it, in the order in which they do."""
    usual = {spec.name for spec in scalar_fields(case) if spec.unremarkable}
    of_items = {f"{each.name}.{spec.name}" for each in lists(case) for spec in each.fields if spec.unremarkable}
    said = {name for rule in integrity(case).assumptions for name, _ in rule.then}
    return tuple(sorted(usual | of_items | said))


@cache
def references(list_name: str, case: type[Case] = Case) -> tuple[tuple[FieldSpec, ListSpec], ...]:
    """The fields in which items of a list name items of another, with that list: `lesion` of `local_treatment`,
    `lesions` of `planned_radiotherapy`.
    """
    by_name = {name: spec for spec in lists(case) for name in (spec.item, spec.name)}
    return tuple(
        (field, by_name[field.name])
        for field in list_fields(list_name, case)
        if isinstance(field.kind, Name) and field.name in by_name
    )


def referred(field: FieldSpec, name: str = "") -> str:
    """What a rule calls a field of the item that a field names; without a name, whether there is such an item."""
    return f"{field.name}.{name or 'listed'}"


@cache
def integrity(case: type[Case] = Case) -> Integrity:
    """The packaged rules for a vocabulary. Raises TableError for a rule that cannot be read."""
    return read_integrity(_data("integrity.yaml"), case)


def read_integrity(raw: Mapping[str, Plain], case: type[Case] = Case) -> Integrity:
    """Rules from parsed YAML. Raises TableError, naming the rule."""
    domains = {about: subject_domains(about, case) for about in (PATIENT_ITSELF, *(spec.name for spec in lists(case)))}
    words = tuple(_words(name, entry, domains) for name, entry in raw.get("words", {}).items())
    derived = tuple(
        fact for name, entry in raw.get("derived", {}).items() for fact in _derived(name, entry, domains, case)
    )
    contradictions, checks, consequences, assumptions, unique = (
        tuple(rule for entry in raw.get(part, ()) for rule in _rules(entry, domains, case))
        for part in ("contradictions", "checks", "consequences", "assumptions", "unique")
    )
    return Integrity(contradictions, checks, consequences, assumptions, unique, derived, words)


def subject_domains(about: str, case: type[Case]) -> dict[str, Domain]:
    """What rules about the patient or about a list's items may name: of items also what is said of the patient, and of
    the items that they name.
    """
    found: dict[str, Domain] = {**chart_domains(case), TODAY: Dates()}
    if about == PATIENT_ITSELF:
        return found
    for field, target in references(about, case):
        found[referred(field)] = FLAG
        found |= {referred(field, name): domain for name, domain in item_domains(target.name, case).items()}
    return found | item_domains(about, case)


def _words(name: str, entry: Mapping[str, Plain], domains: dict[str, dict[str, Domain]]) -> Words:
    mine = domains[entry["about"]]
    domain = mine[entry["as"]]
    assert isinstance(domain, Choices)
    any_of, listed = frozenset(entry.get("any_of", ())), listed_labels(entry["file"])
    masks = dict.fromkeys(listed, 0) if any_of else {word: domain.mask(labels) for word, labels in listed.items()}
    mine[name] = domain
    return Words(name, entry["about"], entry["of"], domain, masks, any_of)


def _derived(
    name: str, entry: Mapping[str, Plain], domains: dict[str, dict[str, Domain]], case: type[Case]
) -> Iterator[Fact]:
    """A quantity for each thing that it is about. What is derived of the patient is known of each item too."""
    ((operator, of),) = [(key, raw) for key, raw in entry.items() if key in PLAIN_OPERATORS]
    for about in _subjects(entry["about"], case):
        mine = domains[about]
        kinds = [mine[source] for source in of]
        if fault := PLAIN_OPERATORS[operator].fault(kinds):
            raise TableError(f"integrity, {name}: {operator} {fault[0]} {', '.join(of)}", fix=fault[1])
        domain = PLAIN_OPERATORS[operator].result(kinds, entry.get("unit", ""))
        given = {key: read_condition(raw, mine[key], {}) for key, raw in entry.get("given", {}).items()}
        grid = yes_no((given,), mine) if given else None
        yield Fact(name, operator, tuple(of), tuple(kinds), domain, (), (*of, *given), about=about, given=grid)
        for each in domains.values() if about == PATIENT_ITSELF else (mine,):
            each[name] = domain


def _data(name: str) -> Mapping[str, Plain]:
    text = resources.files("oligoscope.chart").joinpath(name).read_text("utf-8")
    found: Mapping[str, Plain] = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return found


_KEYS = {"id", "about", "each", "except", "fields", "when", "then", "says", "allowed", "fix"}


def _rules(entry: Mapping[str, Plain], domains: Mapping[str, Mapping[str, Domain]], case: type[Case]) -> Iterator[Rule]:
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
            yield _rule(entry, about, name, domains[about], case)


def _rule(entry: Mapping[str, Plain], about: str, date: str, domains: Mapping[str, Domain], case: type[Case]) -> Rule:
    when = {date if name == "date" and date else name: raw for name, raw in entry.get("when", {}).items()}
    listed = {spec.name for spec in lists(case)}
    try:
        tests = tuple(test for name, raw in when.items() for test in _tests(name, raw, domains, listed))
        then = tuple((name, _mask(domains[name], raw)) for name, raw in entry.get("then", {}).items())
    except (KeyError, TableError) as error:
        raise TableError(f"integrity rule {entry['id']}: {error}", fix="name fields as the vocabulary does") from None
    fields = tuple(entry.get("fields") or [next(iter(when), "")])
    says, allowed, fix = (str(entry.get(key, "")) for key in ("says", "allowed", "fix"))
    return Rule(entry["id"], about, fields, tests, says, allowed, fix, then)


def _tests(name: str, raw: Plain, domains: Mapping[str, Domain], list_names: set[str]) -> Iterator[Test]:
    """The tests of one name: one, or of a date one for each that it is compared with."""
    if name in list_names:
        yield Listed(name, raw == "given")
    elif raw in ("given", "not given"):
        yield Given(name, domains[name].everything, raw == "given")
    elif isinstance(raw, dict):
        ((word, others),) = raw.items()
        for other in [others] if isinstance(others, str) else others:
            if not isinstance(domains[name], Dates) or not isinstance(domains[other], Dates):
                raise TableError(f"{name} {word} {other} compares what is not a date")
            yield {"before": Before(name, other), "after": Before(other, name)}[word]
    else:
        yield Within(name, _refused(domains[name], raw))


def _refused(domain: Domain, raw: Plain) -> int | tuple[Span, ...]:
    found = [cell for cell, (holds,) in cells(domain, [read_condition(raw, domain, {})]) if not holds]
    if isinstance(domain, Choices):
        return sum(1 << int(cell.low) for cell in found)
    return tuple((cell.low, cell.high) for cell in found)


def _mask(domain: Domain, raw: Label | list[Label]) -> int:
    if not isinstance(domain, Choices):
        raise TableError("only a field with labels can get an answer")
    return domain.mask(raw if isinstance(raw, list) else [raw])


def _subjects(about: str | Sequence[str], case: type[Case]) -> Iterator[str]:
    """patient, and list names; the words for several lists spelled out."""
    for word in [about] if isinstance(about, str) else about:
        groups: Mapping[str, list[ListSpec]] = {
            "every_list": [spec for spec in lists(case) if not spec.follow_up and not spec.planned],
            "follow_up": [spec for spec in lists(case) if spec.follow_up],
        }
        yield from [spec.name for spec in groups[word]] if word in groups else [word]
