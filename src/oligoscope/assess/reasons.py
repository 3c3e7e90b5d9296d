"""Why an answer is what it is: the inputs that settled it, or that leave it open."""

from functools import lru_cache

from oligoscope.assess.patient import Assessment
from oligoscope.assess.provenance import rules_of
from oligoscope.tables.conditions import Condition, cells
from oligoscope.tables.domain import Choices, Domain
from oligoscope.tables.facts import Fact
from oligoscope.tables.grid import REMEMBERED
from oligoscope.tables.model import Part, Rule, Score, Table, When
from oligoscope.tables.reference import Settled


def inputs_behind(table: Table, part: Part, settled: Settled, assessment: Assessment) -> tuple[str, ...]:
    """The inputs that the settling rule asks for; of a score every input; of an open decision those that are open."""
    if isinstance(table, Score):
        outside = settled.value == table.missing
        return tuple(table.applies) if outside else table.inputs
    if settled.value and len(settled.possible) == 1:
        ways = [way for rule in rules_of(part, settled) for way in _holding(rule, assessment)]
        return tuple(dict.fromkeys(name for way in ways for name in way)) or part.inputs
    return tuple(name for name in part.inputs if _is_open(name, part, assessment))


def _is_open(name: str, part: Part, assessment: Assessment) -> bool:
    """Whether some condition of the part may still hold or not; a life expectancy of ">6" leaves "< 6" nothing open."""
    asked = {way[name] for rule in part.rules for way in rule.when if name in way}
    return any(len(verdicts(name, condition, assessment)) > 1 for condition in asked)


def _holding(rule: Rule, assessment: Assessment) -> When:
    """The alternatives of a rule that hold for certain; all where none does by itself."""
    certain = tuple(
        way for way in rule.when if all(_certain(name, condition, assessment) for name, condition in way.items())
    )
    return certain or rule.when


def _certain(name: str, condition: Condition, assessment: Assessment) -> bool:
    return verdicts(name, condition, assessment) == {True}


def verdicts(name: str, condition: Condition, assessment: Assessment) -> set[bool]:
    """What a condition says of the values that are still possible of an input."""
    possible, domain = assessment.answers[name].possible, assessment.knowledge.domains[name]
    if isinstance(possible, int):
        assert isinstance(domain, Choices)
        return {condition.holds(label) for label in domain.names(possible)}
    low, high = possible
    return {said for lowest, highest, said in _stretches(domain, condition) if lowest <= high and highest >= low}


@lru_cache(REMEMBERED)
def _stretches(domain: Domain, condition: Condition) -> tuple[tuple[float, float, bool], ...]:
    """Each stretch of numbers that a condition cuts out, and whether it holds there. A page asks some fifty, each many
    times over.
    """
    return tuple((cell.low, cell.high, said[0]) for cell, said in cells(domain, [condition]))


def conversion(assessment: Assessment, name: str) -> str:
    """The note of a fact whose value was converted from another scale ("converted from ECOG"), else nothing."""
    fact = _fact(assessment, name)
    if fact is None or fact.operator != "first_of":
        return ""
    for source, domain in zip(fact.of, fact.sources, strict=True):
        if assessment.answers[source].possible != domain.everything:
            used = _fact(assessment, source)
            return used.note if used and used.operator == "convert" else ""
    return ""


def _fact(assessment: Assessment, name: str) -> Fact | None:
    return next((fact for fact in assessment.knowledge.facts if fact.name == name), None)
