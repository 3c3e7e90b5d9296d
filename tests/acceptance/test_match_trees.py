"""MatchEngine's trees of criteria, translated word by word into trial cards: our matcher, and its expected match trees.

tests/data/match-trees. Each criterion becomes a field of a made-up vocabulary, which a chart answers, denies or leaves
open. A trial then matches, by the expected tree, where it does whatever the open ones are; it fails where it never does.
"""

import datetime
import itertools
import json
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from oligoscope.assess.patient import assess
from oligoscope.chart.document import build_case
from oligoscope.knowledge import load
from oligoscope.knowledge.trials import ELIGIBLE, NOT_ELIGIBLE, Trial, read_trial
from oligoscope.tables.domain import FLAG
from oligoscope.tables.record import Answer, Record
from oligoscope.trials.match import MATCHES, NO, POSSIBLE, match_trials
from tests.support.both_executors import Words, by_columns

DATA = Path(__file__).parents[1] / "data/match-trees"
EXPECTED = json.loads((DATA / "expected.json").read_text("utf-8"))
TREES = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(DATA.glob("*_*_*.json"))}
LARGE = json.loads((DATA / "all_cases.json").read_text("utf-8"))
TODAY = datetime.date(2026, 11, 27)
WORDS = {(ELIGIBLE,): MATCHES, (NOT_ELIGIBLE,): NO, (ELIGIBLE, NOT_ELIGIBLE): POSSIBLE}
EMPTY = assess(build_case({"case": "nobody"}, "a made-up chart", TODAY), load())
TWICE = 9
"""In the expected graph of all_cases node 9 is followed by 12 and by 25, both of which its tree asks for; a path goes through
one of them. So it takes patients who lack what 25 asks for, and others who lack all that 12 to 24 ask for.
"""

Criterion = dict[str, bool]
Way = frozenset[str]


def fields_of(criterion: Mapping[str, Mapping[str, str]]) -> list[str]:
    """A field for each test: kind, key and value."""
    return [f"{kind}_{key}_{value}" for kind, tests in criterion.items() for key, value in tests.items()]


def criteria_of(tree: Mapping[str, Any]) -> Iterator[list[Criterion]]:
    """The criteria of a card, all of which are asked for; each a list of alternatives."""
    for key, value in tree.items():
        if key == "and":
            for part in value:
                yield from criteria_of(part)
        else:
            yield alternatives({key: value})


def alternatives(tree: Mapping[str, Any]) -> list[Criterion]:
    """The ways to meet a tree. What stands together in one mapping is asked for together."""
    ways: list[Criterion] = [{}]
    for key, value in tree.items():
        if key == "or":
            more = [way for part in value for way in alternatives(part)]
        elif key == "and":
            parts = itertools.product(*map(alternatives, value))
            more = [{name: True for way in each for name in way} for each in parts]
        else:
            more = [dict.fromkeys(fields_of({key: value}), True)]
        ways = [{**one, **other} for one in ways for other in more]
    return ways


def card(name: str, tree: Mapping[str, Any]) -> tuple[Trial, Words]:
    """A trial of these criteria, and the words of its charts."""
    criteria = [
        {"id": f"c{n}", "when": when, "text": " or ".join(map(" and ".join, when)), "status": "seen"}
        for n, when in enumerate(criteria_of(tree))
    ]
    fields = dict.fromkeys(field for c in criteria for way in c["when"] for field in way)
    words = Words(dict.fromkeys(fields, FLAG), {}, {}, {})
    raw = {"trial": name, "title": name, "status": "recruiting", "status_date": str(TODAY), "criteria": criteria}
    return read_trial(raw, f"{name}.yaml", words.reader()), words


def ways_of(graph: Mapping[str, Any]) -> list[Way]:
    """By path from node 0 to an end, what is asked for on it."""
    after: dict[int, list[int]] = {}
    for one, other in graph["edges"]:
        after.setdefault(one, []).append(other)

    def paths(node: int) -> Iterator[Way]:
        own = frozenset(field for each in graph["nodes"][str(node)]["criteria_list"] for field in fields_of(each))
        if node not in after:
            yield own
        for following in after.get(node, ()):
            yield from (own | way for way in paths(following))

    return list(paths(0))


def word(ways: Iterable[Way], chart: Mapping[str, bool | None]) -> str:
    """What the expected tree says of a chart: no criterion is negated, so the open ones all hold, or none does."""
    least = {name for name, value in chart.items() if value}
    most = {name for name, value in chart.items() if value is not False}
    if any(way <= least for way in ways):
        return MATCHES
    return POSSIBLE if any(way <= most for way in ways) else NO


def matched(trial: Trial, words: Words, charts: Sequence[Mapping[str, bool | None]]) -> list[str]:
    """What the matcher says of each chart; the columns of a registry must say the same."""
    told = [{name: Answer(3 if value is None else 1 << value, (name,)) for name, value in c.items()} for c in charts]
    found = [match_trials(replace(EMPTY, answers={**EMPTY.answers, **each}), [trial], TODAY)[0].match for each in told]
    assert trial.table is not None
    many = by_columns(words, words.reader(), [trial.table], [Record(each, {}) for each in told])
    assert [WORDS[tuple(each[trial.table.name][0][trial.trial]["possible"])] for each in many] == found
    return found


@pytest.mark.parametrize("name", TREES)
def test_every_chart_is_matched_as_the_expected_tree_says(name: str) -> None:
    trial, words = card(name, TREES[name])
    ways = ways_of(EXPECTED[f"{name}.json"])
    assert set(words.patient) == frozenset().union(*ways)
    charts = [
        dict(zip(words.patient, each, strict=True))
        for each in itertools.product((True, False, None), repeat=len(words.patient))
    ]
    found = matched(trial, words, charts)
    assert found == [word(ways, chart) for chart in charts]
    assert set(found) == {MATCHES, POSSIBLE, NO}


def some_charts(ways: Iterable[Way], fields: Iterable[str]) -> Iterator[dict[str, bool | None]]:
    """By way a chart that just fulfils it, and three drawn by seed that lack or leave open one or two of its criteria."""
    draw, names = random.Random(20261127), sorted(fields)
    for way in ways:
        chart: dict[str, bool | None] = {name: name in way for name in names}
        yield chart
        for _ in range(3):
            yield {
                **chart,
                **{name: draw.choice((False, None)) for name in draw.sample(sorted(way), draw.randint(1, 2))},
            }


def test_the_large_tree_is_matched_as_it_is_written_where_its_expected_tree_leaves_a_part_out() -> None:
    trial, words = card("all-cases", LARGE)
    graph = EXPECTED["all_cases.json"]
    mended = [edge for edge in graph["edges"] if edge != [TWICE, 12]]
    whole = ways_of({**graph, "edges": [*mended, [26, 12], [27, 12]]})
    charts = list(some_charts(dict.fromkeys([*whole, *ways_of(graph)]), words.patient))
    found = matched(trial, words, charts)
    assert found == [word(whole, chart) for chart in charts]
    graph_ways = ways_of(graph)
    theirs = [word(graph_ways, chart) for chart in charts]
    other = [each for each in zip(found, theirs, charts, strict=True) if each[0] != each[1]]
    assert {(ours, them) for ours, them, _ in other} == {(NO, MATCHES), (NO, POSSIBLE), (POSSIBLE, MATCHES)}
    asked_at = [field for each in graph["nodes"][str(TWICE)]["criteria_list"] for field in fields_of(each)]
    assert all(chart[field] is not False for *_, chart in other for field in asked_at)
