"""Which entries of a chart stand behind a quantity: fields, lesions, lines of therapy, in words."""

from collections.abc import Iterator

from oligoscope.assess.answer import Published
from oligoscope.assess.patient import LESIONS, Assessment
from oligoscope.assess.quantities import in_words
from oligoscope.assess.reasons import inputs_behind
from oligoscope.knowledge.model import asked_for
from oligoscope.tables.compile import CompiledTable
from oligoscope.tables.deriving import counted
from oligoscope.tables.domain import is_known
from oligoscope.tables.facts import Fact
from oligoscope.vocabulary.fields import list_fields

_HEADS = {
    LESIONS: ("side", "organ"),
    "systemic_therapy": ("drugs",),
    "local_treatment": ("modality", "lesion", "date"),
    "outcomes": ("endpoint", "date"),
}
"""The fields that tell a reader which item of a list is meant, in the order in which they are read aloud."""


class Entry(Published):
    """An entry of the chart. field: `ecog`, or of a list the item, `lesions.L1`.  text: what it says, in words.

    certain: it counts for certain; a lesion whose course is open may.
    """

    field: str
    text: str
    certain: bool


def entries_behind(assessment: Assessment, name: str) -> tuple[Entry, ...]:
    """What the chart says behind a field, fact or decision of this name; what it does not say is left out."""
    return tuple({entry.field: entry for entry in _behind(assessment, name)}.values())


def _behind(assessment: Assessment, name: str) -> Iterator[Entry]:
    step = next((step for step in assessment.knowledge.steps if step.name == name), None)
    if step is None:
        if assessment.answers[name].possible != assessment.knowledge.domains[name].everything:
            field = asked_for().get(name, (name,))[0]
            assumed = " (assumed, since left out)" if name in assessment.assumed else ""
            yield Entry(field=field, text=f"{in_words(assessment, name)}{assumed}", certain=True)
    elif isinstance(step, CompiledTable):
        settled = assessment.settled[name].only
        for source in inputs_behind(step.table, step.table.parts[0], settled, assessment):
            yield from _behind(assessment, source)
    elif step.folds:
        yield from _of_list(assessment, step)
    else:
        for source in combined(assessment, step):
            yield from _behind(assessment, source)


def combined(assessment: Assessment, fact: Fact) -> tuple[str, ...]:
    """The quantities that a fact was made of; of those taken in turn the first that the chart says anything of."""
    if fact.operator != "first_of":
        return fact.of
    told = [
        name
        for name, domain in zip(fact.of, fact.sources, strict=True)
        if assessment.answers[name].possible != domain.everything
    ]
    return (told[0],) if told else fact.of


def _of_list(assessment: Assessment, fact: Fact) -> Iterator[Entry]:
    """The items that count, and what says that they are all there are, where that was asked and is so."""
    name = fact.of[0]
    names = assessment.item_names(name)
    found = sorted(counted(fact, assessment.record), key=lambda each: each.place)
    for each in found:
        text = _item(assessment, fact, each.place)
        yield Entry(field=f"{name}.{names[each.place]}", text=text, certain=each.certain)
    if not found:
        said = f"none of the {len(names)} listed" if names else "none is listed"
        yield Entry(field=name, text="not given" if assessment.lists[name] is None else said, certain=True)
    complete = fact.complete_if.inputs if fact.complete_if else ()
    stated = (fact.stated_by,) if fact.stated_by else ()
    for source in stated if stated and is_known(assessment.answers[stated[0]].possible) else complete:
        yield from _behind(assessment, source)


def _item(assessment: Assessment, fact: Fact, place: int) -> str:
    """An item in words: which it is, and what it says of that for which it counts."""
    name = fact.of[0]
    item = (getattr(assessment.case, name) or ())[place]
    said = {
        spec.name: str(getattr(item, spec.attribute)).replace("|", " or ")
        for spec in list_fields(name)
        if not getattr(item, spec.attribute).is_unknown
    }
    heads = _HEADS.get(name, ())
    head = [said[field].replace("_", " ") for field in heads if field in said]
    if "start" in said:
        head.append(f"since {said['start']}")
    if "stop" in said:
        head.append(f"until {said['stop']}")
    asked = [*(fact.where.inputs if fact.where else ()), *([fact.item] if fact.item else [])]
    shown = {*heads, "start", "stop", "id"}
    more = [f"{field} {said[field]}" for field in dict.fromkeys(asked) if field in said and field not in shown]
    return " ".join([*head, f"({', '.join(more)})" if more else ""]).strip() or "nothing said"
