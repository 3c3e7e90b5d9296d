"""From YAML to typed facts and tables, verified on the way: an error names the file, the rule and the fix."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from oligoscope.tables.conditions import Condition, read_condition
from oligoscope.tables.domain import FLAG, Choices, Domain, Numbers
from oligoscope.tables.errors import TableError
from oligoscope.tables.facts import LIST_OPERATORS, PLAIN_OPERATORS, Fact
from oligoscope.tables.file_schema import (
    RawCriteria,
    RawCriterion,
    RawFact,
    RawGroup,
    RawOption,
    RawProvenance,
    RawRule,
    RawTable,
    RawWhen,
)
from oligoscope.tables.grid import Grid, build_grid
from oligoscope.tables.model import Band, Criterion, Outcome, Part, Rule, Score, Table, When

_HITS = {"decision": ("unique", "first"), "score": ("collect-sum",), "criteria": ("collect",), "options": ("collect",)}
_NO, _YES = 0, 1


class Reader:
    """Reads facts and tables against the inputs known so far; each one read becomes an input of the next.

    domains: what every chart field can be.  lists: for each list its fields' domains.  parameters: named numbers that
    conditions may use.
    """

    def __init__(
        self, domains: Mapping[str, Domain], lists: Mapping[str, Mapping[str, Domain]], parameters: Mapping[str, float]
    ) -> None:
        self.domains = dict(domains)
        self.lists = lists
        self.parameters = dict(parameters)
        self.asks: dict[str, tuple[str, ...]] = {name: (name,) for name in domains}

    # ---- facts -----------------------------------------------------------------------------------

    def fact(self, name: str, raw: Mapping[str, Any]) -> Fact:
        """One fact of facts.yaml. TableError names the fact."""
        try:
            fact = self._fact(name, raw)
        except TableError as error:
            raise error.at(f"fact {name}") from None
        self.domains[name] = fact.domain
        self.asks[name] = fact.asks
        return fact

    def _fact(self, name: str, raw: Mapping[str, Any]) -> Fact:
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
        if operator in LIST_OPERATORS:
            return self._list_fact(name, entry)
        for source in entry.of:
            self._known(source)
        asks = _in_order(asked for source in entry.of for asked in self.asks[source])
        given = self._yes_no(entry.given, self.domains) if entry.given else None
        if given:
            asks = _in_order([*asks, *(a for n in given.inputs for a in self.asks[n])])
        sources = tuple(self.domains[source] for source in entry.of)
        return Fact(
            name, operator, tuple(entry.of), sources, self._plain_domain(entry), asks, mapping=self._mapping(entry), given=given,
            definition=entry.definition, note=entry.note, cites=tuple(entry.cites),
        )  # fmt: skip

    def _plain_domain(self, entry: RawFact) -> Domain:
        if entry.operator == "convert":
            return Choices(tuple(entry.as_)) if isinstance(entry.as_, list) else self.domains[self._known(entry.as_)]
        if entry.operator == "first_of":
            kinds = [self.domains[source] for source in entry.of]
            if any(not _same_kind(kinds[0], kind) for kind in kinds):
                raise TableError(
                    f"first_of joins quantities that differ: {', '.join(entry.of)}",
                    fix="give them one unit and one set of values",
                )
            return _widest(kinds)
        if entry.operator in ("difference", "percent_change"):
            return Numbers(unit=entry.unit)
        return Numbers(whole=entry.operator != "months_between", unit=entry.unit)

    def _mapping(self, entry: RawFact) -> tuple[int, ...]:
        if entry.operator != "convert":
            return ()
        source, target = self.domains[entry.of[0]], self._plain_domain(entry)
        if not isinstance(source, Choices) or not isinstance(target, Choices):
            raise TableError("convert needs labels on both sides", fix="use first_of or a table")
        if missing := [label for label in source.labels if label not in entry.map]:
            raise TableError(f"convert leaves out {missing}", fix="map every label")
        sets = [entry.map[label] for label in source.labels]
        return tuple(target.mask(each if isinstance(each, list) else [each]) for each in sets)

    def _list_fact(self, name: str, entry: RawFact) -> Fact:
        (list_name,) = entry.of
        if list_name not in self.lists:
            raise TableError(f"{list_name} is not a list of the chart", fix=f"use one of {', '.join(self.lists)}")
        fields = self.lists[list_name]
        if entry.item and entry.item not in fields:
            raise TableError(
                f"{list_name} has no field {entry.item}{_nearest(entry.item, fields)}",
                fix=f"use one of {', '.join(fields)}",
            )
        where = self._yes_no(entry.where, fields, inverted=entry.operator == "all") if entry.where else None
        complete_if = self._yes_no(entry.complete_if, self.domains) if entry.complete_if else None
        item_domain = fields[entry.item] if entry.item else None
        domain: Domain = FLAG if entry.operator in ("any", "all") else Numbers(whole=True, low=0, unit=entry.unit)
        if entry.operator in ("max", "min", "sum", "last") and item_domain:
            domain = item_domain
        asks = _in_order(
            [
                list_name,
                *(complete_if.inputs if complete_if else ()),
                *([entry.stated_by] if entry.stated_by else ()),
                *(f"{list_name}.{field}" for field in (where.inputs if where else ())),
                *([f"{list_name}.{entry.item}"] if entry.item else ()),
            ]
        )
        return Fact(
            name, entry.operator, (list_name,), (), domain, asks, entry.item, item_domain, where, complete_if, entry.stated_by,
            definition=entry.definition, note=entry.note, cites=tuple(entry.cites),
        )  # fmt: skip

    def _yes_no(self, raw: RawWhen, domains: Mapping[str, Domain], *, inverted: bool = False) -> Grid:
        """A grid with the outcomes (no, yes): yes where the condition holds (inverted: where it does not)."""
        when = self._when(raw, domains)
        yes, no = (_NO, _YES) if inverted else (_YES, _NO)
        return build_grid(
            [(when, yes), (({},), no)],
            {n: domains[n] for n in domains if any(n in a for a in when)},
            2,
            ["condition", "otherwise"],
        )

    # ---- tables ----------------------------------------------------------------------------------

    def table(self, raw: Mapping[str, Any]) -> Table:
        """One table. TableError names the table, the rule and the fix."""
        name = str(raw.get("table", "?"))
        try:
            table = self._table(_parse(RawTable, raw))
        except TableError as error:
            raise error.at(f"{name}.yaml") from None
        if table.kind in ("decision", "score"):
            self.domains[name] = Choices(table.codes)
            self.asks[name] = table.fields
        return table

    def _table(self, raw: RawTable) -> Table:
        if raw.hit not in _HITS[raw.kind]:
            raise TableError(
                f"hit policy {raw.hit} does not go with kind {raw.kind}", fix=f"use hit: {' or '.join(_HITS[raw.kind])}"
            )
        for source in raw.inputs:
            self._known(source)
        axes = {source: self.domains[source] for source in raw.inputs}
        outcomes = tuple(
            Outcome(code, o.label, tuple(o.expects), o.note, o.fits, o.applies, o.remark)
            for code, o in raw.outcomes.items()
        )
        build = {
            "decision": self._decision,
            "criteria": self._criteria,
            "options": self._options,
            "score": self._factors,
        }[raw.kind]
        parts = build(raw, axes)
        used = {
            source
            for part in parts
            for source in (*part.grid.inputs, *(n for c in part.criteria if c.grid for n in c.grid.inputs))
        }
        if unused := [source for source in raw.inputs if source not in used]:
            raise TableError(
                f"inputs that no rule uses: {', '.join(unused)}", fix="delete them, or write the rule that needs them"
            )
        _check_outcomes(raw, parts)
        settings = {name: value for name, value in self.parameters.items() if name in str(raw.model_dump())}
        return Table(
            raw.table, raw.title, raw.question, raw.kind, raw.hit, raw.about, tuple(raw.inputs), outcomes, parts,
            self._fields(raw.inputs), raw.provenance(),
            self._score(raw, parts) if raw.score else None, raw.internal, raw.supplementary, settings,
            raw.role, raw.order,
        )  # fmt: skip

    def _decision(self, raw: RawTable, axes: Mapping[str, Domain]) -> tuple[Part, ...]:
        rules = tuple(self._rule(rule, axes) for rule in raw.rules)
        codes = tuple(raw.outcomes)
        grid = self._grid(rules, codes, axes, unique=raw.hit == "unique")
        return (Part("", rules, codes, grid, self._fields(grid.inputs)),)

    def _criteria(self, raw: RawTable, axes: Mapping[str, Domain]) -> tuple[Part, ...]:
        if raw.shared is None:
            raise TableError("a criteria table needs shared", fix="add shared: {met, otherwise}")
        return tuple(
            self._group(name, group, raw.shared, tuple(raw.outcomes), axes) for name, group in raw.groups.items()
        )

    def _group(
        self, name: str, group: RawGroup, shared: RawCriteria, codes: tuple[str, ...], axes: Mapping[str, Domain]
    ) -> Part:
        """First what takes the group out, then all criteria met (and confirmed), then otherwise."""
        confirming = shared.confirmed_by
        confirmations = confirming.criteria if confirming else []
        asked = [(c, False) for c in group.criteria] + [(c, True) for c in confirmations]
        all_of = self._conjunction(group.criteria, axes)
        met = _merged(group.rule, shared.met, group.text, group)
        rules = [self._rule(rule, axes) for rule in (*shared.unless, *group.unless)]
        if confirming:
            rules.append(
                Rule(
                    met.id,
                    _both(all_of, self._conjunction(confirming.criteria, axes)),
                    met.then,
                    met.provenance,
                    met.text,
                )
            )
            rules.append(Rule(confirming.id, all_of, confirming.then, confirming.provenance()))
        else:
            rules.append(Rule(met.id, all_of, met.then, met.provenance, met.text))
        rules.append(self._rule(shared.otherwise, axes))
        grid = self._grid(tuple(rules), codes, axes)
        criteria = tuple(
            Criterion(c.id, self._when(c.when, axes), c.text, self._yes_no(c.when, axes), confirms)
            for c, confirms in asked
        )
        open_rule = self._rule(shared.open, axes) if shared.open else None
        return Part(
            name,
            tuple(rules),
            codes,
            grid,
            self._fields(grid.inputs),
            group.label,
            group.text,
            group.provenance(),
            criteria,
            shared.met,
            open_rule,
        )

    def _conjunction(self, criteria: Sequence[RawCriterion], axes: Mapping[str, Domain]) -> When:
        product: When = ({},)
        for criterion in criteria:
            product = _both(product, self._when(criterion.when, axes))
        return product

    def _options(self, raw: RawTable, axes: Mapping[str, Domain]) -> tuple[Part, ...]:
        return tuple(self._option(option, axes) for option in raw.options)

    def _option(self, raw: RawOption, axes: Mapping[str, Domain]) -> Part:
        rules = (Rule(raw.id, self._when(raw.when, axes), "yes", raw.provenance(), raw.text), Rule("", ({},), "no"))
        grid = self._grid(rules, ("no", "yes"), axes)
        return Part(
            raw.id,
            rules,
            ("no", "yes"),
            grid,
            self._fields(grid.inputs),
            raw.label,
            raw.text,
            raw.provenance(),
            expects=tuple(raw.expects),
            payload=raw.payload,
        )

    def _factors(self, raw: RawTable, axes: Mapping[str, Domain]) -> tuple[Part, ...]:
        if raw.score is None:
            raise TableError("a score table needs score", fix="add score: {bands: …}")
        (cuts,) = self._when(raw.score.applies, axes)
        parts, taken = [], set[str]()
        for factor in raw.factors:
            rules = tuple(self._rule(rule, axes) for rule in factor.rules)
            points = tuple(f"{p:g}" for p in sorted({float(rule.then) for rule in rules}))
            rules = tuple(Rule(r.id, r.when, f"{float(r.then):g}", r.provenance, r.text) for r in rules)
            try:
                grid = self._grid(rules, points, axes, unique=True, cuts=cuts)
            except TableError as error:
                raise error.at(f"factor {factor.id}") from None
            if shared := taken & set(grid.inputs):
                raise TableError(
                    f"factor {factor.id} shares {', '.join(shared)} with another",
                    fix="put what depends on it into one factor",
                )
            taken |= set(grid.inputs)
            parts.append(
                Part(
                    factor.id,
                    rules,
                    points,
                    grid,
                    self._fields(grid.inputs),
                    factor.label,
                    provenance=factor.provenance(),
                )
            )
        return tuple(parts)

    def _score(self, raw: RawTable, parts: Sequence[Part]) -> Score:
        assert raw.score is not None
        totals = {0.0}
        for part in parts:
            totals = {total + float(points) for total in totals for points in part.outcomes}
        bands = tuple(Band(b.id, b.low, b.high, b.then) for b in raw.score.bands)
        for total in sorted(totals):
            if sum(band.low <= total <= band.high for band in bands) != 1:
                raise TableError(f"a total of {total:g} falls into no band, or into two", fix="make the bands meet")
        if beyond := [b.id for b in bands if b.low not in totals or b.high not in totals]:
            raise TableError(
                f"bands {', '.join(beyond)} begin or end where no total is",
                fix=f"use totals from {min(totals):g} to {max(totals):g}",
            )
        axes = {source: self.domains[source] for source in raw.inputs}
        (applies,) = self._when(raw.score.applies, axes)
        masks = {}
        for name, condition in applies.items():
            grid = next(part.grid for part in parts if name in part.grid.inputs)
            position = grid.inputs.index(name)
            masks[name] = sum(
                1 << k for k, cell in enumerate(grid.cells[position]) if condition.holds(_inside(cell.low, cell.high))
            )
        missing = raw.score.not_applicable
        return Score(bands, masks, str(missing.then) if missing else "", missing.id if missing else "")

    def _grid(self, rules: tuple[Rule, ...], codes: tuple[str, ...], axes: Mapping[str, Domain], **how: Any) -> Grid:
        for rule in rules:
            if rule.then not in codes:
                raise TableError(
                    f"rule {rule.id}: {rule.then!r} is not an outcome{_nearest(rule.then, codes)}",
                    fix=f"use one of {', '.join(codes)}",
                )
        rows = [(rule.when, codes.index(rule.then)) for rule in rules]
        return build_grid(rows, axes, len(codes), [rule.id for rule in rules], **how)

    def _fields(self, inputs: Iterable[str]) -> tuple[str, ...]:
        return _in_order(asked for source in inputs for asked in self.asks[source])

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

    def _condition(self, name: str, raw: Any, axes: Mapping[str, Domain]) -> Condition:
        if name not in axes:
            raise TableError(
                f"{name} is not among the inputs{_nearest(name, axes)}",
                fix="name it under inputs, or correct the spelling",
            )
        try:
            return read_condition(raw, axes[name], self.parameters)
        except TableError as error:
            raise error.at(name) from None

    def _known(self, name: str) -> str:
        if name not in self.domains:
            raise TableError(
                f"{name} is not a chart field, fact or table{_nearest(name, self.domains)}",
                fix="correct the spelling, or define it first",
            )
        return name


def _parse(model: type[Any], raw: Mapping[str, Any]) -> Any:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"])
        allowed = ", ".join(name for name in model.model_fields)
        raise TableError(f"{place}: {first['msg']}", fix=f"allowed keys are {allowed}") from None


def _nearest(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), 1)
    return f" (did you mean {close[0]}?)" if close else ""


def _in_order(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _same_kind(a: Domain, b: Domain) -> bool:
    if isinstance(a, Numbers) and isinstance(b, Numbers):
        return a.unit == b.unit
    return a == b


def _widest(kinds: Sequence[Domain]) -> Domain:
    """One domain that holds every value of all of these."""
    numbers = [kind for kind in kinds if isinstance(kind, Numbers)]
    if not numbers:
        return kinds[0]
    return Numbers(
        all(n.whole for n in numbers), min(n.low for n in numbers), max(n.high for n in numbers), numbers[0].unit
    )


def _inside(low: float, high: float) -> float:
    return low if low > float("-inf") else high


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


def _merged(rule_id: str, then: str, text: str, source: RawProvenance) -> Rule:
    return Rule(rule_id, ({},), then, source.provenance(), text)


def _check_outcomes(raw: RawTable, parts: Sequence[Part]) -> None:
    """Every outcome named is given by some rule."""
    if raw.kind == "options":
        return
    given = {rule.then for part in parts for rule in (*part.rules, *((part.open,) if part.open else ()))}
    if raw.score:
        given = {band.then for band in raw.score.bands} | (
            {str(raw.score.not_applicable.then)} if raw.score.not_applicable else set()
        )
    if missing := [code for code in raw.outcomes if code not in given]:
        raise TableError(f"no rule gives {', '.join(missing)}", fix="delete the outcome, or write its rule")
    if unknown := [code for code in given if code not in raw.outcomes]:
        raise TableError(
            f"{', '.join(unknown)} is not an outcome{_nearest(unknown[0], raw.outcomes)}",
            fix=f"use one of {', '.join(raw.outcomes)}",
        )
