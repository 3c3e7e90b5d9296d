"""Every pair of groups of fields was thought of: pairs.yaml against the vocabulary and the rules of integrity.yaml."""

from collections.abc import Iterator
from itertools import combinations, combinations_with_replacement
from pathlib import Path
from typing import Any

import pytest
import yaml

from oligoscope.vocabulary.fields import lists, scalar_fields

ROOT = Path(__file__).resolve().parents[3]
TABLE = yaml.safe_load((Path(__file__).parent / "pairs.yaml").read_text("utf-8"))
RULES = yaml.safe_load((ROOT / "src/oligoscope/chart/integrity.yaml").read_text("utf-8"))
EVERY = [spec.name for spec in scalar_fields()]
EVERY += [f"{each.name}.{spec.name}" for each in lists() for spec in each.fields]
ORDER = list(TABLE["groups"])
KINDS = {"contradictions": "impossible", "unique": "impossible", "checks": "improbable"}
SEVERAL = {"every_list": ["systemic_therapy", "lesions"], "follow_up": ["local_treatment", "outcomes"]}


def _fields(group: str) -> list[str]:
    held = TABLE["groups"][group]
    return [name for name in EVERY if name.startswith(held.rstrip("*"))] if isinstance(held, str) else held


GROUP_OF = {name: group for group in ORDER for name in _fields(group)}


def _behind(name: str, about: str) -> set[str]:
    """The groups of the chart fields behind a name that a rule about something uses."""
    if name == "today":
        return set()
    if name in {each.name for each in lists()}:
        return {name}
    if name in RULES["words"]:
        return {GROUP_OF[f"{RULES['words'][name]['about']}.{RULES['words'][name]['of']}"]}
    if name in RULES["derived"]:
        entry = dict(RULES["derived"][name])
        given = entry.pop("given", {})
        (names,) = [raw for key, raw in entry.items() if key not in ("about", "unit")]
        return {group for each in (*names, *given) for group in _behind(each, about)}
    if name.startswith(("lesion.", "lesions.")) and about in ("local_treatment", "planned_radiotherapy"):
        return {"lesions"}
    own = [f"{about}.{name}", name]
    return {next(GROUP_OF[each] for one in own for each in (one, one.removesuffix("_date")) if each in GROUP_OF)}


def _groups(rule: dict[str, Any]) -> Iterator[set[str]]:
    """Of each thing that a rule is about, the groups whose fields it speaks of."""
    abouts = rule["about"] if isinstance(rule["about"], list) else [rule["about"]]
    for about in [each for entry in abouts for each in SEVERAL.get(entry, [entry])]:
        dated = rule.get("each") == "date"
        conditions = rule.get("when") or dict.fromkeys(rule["fields"])
        names = [name for name in conditions if not (dated and name == "date")]
        compared = [each for test in conditions.values() if isinstance(test, dict) for each in test.values()]
        names += [name for each in compared for name in (each if isinstance(each, list) else [each])]
        found = {group for name in names for group in _behind(name, about)}
        of_dates = ["person", "history", "staging"] if about == "patient" else [about]
        yield from ({*found, group} for group in of_dates) if dated else [found]


def _cells() -> dict[tuple[str, str], dict[str, set[str]]]:
    """What the rules say that the table should hold."""
    found: dict[tuple[str, str], dict[str, set[str]]] = {}
    for part, kind in KINDS.items():
        for rule in RULES[part]:
            for groups in _groups(rule):
                one, *more = sorted(groups, key=ORDER.index)
                for pair in combinations((one, *more), 2) if more else [(one, one)]:
                    found.setdefault(pair, {}).setdefault(kind, set()).add(rule["id"])
    return found


def test_every_field_stands_in_one_group() -> None:
    held = [name for group in ORDER for name in _fields(group)]
    assert sorted(held) == sorted(EVERY)


def test_every_pair_has_a_cell() -> None:
    cells = [(one, other) for one, row in TABLE["pairs"].items() for other in row]
    assert cells == list(combinations_with_replacement(ORDER, 2))


@pytest.mark.parametrize("one", ORDER)
def test_a_cell_holds_the_rules_of_both_groups_or_says_why_there_are_none(one: str) -> None:
    wanted = _cells()
    for other, cell in TABLE["pairs"][one].items():
        rules = {kind: set(names) for kind, names in cell.items() if kind != "none"}
        assert rules == wanted.get((one, other), {}), (one, other)
        assert bool(rules) != (len(cell.get("none", "").split()) > 2), (one, other)
