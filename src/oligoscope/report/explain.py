"""One table's answer, followed down, as text."""

import re
import textwrap
from collections.abc import Collection, Iterator, Sequence

from oligoscope.assess.conditions import Condition
from oligoscope.assess.entries import Entry
from oligoscope.assess.explanation import ANYTHING, Explanation, Factor, Link, Miss, RuleUsed, Source
from oligoscope.report.wording import status_in_words

STEP = "    "
WIDTH = 110
_WORDS = {"yes": "holds", "no": "fails", "open": "open"}


def explain_text(explanation: Explanation) -> str:
    """The chain: question, rule, its conditions with the chart entries behind each, what else was near; then citation,
    study, numbers.
    """
    about = f" (lesion {explanation.lesion})" if explanation.lesion else ""
    lines = [f"{explanation.table}: {explanation.title}{about}", f"  {explanation.question}"]
    for link in explanation.chain:
        lines += ["", *_link(link)]
    return "\n".join(lines) + "\n"


def _link(link: Link) -> Iterator[str]:
    told = link.value or f"undetermined, one of {', '.join(link.possible)}"
    meant = f" ({link.value_label})" if link.value_label and link.value_label != link.value else ""
    yield from _wrapped(f"{link.label.removesuffix('.')}: {told}{meant}", "  ")
    settled = len(link.possible) == 1
    if not settled and link.rules and link.criteria is None:
        yield f"{STEP}rules that may still fire"
    near = {rule for miss in link.misses for rule in miss.rules}
    seen: set[str] = set()
    for rule in link.rules:
        yield from _rule(rule, near, seen)
    for criterion in link.criteria or ():
        yield from _wrapped(f"{criterion.word}: {criterion.text}", STEP)
        if criterion.text != criterion.id or criterion.word != "met":
            for condition in criterion.conditions:
                yield from _condition(condition, STEP * 2, seen)
    if link.score and link.factors:
        yield f"{STEP}{_range(link.score.low, link.score.high)} points in all"
        for factor in link.factors:
            yield from _factor(factor)
    if link.assumes:
        yield f"{STEP}rests on what is assumed, since left out: {', '.join(link.assumes)}"
    if link.needs:
        yield from _wrapped(f"still to be told, most decisive first: {', '.join(link.needs)}", STEP)
    if link.misses:
        yield f"{STEP}one condition away"
        for miss in link.misses:
            yield from _miss(miss)
    yield f"{STEP}evidence"
    for source in link.evidence:
        yield from _source(source)


def _rule(rule: RuleUsed, near: Collection[str], told: set[str]) -> Iterator[str]:
    whose = f"  (rule of pack {rule.pack})" if rule.pack else ""
    label = f" ({rule.label})" if rule.label != rule.then else ""
    named = f"rule {rule.id}" if rule.id else "rule"
    yield f"{STEP}{named} → {rule.then}{label}  [{status_in_words(rule.status)}]{whose}"
    if rule.text:
        yield from _wrapped(rule.text, STEP * 2)
    if rule.when == ANYTHING:
        yield f"{STEP * 2}{ANYTHING}"
    for condition in rule.conditions:
        yield from _condition(condition, STEP * 2, told)
    if further := [condition for condition in rule.earlier if condition.rule not in near]:
        yield f"{STEP * 2}no earlier rule fired"
        for condition in further:
            yield from _condition(condition, STEP * 3, told)


def _condition(condition: Condition, indent: str, told: set[str]) -> Iterator[str]:
    """A condition with what is behind it, where that was not told before. told: inputs, added to."""
    asks = f", {condition.rule} asks: {plain(condition.asks)}" if _says_more(condition) else ""
    yield from _wrapped(f"{_WORDS[condition.holds]}: {condition.input} is {condition.value_label}{asks}", indent)
    if condition.input in told:
        return
    told.add(condition.input)
    below = indent + STEP
    if condition.label:
        yield from _wrapped(condition.label, below)
    if condition.rules:
        yield f"{below}by rule {' or '.join(condition.rules)}" + ("" if condition.because else ", as above")
    for each in condition.because:
        yield from _condition(each, below, told)
    if not condition.because:
        yield from _entries(condition.entries, condition.input, below)


def _says_more(condition: Condition) -> bool:
    """Whether what is asked tells more than the value that meets it."""
    return bool(condition.asks) and condition.asks != condition.value


def plain(asks: str) -> str:
    """A condition as rules write it, in words.

    >>> plain("<= 5"), plain("[0..6)"), plain("> 3 or N0"), plain("not(brain or lung)")
    ('at most 5', '0 to below 6', 'more than 3 or N0', 'not brain or lung')
    """
    for pattern, words in _IN_WORDS:
        asks = re.sub(pattern, words, asks)
    return asks


_NUMBER = r"(-?[\d.]+?)"
_IN_WORDS = (
    (rf"\[{_NUMBER}\.\.{_NUMBER}\]", r"\1 to \2"),
    (rf"\[{_NUMBER}\.\.{_NUMBER}\)", r"\1 to below \2"),
    (rf"\({_NUMBER}\.\.{_NUMBER}\]", r"above \1 to \2"),
    (rf"\({_NUMBER}\.\.{_NUMBER}\)", r"between \1 and \2"),
    (r">= ", "at least "),
    (r"<= ", "at most "),
    (r"> ", "more than "),
    (r"< ", "below "),
    (r"not\((.*?)\)", r"not \1"),
)


def _entries(entries: Sequence[Entry], name: str, indent: str) -> Iterator[str]:
    """The chart entries; a field that is the input itself was told already."""
    told = [_entry(entry) for entry in entries if entry.field != name]
    if told:
        yield from _wrapped(f"chart: {'; '.join(told)}", indent)


def _entry(entry: Entry) -> str:
    return f"{entry.field} {entry.text}" + ("" if entry.certain else ", perhaps")


def _factor(factor: Factor) -> Iterator[str]:
    yield f"{STEP * 2}{_range(factor.low, factor.high)}  {factor.label} ({factor.points})"
    for condition in factor.inputs:
        yield f"{STEP * 3}{condition.input} is {condition.value_label}"
        yield from _entries(condition.entries, condition.input, STEP * 4)


def _miss(miss: Miss) -> Iterator[str]:
    label = f" ({miss.label})" if miss.label != miss.then else ""
    by = f" by {' or '.join(miss.rules)}" if any(miss.rules) else ""
    yield from _wrapped(
        f"{miss.then}{label}{by}: {miss.input} would have to be {plain(miss.asks)}, is {miss.value}", STEP * 2
    )


def _range(low: float, high: float) -> str:
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


def _wrapped(text: str, indent: str) -> Iterator[str]:
    yield from textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent + "  ")


def _source(source: Source) -> Iterator[str]:
    yield f"      {source.study}: {source.title}. {source.design}"
    for publication in source.publications:
        named = (("PMID", publication.pmid), ("DOI", publication.doi))
        identifiers = " ".join(f"{name} {value}" for name, value in named if value)
        yield f"        {publication.citation} {identifiers}"
    for caution in source.cautions:
        yield from textwrap.wrap(f"caution: {caution}", 100, initial_indent=" " * 8, subsequent_indent=" " * 10)
    for number in source.numbers:
        yield f"        {number.reference}: {number.text}  [{status_in_words(number.status)}]"
