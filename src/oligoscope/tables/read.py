"""From YAML to typed facts and tables, verified on the way: an error names the file, the rule and the fix."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from oligoscope.spelling import nearest
from oligoscope.tables.compile import CompiledTable, compile_table, yes_no
from oligoscope.tables.conditions import Condition, read_condition
from oligoscope.tables.domain import FLAG, Choices, Domain
from oligoscope.tables.errors import TableError
from oligoscope.tables.facts import JOINED, Fact
from oligoscope.tables.file_schema import (
    RawCriteria,
    RawCriterion,
    RawFact,
    RawFactor,
    RawGroup,
    RawOption,
    RawRule,
    RawTable,
    RawWhen,
    Yaml,
)
from oligoscope.tables.grid import Grid
from oligoscope.tables.model import (
    APPLIES,
    APPLIES_NOT,
    PATIENT,
    Band,
    Criteria,
    Criterion,
    Decision,
    Factor,
    Group,
    May,
    Option,
    Options,
    Outcome,
    Part,
    Rule,
    Score,
    Table,
    When,
)
from oligoscope.tables.operators import LIST_OPERATORS, PLAIN_OPERATORS

_HITS = {"decision": ("unique", "first"), "score": ("collect-sum",), "criteria": ("collect",), "options": ("collect",)}


@dataclass
class Scope:
    """What the conditions of a table or fact may name, and the chart fields that each name asks for.

    list_name: of the items it is about; empty for the patient.
    """

    domains: dict[str, Domain]
    asks: dict[str, tuple[str, ...]]
    list_name: str = ""


class Reader:
    """Reads facts and tables against the inputs known so far; each one read becomes an input of the next.

    domains: what every chart field can be.  lists: for each list what its items' fields can be, and what is derived of
    items.  parameters: named numbers that conditions may use.  items: what one entry of a list is called, with the
    list.  asks: for each name the chart fields to ask for; of an item's field `size_cm` it is `lesions.size_cm`.
    """

    def __init__(
        self,
        domains: Mapping[str, Domain],
        lists: Mapping[str, Mapping[str, Domain]],
        parameters: Mapping[str, float],
        items: Mapping[str, str] | None = None,
    ) -> None:
        self.domains = dict(domains)
        self.lists = {name: dict(fields) for name, fields in lists.items()}
        self.parameters = dict(parameters)
        self.items = dict(items or {})
        self.asks: dict[str, tuple[str, ...]] = {name: (name,) for name in domains}
        self.asks |= {f"{name}.{field}": (f"{name}.{field}",) for name, fields in lists.items() for field in fields}
        self._made: set[str] = set()
        self._derived: dict[str, set[str]] = {name: set() for name in lists}

    def _scope(self, about: str) -> Scope:
        """The patient's names; about an item also its own, which win where both have one."""
        if about == PATIENT:
            return Scope(self.domains, self.asks)
        if about not in self.items:
            allowed = ", ".join((PATIENT, *self.items))
            raise TableError(
                f"about: {about} is not an item of a list{_nearest(about, self.items)}", fix=f"use one of {allowed}"
            )
        name = self.items[about]
        own = {field: self.asks[f"{name}.{field}"] for field in self.lists[name]}
        return Scope({**self.domains, **self.lists[name]}, {**self.asks, **own}, name)

    def _own(self, list_name: str) -> set[str]:
        """The fields that the chart says of an item."""
        return set(self.lists.get(list_name, ())) - self._derived.get(list_name, set())

    def _define(self, name: str, domain: Domain, asks: tuple[str, ...], scope: Scope) -> None:
        """Make a fact or table the input of later ones."""
        if name in self._made:
            raise TableError(f"there is a fact or table {name} already", fix="give it another name")
        self._made.add(name)
        if not scope.list_name:
            self.domains[name], self.asks[name] = domain, asks
            return
        if name in self.lists[scope.list_name]:
            raise TableError(f"{name} is a field of {scope.list_name} already", fix="give it another name")
        self.lists[scope.list_name][name] = domain
        self.asks[f"{scope.list_name}.{name}"] = asks
        self._derived[scope.list_name].add(name)

    # ---- facts -----------------------------------------------------------------------------------

    def fact(self, name: str, raw: Mapping[str, Yaml]) -> Fact:
        """One fact of facts.yaml. TableError names the fact."""
        try:
            fact, scope = self._fact(name, raw)
            self._define(name, fact.domain, fact.asks, scope)
        except TableError as error:
            raise error.at(f"fact {name}") from None
        return fact

    def _fact(self, name: str, raw: Mapping[str, Yaml]) -> tuple[Fact, Scope]:
        operators = [key for key in raw if key in (*LIST_OPERATORS, *PLAIN_OPERATORS)]
        if len(operators) != 1:
            raise TableError(
                f"needs exactly one operator, has {operators or 'none'}",
                fix=f"use one of {', '.join((*LIST_OPERATORS, *PLAIN_OPERATORS))}",
            )
        (operator,) = operators
        of = raw[operator]
        plain = {key: value for key, value in raw.items() if key != operator}
        entry = _parse(RawFact, {**plain, "operator": operator, "of": [of] if isinstance(of, str) else of})
        scope = self._scope(entry.about)
        said: dict[str, Yaml] = {
            "name": name,
            "operator": operator,
            "of": tuple(entry.of),
            "about": entry.about,
            "list_name": scope.list_name,
            "definition": entry.definition,
            "note": entry.note,
            "cites": tuple(entry.cites),
        }
        found = (
            self._list_fact(entry, scope, said) if operator in LIST_OPERATORS else self._plain_fact(entry, scope, said)
        )
        return found, scope

    def _plain_fact(self, entry: RawFact, scope: Scope, said: Mapping[str, Yaml]) -> Fact:
        for source in entry.of:
            _known(source, scope.domains)
        given = self._yes_no(entry.given, scope.domains) if entry.given else None
        read = (*entry.of, *(given.inputs if given else ()))
        return Fact(
            **said,
            sources=tuple(scope.domains[source] for source in entry.of),
            domain=self._plain_domain(entry, scope),
            asks=_in_order(asked for source in read for asked in scope.asks[source]),
            reads=tuple(source for source in read if source not in self._own(scope.list_name)),
            mapping=self._mapping(entry, scope),
            given=given,
        )

    def _plain_domain(self, entry: RawFact, scope: Scope) -> Domain:
        if entry.operator == "convert":
            named = entry.as_
            return Choices(tuple(named)) if isinstance(named, list) else scope.domains[_known(named, scope.domains)]
        operator, kinds = PLAIN_OPERATORS[entry.operator], [scope.domains[source] for source in entry.of]
        if fault := operator.fault(kinds):
            problem, fix = fault
            raise TableError(f"{entry.operator} {problem} {', '.join(entry.of)}", fix=fix)
        return operator.result(kinds, entry.unit)

    def _mapping(self, entry: RawFact, scope: Scope) -> tuple[int, ...]:
        if entry.operator != "convert":
            return ()
        source, target = scope.domains[entry.of[0]], self._plain_domain(entry, scope)
        if not isinstance(source, Choices) or not isinstance(target, Choices):
            raise TableError("convert needs labels on both sides", fix="use first_of or a table")
        if missing := [label for label in source.labels if label not in entry.map]:
            raise TableError(f"convert leaves out {missing}", fix="map every label")
        sets = [entry.map[label] for label in source.labels]
        return tuple(target.mask(each if isinstance(each, list) else [each]) for each in sets)

    def _list_fact(self, entry: RawFact, scope: Scope, said: Mapping[str, Yaml]) -> Fact:
        if entry.given:
            raise TableError("given is not for a fact over a list", fix="say under where which items count")
        (list_name,) = entry.of
        if list_name not in self.lists:
            raise TableError(f"{list_name} is not a list of the chart", fix=f"use one of {', '.join(self.lists)}")
        fields = self.lists[list_name]
        if entry.item and entry.item not in fields:
            raise TableError(
                f"{list_name} has no field {entry.item}{_nearest(entry.item, fields)}",
                fix=f"use one of {', '.join(fields)}",
            )
        if bool(entry.joined_by) != bool(scope.list_name):
            raise TableError(
                "a fact about an item that is made of a list needs joined_by, any other must not have it",
                fix="name the field in which that list says which item it speaks of",
            )
        condition = {**entry.where, **({JOINED: True} if entry.joined_by else {})}
        of_items = {**fields, JOINED: FLAG}
        operator = LIST_OPERATORS[entry.operator]
        where = self._yes_no(condition, of_items, inverted=operator.inverted) if condition else None
        complete_if = self._yes_no(entry.complete_if, self.domains) if entry.complete_if else None
        item_domain = fields[entry.item] if entry.item else None
        of_patient = (*(complete_if.inputs if complete_if else ()), *([entry.stated_by] if entry.stated_by else ()))
        of_item = (*(where.inputs if where else ()), *([entry.item] if entry.item else ()))
        joined = (f"{list_name}.{entry.joined_by}",)
        asked = (joined if name == JOINED else self.asks[f"{list_name}.{name}"] for name in of_item)
        return Fact(
            **said,
            sources=(),
            domain=operator.result(item_domain, entry.unit),
            asks=_in_order([list_name, *of_patient, *(field for each in asked for field in each)]),
            reads=(*of_patient, *(name for name in of_item if name in self._derived[list_name])),
            item=entry.item,
            item_domain=item_domain,
            where=where,
            joined_by=entry.joined_by,
            complete_if=complete_if,
            stated_by=entry.stated_by,
        )

    def _yes_no(self, raw: RawWhen, domains: Mapping[str, Domain], *, inverted: bool = False) -> Grid:
        return yes_no(self._when(raw, domains), domains, inverted=inverted)

    # ---- tables ----------------------------------------------------------------------------------

    def table(self, raw: Mapping[str, Yaml]) -> CompiledTable:
        """One table, proved. TableError names the table, the rule and the fix."""
        name = str(raw.get("table", "?"))
        try:
            entry = _parse(RawTable, raw)
            scope = self._scope(entry.about)
            table = self._table(entry, scope)
            compiled = compile_table(table, scope.domains, scope.asks, scope.list_name, self._own(scope.list_name))
            if table.one_answer:
                self._define(name, table.domain, compiled.fields, scope)
        except TableError as error:
            raise error.at(f"{name}.yaml") from None
        return compiled

    def _table(self, raw: RawTable, scope: Scope) -> Table:
        if raw.hit not in _HITS[raw.kind]:
            raise TableError(
                f"hit policy {raw.hit} does not go with kind {raw.kind}", fix=f"use hit: {' or '.join(_HITS[raw.kind])}"
            )
        axes = {source: scope.domains[_known(source, scope.domains)] for source in raw.inputs}
        build = {
            "decision": self._decision,
            "criteria": self._criteria,
            "options": self._options,
            "score": self._score,
        }[raw.kind]
        table = build(raw, axes, self._shared(raw))
        used = {source for part in table.parts for source in part.inputs}
        if unused := [source for source in raw.inputs if source not in used]:
            raise TableError(
                f"inputs that no rule uses: {', '.join(unused)}", fix="delete them, or write the rule that needs them"
            )
        _check_outcomes(table)
        _check_shares(table)
        return table

    def _shared(self, raw: RawTable) -> dict[str, Yaml]:
        """What every kind of table says of itself."""
        outcomes = tuple(
            Outcome(code, o.label, tuple(o.expects), o.note, o.fits, o.applies, o.remark)
            for code, o in raw.outcomes.items()
        )
        return {
            "name": raw.table,
            "title": raw.title,
            "question": raw.question,
            "hit": raw.hit,
            "about": raw.about,
            "inputs": tuple(raw.inputs),
            "outcomes": outcomes,
            "provenance": raw.provenance(),
            "internal": raw.internal,
            "supplementary": raw.supplementary,
            "role": raw.role,
            "order": raw.order,
            "shares": {says: tuple(codes) for says, codes in raw.shares.items()},
            "settings": {name: value for name, value in self.parameters.items() if name in str(raw.model_dump())},
        }

    def _decision(self, raw: RawTable, axes: Mapping[str, Domain], shared: dict[str, Yaml]) -> Decision:
        rules = tuple(self._rule(rule, axes) for rule in raw.rules)
        codes = tuple(raw.outcomes)
        _check_codes(rules, codes)
        return Decision(**shared, whole=Part(raw.table, _read_by(rules, axes), rules, codes))

    def _criteria(self, raw: RawTable, axes: Mapping[str, Domain], shared: dict[str, Yaml]) -> Criteria:
        if raw.shared is None:
            raise TableError("a criteria table needs shared", fix="add shared: {met, otherwise}")
        codes = tuple(raw.outcomes)
        groups = tuple(self._group(name, group, raw.shared, codes, axes) for name, group in raw.groups.items())
        return Criteria(**shared, groups=groups)

    def _group(
        self, name: str, group: RawGroup, shared: RawCriteria, codes: tuple[str, ...], axes: Mapping[str, Domain]
    ) -> Group:
        """First what takes the group out, then all criteria met (and confirmed), then otherwise."""
        confirming = shared.confirmed_by
        all_of = self._conjunction(group.criteria, axes)
        met = group.provenance()
        rules = [self._rule(rule, axes) for rule in (*shared.unless, *group.unless)]
        if confirming:
            confirmed = _both(all_of, self._conjunction(confirming.criteria, axes))
            rules.append(Rule(group.rule, confirmed, shared.met, met, group.text))
            rules.append(Rule(confirming.id, all_of, confirming.then, confirming.provenance()))
        else:
            rules.append(Rule(group.rule, all_of, shared.met, met, group.text))
        rules.append(self._rule(shared.otherwise, axes))
        _check_codes(rules, codes)
        criteria = [
            *(Criterion(c.id, self._when(c.when, axes), c.text) for c in group.criteria),
            *(
                Criterion(c.id, self._when(c.when, axes), c.text, confirming=True)
                for c in (confirming.criteria if confirming else [])
            ),
        ]
        return Group(
            id=name,
            inputs=_read_by(rules, axes),
            rules=tuple(rules),
            outcomes=codes,
            label=group.label,
            text=group.text,
            provenance=met,
            criteria=tuple(criteria),
            met=shared.met,
            open=self._rule(shared.open, axes) if shared.open else None,
        )

    def _conjunction(self, criteria: Sequence[RawCriterion], axes: Mapping[str, Domain]) -> When:
        product: When = ({},)
        for criterion in criteria:
            product = _both(product, self._when(criterion.when, axes))
        return product

    def _options(self, raw: RawTable, axes: Mapping[str, Domain], shared: dict[str, Yaml]) -> Options:
        options = tuple(self._option(option, raw.payload, axes) for option in raw.options)
        return Options(**shared, options=options, payload=tuple(raw.payload))

    def _option(self, raw: RawOption, payload: Sequence[str], axes: Mapping[str, Domain]) -> Option:
        if undeclared := [key for key in raw.payload if key not in payload]:
            raise TableError(
                f"option {raw.id}: payload {', '.join(undeclared)} is not declared{_nearest(undeclared[0], payload)}",
                fix=f"name it under payload of the table, or use one of: {', '.join(payload) or 'none'}",
            )
        rules = (
            Rule(raw.id, self._when(raw.when, axes), APPLIES, raw.provenance(), raw.text),
            Rule("", ({},), APPLIES_NOT),
        )
        inputs = _read_by(rules, axes)
        behind = {field for name in inputs for field in (name, *self.asks.get(name, ()))}
        if raw.may and (others := [name for name in raw.may.open if name not in behind]):
            raise TableError(
                f"option {raw.id}: may.open names {', '.join(others)}, which its conditions do not read",
                fix=f"use inputs of its conditions: {', '.join(inputs)}, or fields that they ask",
            )
        return Option(
            id=raw.id,
            inputs=inputs,
            rules=rules,
            outcomes=(APPLIES_NOT, APPLIES),
            label=raw.label,
            text=raw.text,
            provenance=raw.provenance(),
            expects=tuple(raw.expects),
            payload=raw.payload,
            may=May(raw.may.text, dict(raw.may.open)) if raw.may else None,
        )

    def _score(self, raw: RawTable, axes: Mapping[str, Domain], shared: dict[str, Yaml]) -> Score:
        if raw.score is None:
            raise TableError("a score table needs score", fix="add score: {bands: …}")
        factors, taken = [], set[str]()
        for entry in raw.factors:
            try:
                factor = self._factor(entry, axes)
            except TableError as error:
                raise error.at(f"factor {entry.id}") from None
            if common := taken & set(factor.inputs):
                raise TableError(
                    f"factor {factor.id} shares {', '.join(common)} with another",
                    fix="put what depends on it into one factor",
                )
            taken |= set(factor.inputs)
            factors.append(factor)
        (applies,) = self._when(raw.score.applies, axes)
        return Score(
            **shared,
            factors=tuple(factors),
            bands=tuple(Band(b.id, b.low, b.high, b.then) for b in raw.score.bands),
            applies=applies,
            not_applicable=self._rule(raw.score.not_applicable, axes) if raw.score.not_applicable else None,
        )

    def _factor(self, raw: RawFactor, axes: Mapping[str, Domain]) -> Factor:
        rules = tuple(self._rule(rule, axes)._replace(then=f"{float(rule.then):g}") for rule in raw.rules)
        points = tuple(f"{p:g}" for p in sorted({float(rule.then) for rule in rules}))
        return Factor(raw.id, _read_by(rules, axes), rules, points, raw.label, provenance=raw.provenance())

    def _rule(self, raw: RawRule, axes: Mapping[str, Domain]) -> Rule:
        try:
            return Rule(raw.id, self._when(raw.when, axes), str(raw.then), raw.provenance(), raw.text)
        except TableError as error:
            raise error.at(f"rule {raw.id}") from None

    def _when(self, raw: RawWhen, axes: Mapping[str, Domain]) -> When:
        alternatives = raw if isinstance(raw, list) else [raw]
        return tuple(
            {name: self._condition(name, test, axes) for name, test in alternative.items()}
            for alternative in alternatives
        )

    def _condition(self, name: str, raw: Yaml, axes: Mapping[str, Domain]) -> Condition:
        if name not in axes:
            raise TableError(
                f"{name} is not among the inputs{_nearest(name, axes)}",
                fix="name it under inputs, or correct the spelling",
            )
        try:
            return read_condition(raw, axes[name], self.parameters)
        except TableError as error:
            raise error.at(name) from None


def _known(name: str, domains: Mapping[str, Domain]) -> str:
    if name not in domains:
        raise TableError(
            f"{name} is not a chart field, fact or table{_nearest(name, domains)}",
            fix="correct the spelling, or define it first",
        )
    return name


def raw_reads(raw: Mapping[str, Yaml]) -> tuple[str, ...]:
    """What an entry of YAML, a fact or a table, reads of facts and tables: enough to know which must be read first.

    Names of fields stand among them, also of items' fields.
    """
    if "table" in raw:
        return tuple(raw.get("inputs", ()))
    named: Yaml = next((raw[key] for key in raw if key in PLAIN_OPERATORS), ())
    return (
        *([named] if isinstance(named, str) else named),
        *raw.get("given", ()),
        *raw.get("where", ()),
        *([raw["item"]] if "item" in raw else ()),
        *(raw.get("complete_if") or ()),
        *([raw["as"]] if isinstance(raw.get("as"), str) else ()),
    )


def _parse(model: type[Yaml], raw: Mapping[str, Yaml]) -> Yaml:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"])
        allowed = ", ".join(name for name in model.model_fields)
        raise TableError(f"{place}: {first['msg']}", fix=f"allowed keys are {allowed}") from None


def _nearest(name: str, known: Iterable[str]) -> str:
    close = nearest(name, known)
    return f" (did you mean {close}?)" if close else ""


def _in_order(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _both(a: When, b: When) -> When:
    """The conjunction of two sets of alternatives. An input may stand in one side only."""
    found = []
    for x in a:
        for y in b:
            if clash := set(x) & set(y):
                raise TableError(
                    f"two criteria of one group both test {', '.join(clash)}", fix="write them as one criterion"
                )
            found.append({**x, **y})
    return tuple(found)


def _read_by(rules: Iterable[Rule], axes: Iterable[str]) -> tuple[str, ...]:
    """The inputs that rules name, in the order of the table's inputs."""
    named = {name for rule in rules for alternative in rule.when for name in alternative}
    return tuple(name for name in axes if name in named)


def _check_codes(rules: Iterable[Rule], codes: Sequence[str]) -> None:
    for rule in rules:
        if rule.then not in codes:
            raise TableError(
                f"rule {rule.id}: {rule.then!r} is not an outcome{_nearest(rule.then, codes)}",
                fix=f"use one of {', '.join(codes)}",
            )


def _check_shares(table: Table) -> None:
    for says, codes in table.shares.items():
        if unknown := set(codes) - set(table.codes):
            raise TableError(
                f"shares {says!r} names outcomes that the table does not have: {', '.join(sorted(unknown))}",
                fix=f"use some of: {', '.join(table.codes)}",
            )


def _check_outcomes(table: Table) -> None:
    """Every outcome named is given by some rule."""
    if isinstance(table, Options):
        return
    if isinstance(table, Score):
        given = {band.then for band in table.bands} | ({table.missing} if table.missing else set())
    else:
        given = {rule.then for part in table.parts for rule in part.named_rules}
    if missing := [code for code in table.codes if code not in given]:
        raise TableError(f"no rule gives {', '.join(missing)}", fix="delete the outcome, or write its rule")
    _check_codes((Rule(then, (), then) for then in sorted(given)), table.codes)
