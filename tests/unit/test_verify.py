"""A table that is wrong is refused when it is read, with the offending combination and the fix."""

from typing import Any

import pytest

from oligoscope.knowledge import build_knowledge
from oligoscope.tables.domain import Choices, Domain, Numbers
from oligoscope.tables.errors import TableError
from oligoscope.tables.read import Reader
from oligoscope.tables.record import Answer
from oligoscope.tables.reference import evaluate

N = Choices(("N0", "N1"))
INPUTS: dict[str, Domain] = {
    "timing": Choices(("synchronous", "metachronous")),
    "n": N,
    "count": Numbers(whole=True, low=0, unit="lesions"),
    "age": Numbers(unit="years"),
}


def table(**changes: Any) -> dict[str, Any]:
    raw: dict[str, Any] = {
        "table": "t", "title": "t", "question": "?", "kind": "decision", "hit": "unique", "inputs": ["timing", "n"], "outcomes": {"a": {}, "b": {}},
        "rules": [{"id": "r1", "when": {"timing": "metachronous"}, "then": "a"}, {"id": "r2", "when": {"timing": "synchronous", "n": "N0"}, "then": "b"},
                  {"id": "r3", "when": {"timing": "synchronous", "n": "N1"}, "then": "a"}],
    }  # fmt: skip
    return {**raw, **changes}


def rules(*whens: dict[str, Any], last: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    return [{"id": f"r{n}", "when": when, "then": "ab"[n % 2]} for n, when in enumerate(whens, 1)]


WRONG: dict[str, tuple[dict[str, Any], list[str]]] = {
    "gap": (
        table(rules=rules({"timing": "metachronous"}, {"timing": "synchronous", "n": "N0"})),
        ["gap", "timing = synchronous, n = N1"],
    ),
    "overlap": (
        table(rules=rules({"timing": "metachronous"}, {"n": "N0"}, {"n": "N1"})),
        ["overlap", "r1 and r2", "timing = metachronous, n = N0"],
    ),
    "never fires": (table(hit="first", rules=rules({}, {"n": "N0", "timing": "synchronous"})), ["r2 can never fire"]),
    "unknown key": (table(quesiton="?"), ["quesiton", "allowed keys"]),
    "unknown input": (table(inputs=["timing", "m"]), ["m is not a chart field", "correct the spelling"]),
    "unknown value": (
        table(rules=rules({"timing": "metachron"}, {"timing": "synchronous"})),
        ["rule r1", "'metachron'", "synchronous, metachronous"],
    ),
    "input not named": (table(rules=rules({"count": 0}, {})), ["count is not among the inputs"]),
    "unused input": (table(rules=rules({"timing": "metachronous"}, {"timing": "synchronous"})), ["no rule uses", "n"]),
    "outcome never given": (table(outcomes={"a": {}, "b": {}, "c": {}}), ["no rule gives c"]),
    "outcome not named": (table(outcomes={"a": {}}), ["'b' is not an outcome"]),
    "wrong hit policy": (table(hit="collect"), ["hit policy collect"]),
    "labels compared": (table(rules=rules({"timing": "> 3"}, {})), ["no numbers"]),
    "empty interval": (table(inputs=["count"], rules=rules({"count": "[5..1]"}, {})), ["empty"]),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_table_is_refused(name: str) -> None:
    raw, words = WRONG[name]
    with pytest.raises(TableError) as caught:
        Reader(INPUTS, {}, {}).table(raw)
    assert [word for word in ["t.yaml", *words] if word not in str(caught.value)] == []


def test_a_right_table_is_read() -> None:
    assert Reader(INPUTS, {}, {}).table(table()).table.codes == ("a", "b")


OPTIONS = {
    "table": "t", "title": "t", "question": "?", "kind": "options", "hit": "collect", "inputs": ["n"], "payload": ["dose"],
}  # fmt: skip


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"options": [{"id": "x", "when": {"n": "N0"}, "payload": {"doze": 3}}]}, ["doze", "did you mean dose"]),
        ({"payload": ["text"]}, ["text", "another name"]),
        ({"options": [{"id": "x", "when": {"n": "N0"}, "payload": {"dose": {"low": 1}}}]}, ["payload.dose"]),
        (
            {"options": [{"id": "x", "when": {"n": "N0"}, "may": {"text": "t", "open": {"m": "M"}}}]},
            ["may.open names m", "use inputs of its conditions: n"],
        ),
        ({"options": [{"id": "x", "when": {"n": "N0"}, "may": {"text": "t", "open": {}}}]}, ["may.open"]),
    ],
)
def test_an_option_carries_what_its_table_declares_and_reads(changes: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(TableError) as caught:
        Reader(INPUTS, {}, {}).table({**OPTIONS, **changes})
    assert [word for word in words if word not in str(caught.value)] == []


def test_what_is_not_verified_is_listed_but_never_applies() -> None:
    options = [
        {"id": name, "when": {"n": "N0"}, "status": status} for name, status in (("a", "seen"), ("b", "unverified"))
    ]
    read = Reader(INPUTS, {}, {}).table({**OPTIONS, "options": options})
    assert [option.id for option in read.table.parts] == ["a", "b"]
    for n in ("N0", "N1"):
        answered = evaluate(read, {"n": Answer(N.mask([n]))})
        assert answered["a"].value == ("yes" if n == "N0" else "no")
        assert answered["b"].value == "no"


def test_an_unverified_rule_leaves_a_gap_and_says_so() -> None:
    raw = table()
    raw["rules"][0]["status"] = "unverified"
    with pytest.raises(
        TableError, match=r"gap: no rule for timing = metachronous \(left out, since not verified: r1\)"
    ):
        Reader(INPUTS, {}, {}).table(raw)


@pytest.mark.parametrize("label", ["N0", "N1"])
def test_a_score_may_apply_by_a_label(label: str) -> None:
    rules = [{"id": f"{n}", "when": {"n": n}, "then": points} for n, points in (("N0", 0), ("N1", 1))]
    raw = {
        "table": "t", "title": "t", "question": "?", "kind": "score", "hit": "collect-sum", "inputs": ["n"], "outcomes": {"low": {}, "none": {}},
        "factors": [{"id": "f", "rules": rules}],
        "score": {"applies": {"n": "N0"}, "not_applicable": {"id": "NA", "then": "none"}, "bands": [{"id": "B", "low": 0, "high": 1, "then": "low"}]},
    }  # fmt: skip
    answered = evaluate(Reader(INPUTS, {}, {}).table(raw), {"n": Answer(N.mask([label]))})
    assert answered.only.rules == (("B",) if label == "N0" else ("NA",))


def test_units_that_differ_are_refused() -> None:
    with pytest.raises(TableError, match="first_of joins quantities that differ"):
        Reader(INPUTS, {}, {}).fact("f", {"definition": "x", "first_of": ["age", "count"]})


def test_a_fact_with_two_operators_is_refused() -> None:
    with pytest.raises(TableError, match="exactly one operator"):
        Reader(INPUTS, {}, {}).fact("f", {"definition": "x", "first_of": ["age"], "count": "lesions"})


def test_a_cycle_is_named() -> None:
    first = table(table="one", inputs=["two"], rules=rules({}))
    second = table(table="two", inputs=["one"], rules=rules({}))
    with pytest.raises(TableError, match="cycle: one → two → one"):
        build_knowledge({"facts": {}}, [first, second], {})


def test_bands_must_meet() -> None:
    raw = table(
        kind="score", hit="collect-sum", rules=[], outcomes={"a": {}}, inputs=["n"],
        factors=[{"id": "f", "rules": [{"id": "x", "when": {"n": "N0"}, "then": 0}, {"id": "y", "when": {"n": "N1"}, "then": 1}]}],
        score={"bands": [{"id": "low", "low": 0, "high": 0, "then": "a"}]},
    )  # fmt: skip
    with pytest.raises(TableError, match="a total of 1 falls into no band"):
        Reader(INPUTS, {}, {}).table(raw)


def test_what_a_fact_is_given_is_refused_where_it_would_not_be_heeded() -> None:
    lists: dict[str, dict[str, Domain]] = {"lesions": {"size": Numbers(unit="cm")}}
    raw = {"definition": "x", "count": "lesions"}
    assert Reader(INPUTS, lists, {}).fact("f", raw)
    with pytest.raises(TableError, match="given is not for a fact over a list"):
        Reader(INPUTS, lists, {}).fact("f", {**raw, "given": {"n": "N0"}})
