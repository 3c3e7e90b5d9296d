"""Where an answer comes from: the rules behind it, their citations, what a reader should know with it."""

from oligoscope.knowledge import Knowledge
from oligoscope.tables.model import Part, Provenance, Rule, Score, Table
from oligoscope.tables.reference import Settled


def rules_of(part: Part, settled: Settled) -> list[Rule]:
    """The rules behind an answer: the one that settled it, else none."""
    return [rule for rule in part.named_rules if rule.id in settled.rules]


def provenance(table: Table, part: Part, settled: Settled) -> Provenance:
    """Citations and status of an answer: of its rules, else of the group, else of the table."""
    rules = [rule.provenance for rule in rules_of(part, settled)]
    reachable = [rule for rule in part.rules if rule.id in settled.reachable]
    cites = dict.fromkeys(c for p in rules for c in p.cites) or dict.fromkeys(
        c for rule in reachable for c in rule.provenance.cites
    )
    if isinstance(table, Score):
        cites = dict.fromkeys(c for p in table.parts for c in p.provenance.cites)
    statuses = {p.status for p in rules if p.status}
    return Provenance(tuple(cites), statuses.pop() if len(statuses) == 1 else table.provenance.status)


def notes_of(table: Table, part: Part, settled: Settled) -> tuple[str, ...]:
    """What a reader should know with this answer."""
    rules = rules_of(part, settled)
    outcome = [table.outcome(settled.value).note] if settled.value else []
    texts = (*(r.text for r in rules), *(r.provenance.note for r in rules), *outcome, table.provenance.note)
    return tuple(text for text in texts if text)


def pack_of(part: Part, settled: Settled) -> str:
    """The pack whose rule gave an answer, where it is not the base."""
    packs = [rule.provenance.pack for rule in rules_of(part, settled)]
    return next(filter(None, packs), "")


def whose(pack: str, knowledge: Knowledge) -> list[str]:
    """That a rule is not one of the base's, in words; nothing for one that is."""
    release = knowledge.added_by(pack)
    return [f"a rule of {release.title}, {release}"] if release else []


def expects_of(table: Table, settled: Settled) -> tuple[str, ...]:
    """The published results that the outcomes still possible refer to."""
    return tuple(reference for code in settled.possible for reference in table.outcome(code).expects)
