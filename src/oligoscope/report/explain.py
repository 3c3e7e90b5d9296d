"""One table's answer, followed down, as text."""

import textwrap
from collections.abc import Iterator

from oligoscope.assess.explanation import Explanation, Input, Link, Source
from oligoscope.report.wording import status_in_words

STEP = "    "


def explain_text(explanation: Explanation) -> str:
    """The chain: question, rule, each input down to chart fields, then citation, study, numbers."""
    about = f" (lesion {explanation.lesion})" if explanation.lesion else ""
    lines = [f"{explanation.table}: {explanation.title}{about}", f"  {explanation.question}"]
    for link in explanation.chain:
        lines += ["", *_link(link)]
    return "\n".join(lines) + "\n"


def _link(link: Link) -> Iterator[str]:
    yield f"  {link.label}: {link.value or 'undetermined, one of ' + ', '.join(link.possible)}"
    for rule in link.rules:
        whose = f"  (rule of pack {rule.pack})" if rule.pack else ""
        yield f"{STEP}rule {rule.id}: when {rule.when} then {rule.then}  [{status_in_words(rule.status)}]{whose}"
    if link.score and link.factors:
        factors = ", ".join(f"{factor.label} ({factor.points})" for factor in link.factors)
        yield f"{STEP}total {link.score.low:g} to {link.score.high:g}; factors: {factors}"
    if link.assumes:
        yield f"{STEP}rests on what is assumed, since left out: {', '.join(link.assumes)}"
    for each in link.inputs:
        yield from _input(each, STEP)
    yield f"{STEP}evidence"
    for source in link.evidence:
        yield from _source(source)


def _input(each: Input, indent: str) -> Iterator[str]:
    yield f"{indent}{each.name} = {each.value}  [{each.kind}]"
    below = indent + STEP
    if each.definition:
        yield f"{below}{each.definition}" + (f" [{', '.join(each.cites)}]" if each.cites else "")
    if each.listed:
        n = each.listed.n
        yield f"{below}{each.listed.list}: {'not given' if n is None else f'{n} listed'}"
    if each.rule:
        yield f"{below}rule {each.rule}"
    for source in each.inputs:
        yield from _input(source, below)


def _source(source: Source) -> Iterator[str]:
    yield f"      {source.study}: {source.title}. {source.design}"
    for publication in source.publications:
        named = (("PMID", publication.pmid), ("DOI", publication.doi))
        identifiers = " ".join(f"{name} {value}" for name, value in named if value)
        yield f"        {publication.citation} {identifiers}"
    for caution in source.cautions:
        yield from textwrap.wrap(f"caution: {caution}", 100, initial_indent=" " * 8, subsequent_indent=" " * 10)
    for number in source.numbers:
        yield f"        {number.reference}: {number.text}"
