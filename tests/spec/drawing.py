"""Tables, lists and answers as a page draws them.

A cell says what is known: `lung`, `lung or bone`, `3`, `2..4`, `2024-03-05`, `2024-03` (some day of it), `?` (nothing).
"""

import datetime
from calendar import monthrange
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from oligoscope.spelling import spell
from oligoscope.tables.domain import Choices, Dates, Domain, Numbers, Possible, Span, is_known
from oligoscope.tables.record import Answer, Item

UNKNOWN = object()


# ---- what is known -------------------------------------------------------------------------------


def possible(domain: Domain, given: Any) -> Possible:
    """What a value of a page leaves possible: a cell's text, a label, a list of labels, a number, or a pair of them."""
    if given is UNKNOWN or given == "?":
        return domain.everything
    if isinstance(domain, Choices):
        return domain.mask(_labels(domain, given))
    first, last = given if isinstance(given, tuple) else _ends(given)
    if isinstance(domain, Dates):
        return _days(str(first))[0], _days(str(last))[1]
    return float(first), float(last)


def _ends(given: Any) -> Sequence[Any]:
    return (given.split("..") * 2)[:2] if isinstance(given, str) else (given, given)


def _labels(domain: Choices, given: Any) -> list[Any]:
    said = given.split(" or ") if isinstance(given, str) else given if isinstance(given, list) else [given]
    spelled = {spell(label): label for label in domain.labels}
    return [spelled[spell(each)] for each in said]


def _days(text: str) -> Span:
    """The first and the last day of a year, a month, or the day itself."""
    year, month, day = (int(part) for part in [*text.split("-"), "0", "0"][:3])
    first = datetime.date(year, month or 1, day or 1)
    last = datetime.date(year, month or 12, day or monthrange(year, month or 12)[1])
    return int(f"{first:%Y%m%d}"), int(f"{last:%Y%m%d}")


def said(name: str, domain: Domain, given: Any) -> Answer:
    """As a chart's field: it asks for itself as long as it is not known."""
    left = possible(domain, given)
    return Answer(left, () if is_known(left) else (name,))


# ---- drawings ------------------------------------------------------------------------------------


def rows(text: str) -> list[dict[str, str]]:
    """The rows of a drawing by the names above its columns."""
    names, *lines = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    return [dict(zip(names, cells, strict=True)) for cells in lines]


def items(list_name: str, fields: Mapping[str, Domain], name_field: str, text: str) -> list[Item]:
    """The items of a list that a drawing shows; a field without a column is unknown, `-` in a name is no name."""
    found = []
    for row in rows(text):
        answers = {field: said(f"{list_name}.{field}", domain, row.get(field, "?")) for field, domain in fields.items()}
        name = row.get(name_field, "-")
        found.append(Item(answers, {name_field: "" if name == "-" else name}))
    return found


def decision(text: str, hit: str = "first", about: str = "patient", name: str = "drawn-table") -> dict[str, Any]:
    """The table that a drawing shows: a column an input, `||`, the outcome; `-` means any."""
    head, *lines = [line.split("||") for line in text.strip().splitlines()]
    inputs = [cell.strip() for cell in head[0].split("|")]
    rules = []
    for number, (left, right) in enumerate(lines, 1):
        cells = [cell.strip() for cell in left.split("|")]
        when = {n: c for n, c in zip(inputs, cells, strict=True) if c != "-"}
        rules.append({"id": f"rule {number}", "when": when, "then": right.strip()})
    codes: dict[str, dict[str, str]] = {str(rule["then"]): {} for rule in rules}
    said_of_it = {"inputs": inputs, "outcomes": codes, "rules": rules, "about": about}
    return titled({"table": name, "kind": "decision", "hit": hit, **said_of_it})


_HITS = {"score": "collect-sum", "criteria": "collect", "options": "collect"}


def written(text: str) -> dict[str, Any]:
    """A table as its file says it, without what only readers need."""
    raw = yaml.safe_load(text)
    return titled({"table": "written-table", "hit": _HITS[raw["kind"]], **raw})


def titled(raw: dict[str, Any]) -> dict[str, Any]:
    return {"title": "t", "question": "?", **raw}


# ---- probes --------------------------------------------------------------------------------------


def probe(fact: str, domain: Domain, expected: Any, about: str) -> tuple[dict[str, Any], list[str]]:
    """(a table that tells where a fact lies, the outcomes that what is expected of it leaves possible).

    Executors show facts only through tables. This one has an outcome for each label; of numbers and dates for the
    expected ends, for what lies between them, and for what lies outside.
    """
    if isinstance(domain, Choices):
        codes = {spell(label): spell(label) for label in domain.labels}
        left = [spell(label) for label in domain.names(_mask(domain, expected))]
    else:
        codes, left = _stretches(domain, expected)
    rules = [{"id": code, "when": {fact: condition}, "then": code} for code, condition in codes.items()]
    outcomes: dict[str, dict[str, str]] = {code: {} for code in codes}
    head = {"table": f"where {fact} lies", "kind": "decision", "hit": "unique", "about": about, "inputs": [fact]}
    return titled({**head, "outcomes": outcomes, "rules": rules}), left


def _mask(domain: Choices, expected: Any) -> int:
    mask = possible(domain, expected)
    assert isinstance(mask, int)
    return mask


def _stretches(domain: Numbers | Dates, expected: Any) -> tuple[dict[str, str], list[str]]:
    span = possible(domain, expected)
    assert not isinstance(span, int)
    bottom, top = domain.everything
    cuts = sorted({max(-_FAR, min(_FAR, end)) for end in span})
    whole = isinstance(domain, Dates) or domain.whole
    texts = [f"{cut:.0f}" if cut == int(cut) else repr(cut) for cut in cuts]
    codes, left = {}, []
    if cuts[0] > bottom:
        codes[f"below {texts[0]}"] = f"< {texts[0]}"
        left += [f"below {texts[0]}"] if span[0] < cuts[0] else []
    for n, (cut, text) in enumerate(zip(cuts, texts, strict=True)):
        if n and not (whole and cut - cuts[0] <= 1):
            codes["between"] = f"({texts[0]}..{text})"
            left.append("between")
        codes[text] = text
        left.append(text)
    if cuts[-1] < top:
        codes[f"above {texts[-1]}"] = f"> {texts[-1]}"
        left += [f"above {texts[-1]}"] if span[1] > cuts[-1] else []
    return codes, left


_FAR = 1e9
"""Beyond every number that a page's charts can lead to: an end that is still open reaches it."""
