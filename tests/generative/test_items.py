"""Facts and tables about items, made up: comparisons with the patient, joins by name, the last item that holds.

Both executors must say the same of generated records, and what a record that knows more says must have been possible.
"""

import random
from collections import Counter
from typing import Any

import pytest

from oligoscope.tables import reference
from oligoscope.tables.compile import CompiledTable
from oligoscope.tables.domain import ANY_DAY, Choices, Dates, Domain, Numbers, Possible, is_known
from oligoscope.tables.read import Reader
from oligoscope.tables.record import Answer, Item, Record
from oligoscope.tables.reference import Answered, evaluate_assuming
from tests.support.both_executors import Words, by_columns, by_reference

SIDES, MODALITIES = Choices(("left", "right", "midline")), Choices(("sabr", "surgery", "ablation"))
PATIENT_FIELDS: dict[str, Domain] = {"primary.side": Choices(("left", "right")), "dx": Dates()}
LISTS: dict[str, dict[str, Domain]] = {
    "lesions": {"side": SIDES, "size": Numbers(low=0, high=9, unit="cm"), "start": Dates()},
    "treatments": {"modality": MODALITIES, "date": Dates()},
}
WORDS = Words(
    PATIENT_FIELDS,
    LISTS,
    items={"lesion": "lesions", "treatment": "treatments"},
    names={"lesions": "id", "treatments": "lesion"},
)
FACTS: dict[str, dict[str, Any]] = {
    "same_side": {"about": "lesion", "same": ["side", "primary.side"]},
    "after": {"about": "lesion", "at_or_after": ["start", "dx"]},
    "earlier": {"about": "lesion", "before": ["start", "dx"]},
    "treated": {"about": "lesion", "any": "treatments", "joined_by": "lesion"},
    "cut_out": {"about": "lesion", "any": "treatments", "joined_by": "lesion", "where": {"modality": "surgery"}},
    "how": {"about": "lesion", "last": "treatments", "joined_by": "lesion", "item": "modality"},
    "when": {"about": "lesion", "last": "treatments", "joined_by": "lesion", "item": "date"},
    "side_if_after": {"about": "lesion", "narrowed": ["side", "side"], "given": {"after": True}},
    "since": {"about": "lesion", "months_between": ["start", "when"]},
    "n_same_side": {"count": "lesions", "where": {"same_side": True}},
    "n_untreated": {"count": "lesions", "where": {"treated": False, "after": True}},
    "last_side": {"last": "lesions", "item": "side", "where": {"after": True}},
    "last_size": {"last": "lesions", "item": "size", "where": {"side": ["left", "midline"]}},
    "largest_late": {"max": "lesions", "item": "size", "where": {"after": True}},
    "n_how": {"distinct": "lesions", "item": "how"},
    "n_big": {"count": "lesions", "where": {"size": ">= 3"}},
}
TABLES: list[dict[str, Any]] = [
    {"about": "lesion", "inputs": {"same_side": True, "after": True, "earlier": True}},
    {"about": "lesion", "inputs": {"treated": True, "cut_out": True, "size": ">= 3"}},
    {"about": "lesion", "inputs": {"side_if_after": "left", "size": ">= 3"}},
    {"about": "lesion", "inputs": {"how": "sabr", "since": "> 6", "primary.side": "left"}},
    {"about": "lesion", "inputs": {"n_untreated": ">= 2", "side": "left", "treated": False}},
    {"about": "patient", "inputs": {"n_same_side": ">= 2", "n_untreated": ">= 1"}},
    {"about": "patient", "inputs": {"last_side": "left", "last_size": ">= 3"}},
    {"about": "patient", "inputs": {"largest_late": "[2..4)", "n_how": "<= 1", "n_big": "1"}},
]


def steps() -> tuple[Reader, list[Any]]:
    reader = WORDS.reader()
    found: list[Any] = [reader.fact(name, {"definition": "made up", **raw}) for name, raw in FACTS.items()]
    for number, table in enumerate(TABLES):
        rules = [{"id": f"r{n}", "when": {k: v}, "then": "abc"[n]} for n, (k, v) in enumerate(table["inputs"].items())]
        codes: dict[str, dict[str, str]] = {code: {} for code in (*"abc"[: len(rules)], "rest")}
        found.append(
            reader.table(
                {
                    "table": f"t{number}",
                    "title": "t",
                    "question": "?",
                    "kind": "decision",
                    "hit": "first",
                    "about": table["about"],
                    "inputs": list(table["inputs"]),
                    "outcomes": codes,
                    "rules": [*rules, {"id": "rest", "then": "rest"}],
                }
            )
        )
    return reader, found


def some(source: random.Random, domain: Domain) -> Possible:
    roll = source.random()
    if roll < 0.25:
        return domain.everything
    if isinstance(domain, Choices):
        return domain.mask(source.sample(domain.labels, 1 if roll < 0.8 else 2))
    numbers = (20240101, 20240131, 20240601, 20250301) if isinstance(domain, Dates) else (0, 1, 2, 3, 4, 7)
    first, last = sorted(source.choice(numbers) for _ in range(2))
    return (first, first) if roll < 0.8 else (first, last)


def record(source: random.Random) -> Record:
    def item(name: str, **names: str) -> Item:
        said = {field: some(source, domain) for field, domain in LISTS[name].items()}
        return Item({field: Answer(p, () if is_known(p) else (f"{name}.{field}",)) for field, p in said.items()}, names)

    answers = {name: some(source, domain) for name, domain in PATIENT_FIELDS.items()}
    lesions = [item("lesions", id=source.choice((f"L{n}", f"L{n}", ""))) for n in range(source.choice((0, 1, 2, 4)))]
    named = ("L0", "L1", "L2", "L9", "")
    treatments = [item("treatments", lesion=source.choice(named)) for _ in range(source.choice((0, 1, 2, 3)))]
    return Record(
        {name: Answer(p, () if is_known(p) else (name,)) for name, p in answers.items()},
        {"lesions": lesions, "treatments": treatments if source.random() < 0.8 else None},
    )


@pytest.mark.parametrize("seed", [1, 2])
def test_both_executors_agree_about_items(seed: int) -> None:
    source = random.Random(seed)
    reader, made = steps()
    charts = [record(source) for _ in range(800)]
    columns = by_columns(WORDS, reader, made, charts)
    for chart, found in zip(charts, columns, strict=True):
        said = (dict(chart.answers), dict(chart.lists))
        assert found == by_reference(made, chart), said


def narrower(source: random.Random, answer_: Answer, domain: Domain) -> Answer:
    """The same, or one of what it leaves possible."""
    if source.random() < 0.4:
        return answer_
    if isinstance(domain, Choices):
        assert isinstance(answer_.possible, int)
        return Answer(domain.mask([source.choice(domain.names(answer_.possible))]))
    if answer_.possible == ANY_DAY or isinstance(answer_.possible, int):
        return Answer((20240115, 20240115))
    chosen = source.choice(answer_.possible)
    return Answer((chosen, chosen))


@pytest.mark.parametrize("seed", [3, 4])
def test_what_is_said_of_items_holds_when_more_is_known(seed: int) -> None:
    source = random.Random(seed)
    _, made = steps()
    for _ in range(400):
        before = record(source)
        filled = Record(
            {n: narrower(source, before.answers[n], domain) for n, domain in PATIENT_FIELDS.items()},
            {
                name: items
                and [
                    Item(
                        {n: narrower(source, item.answers[n], domain) for n, domain in LISTS[name].items()}, item.names
                    )
                    for item in items
                ]
                for name, items in before.lists.items()
            },
        )
        first, then = by_reference(made, before), by_reference(made, filled)
        for name, rows in first.items():
            for (was,), (now,) in zip((r.values() for r in rows), (r.values() for r in then[name]), strict=True):
                assert set(now["possible"]) <= set(was["possible"]), (name, before, filled)
                assert was["value"] in (None, now["value"]), name


@pytest.mark.parametrize("seed", [1, 2])
def test_items_that_share_what_they_say_are_answered_like_any_other(seed: int) -> None:
    """Work is done once for items that share their answers; what another list says of one by its name is its own."""
    source = random.Random(seed)
    _, made = steps()
    for _ in range(100):
        chart = record(source)
        shared = [
            Item(item.answers, {"id": name}) for item in chart.lists["lesions"] or () for name in ("L0", "L3", "")
        ]
        apart = [Item(dict(item.answers), item.names) for item in shared]
        alone, together = (Record(dict(chart.answers), {**chart.lists, "lesions": each}) for each in (apart, shared))
        assert by_reference(made, together) == by_reference(made, alone)
        assert (together.lists, together.answers) == (alone.lists, alone.answers)


def test_items_that_share_what_they_say_are_worked_on_once(monkeypatch: pytest.MonkeyPatch) -> None:
    worked = Counter[str]()

    def counting(table: CompiledTable, *told: Any) -> Answered:
        worked[table.name] += 1
        return evaluate_assuming(table, *told)

    monkeypatch.setattr(reference, "evaluate_assuming", counting)
    _, made = steps()
    chart = record(random.Random(1))
    says = {name: Answer(domain.everything) for name, domain in LISTS["lesions"].items()}
    chart.lists.update(lesions=[Item(says, {"id": f"L{n}"}) for n in range(50)], treatments=[])
    by_reference(made, chart)
    assert worked["t0"] == worked["t1"] == worked["t4"] == 1
