"""Whether what is said to answer a review's statements is there: results, rules, criteria, definitions, and phrases."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping

from oligoscope.evidence import EvidenceError
from oligoscope.evidence.review import Link, Statement, Unanswered
from oligoscope.files.documents import Document
from oligoscope.knowledge.model import Knowledge
from oligoscope.knowledge.pack import Pack, Problem, schema_problems
from oligoscope.knowledge.trials import Trial
from oligoscope.spelling import nearest
from oligoscope.tables.compile import CompiledTable
from oligoscope.tables.model import UNVERIFIED, Criteria, Table

FACTS_OF_A_TRIAL = ("nct", "phase", "enrolment", "status", "arms", "primary_endpoint", "counting_rule")
"""What a trial's record says beside its criteria, and a link may name."""


def link_problems(pack: Pack, knowledge: Knowledge) -> Iterator[Problem]:
    """Everything wrong with the links of a pack: shapes, phrases, targets, and statements that are told nothing of."""
    links, unanswered = pack.review("links"), pack.review("unanswered")
    if links is None:
        return
    wrong = [*_shape(links, Link), *(_shape(unanswered, Unanswered) if unanswered else ())]
    if wrong:
        yield from wrong
        return
    statements = {statement.id: statement for statement in knowledge.evidence.statements}
    told = [Link.model_validate(entry) for entry in links.content]
    for number, link in enumerate(told):
        for problem, fix in (*_phrase_problems(link, statements), *target_problems(link, knowledge)):
            yield Problem(links.file, links.line((number,)), link.statement, problem, fix)
    reasons = [Unanswered.model_validate(entry) for entry in unanswered.content] if unanswered else []
    for name in {entry.statement for entry in reasons} - statements.keys():
        fix = _near(name, statements)
        yield Problem("review/unanswered.yaml", 0, name, f"there is no statement {name}", fix)
    own = pack.review("statements")
    yield from _statement_problems(links.file, [entry["id"] for entry in own.content] if own else [], told, reasons)


def _shape(document: Document, model: type[Link] | type[Unanswered]) -> Iterator[Problem]:
    for number, entry in enumerate(document.content):
        yield from schema_problems(document, model, entry, (number,))


def _phrase_problems(link: Link, statements: Mapping[str, Statement]) -> Iterator[tuple[str, str]]:
    statement = statements.get(link.statement)
    if statement is None:
        yield f"there is no statement {link.statement}", _near(link.statement, statements)
    elif link.phrase not in statement.quote and link.phrase not in (statement.corrected or ""):
        yield f"the phrase {link.phrase!r} is not in the statement", f"copy it from {statement.quote!r}"


def _statement_problems(
    file: str, statements: Iterable[str], links: list[Link], reasons: list[Unanswered]
) -> Iterator[Problem]:
    answered = {link.statement for link in links if link.answers}
    why_not = Counter(entry.statement for entry in reasons)
    for name in statements:
        if (name in answered) + why_not[name] == 0:
            yield Problem(file, 0, name, "nothing answers this statement", "link it, or say in unanswered.yaml why not")
        elif (name in answered) + why_not[name] > 1:
            yield Problem(file, 0, name, "this statement is told twice", "link it or say once why not, one of the two")


def target_problems(link: Link, knowledge: Knowledge) -> Iterator[tuple[str, str]]:
    """Why a link's target cannot answer, each with its fix; none where it can."""
    if link.says == "carries out" and link.kind != "method":
        yield f"a {link.kind} carries out nothing", "say whether it confirms, contradicts or narrows the phrase"
    if link.kind == "result":
        yield from _result_problems(link.target, knowledge)
        if link.more_than:
            yield from _result_problems(link.more_than, knowledge)
    elif link.kind == "rule":
        yield from _rule_problems(link.target, knowledge)
    elif link.kind == "limit":
        yield from _limit_problems(link.target, knowledge)
    elif link.kind == "method":
        if link.target not in knowledge.evidence.methods:
            yield f"nothing carries out {link.target}", _near(link.target, knowledge.evidence.methods)
    else:
        known = _criteria(knowledge) if link.kind == "criterion" else _definitions(knowledge)
        if link.target not in known and not (link.kind == "definition" and _is_arm(link.target, knowledge)):
            yield f"there is no {link.kind} {link.target}", _near(link.target, known)


def _result_problems(target: str, knowledge: Knowledge) -> Iterator[tuple[str, str]]:
    try:
        _, result = knowledge.evidence.resolve(target)
    except EvidenceError as error:
        yield str(error), "name it study/result"
        return
    if not result.verified:
        yield f"the result {target} was not verified", "link a verified one, or leave the statement unanswered"


def _rule_problems(target: str, knowledge: Knowledge) -> Iterator[tuple[str, str]]:
    known = {
        f"{table.name}/{rule.id}": rule.provenance.status or part.provenance.status or table.provenance.status
        for table in _tables(knowledge)
        for part in table.parts
        for rule in part.named_rules
        if rule.id
    }
    if target not in known:
        yield f"there is no rule {target}", _near(target, known)
    elif known[target] == UNVERIFIED:
        yield f"the rule {target} rests on nothing verified", "leave the statement unanswered"


def _limit_problems(target: str, knowledge: Knowledge) -> Iterator[tuple[str, str]]:
    known = {row.id: row.judges for row in knowledge.limits.rows}
    if target not in known:
        yield f"there is no limit {target}", _near(target, known)
    elif not known[target]:
        yield f"the limit {target} was not verified, or is no number", "leave the statement unanswered"


def _tables(knowledge: Knowledge) -> list[Table]:
    return [step.table for step in knowledge.steps if isinstance(step, CompiledTable)]


def _criteria(knowledge: Knowledge) -> list[str]:
    """Criteria of trials, as trial/criterion, and what else their records say."""
    groups = {name: criteria for table in _tables(knowledge) for name, criteria in _groups(table)}
    return [f"{trial.trial}/{name}" for trial in knowledge.trials for name in _named(trial, groups)]


def _groups(table: Table) -> Iterator[tuple[str, tuple[str, ...]]]:
    if isinstance(table, Criteria):
        for group in table.groups:
            yield f"{table.name}/{group.id}", tuple(criterion.id for criterion in group.criteria)


def _named(trial: Trial, groups: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    yield from groups.get(trial.criteria_of, ())
    yield from (criterion.id for criterion in trial.criteria)
    yield from (f"ask/{number}" for number, _ in enumerate(trial.ask, 1))
    yield from (name for name in FACTS_OF_A_TRIAL if getattr(trial, name))


def _definitions(knowledge: Knowledge) -> list[str]:
    tables = _tables(knowledge)
    return [*(table.name for table in tables), *(name for table in tables for name, _ in _groups(table))]


def _is_arm(target: str, knowledge: Knowledge) -> bool:
    """Whether a target is study/arm, and the study's record says what was done in the arm."""
    name, _, arm = target.partition("/")
    if name not in knowledge.evidence.ids:
        return False
    return any(known.id == arm and known.description for known in knowledge.evidence.study(name).arms)


def _near(name: str, known: Collection[str]) -> str:
    near = nearest(name, known)
    return f"did you mean {near}?" if near else "correct the name"
