"""What a layer does to a table, on plain data: where entries come to stand, what falls idle, what is said of it."""

import json
from pathlib import Path
from typing import Any

import pytest

from oligoscope.knowledge.layers import Sources, layered
from oligoscope.knowledge.pack import Pack

TABLE: dict[str, Any] = {
    "table": "choice",
    "hit": "first",
    "title": "Choice",
    "inputs": ["age", "stage"],
    "outcomes": {"yes": {}, "no": {}, "wait": {}},
    "rules": [
        {"id": "a", "when": {"age": "> 70"}, "then": "no"},
        {"id": "b", "when": {"stage": "IV"}, "then": "wait"},
        {"id": "c", "when": {}, "then": "yes"},
    ],
}
NEW = {"id": "new", "when": {"age": 50}, "then": "yes"}


def over(tmp_path: Path, change: dict[str, Any], table: dict[str, Any] = TABLE, facts: Any = None) -> Sources:
    """The layer `ours` with this change, over a base with this table."""
    packs = []
    for name, content in (("base", table), ("ours", {"change": table["table"], **change})):
        folder = tmp_path / name
        (folder / "tables").mkdir(parents=True)
        release = {"id": name, "title": name, "version": "1", "date": "2026"}
        (folder / "release.yaml").write_text(json.dumps(release))
        (folder / "tables" / f"{table['table']}.yaml").write_text(json.dumps(content))
        if facts:
            (folder / "facts.yaml").write_text(json.dumps(facts[name]))
        packs.append(Pack(folder))
    return layered(packs)


def ids(sources: Sources, part: str = "rules", table: str = "choice") -> list[str]:
    return [entry["id"] for entry in sources.tables[table].raw[part]]


def problem(sources: Sources) -> tuple[str, str]:
    (found,) = sources.problems
    return found.problem, found.fix


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ({"before": "a"}, ["new", "a", "b", "c"]),
        ({"after": "a"}, ["a", "new", "b", "c"]),
        ({"before": "c"}, ["a", "b", "new", "c"]),
        ({"after": "c"}, ["a", "b", "c", "new"]),
    ],
)
def test_an_added_rule_stands_where_it_says(place: dict[str, str], expected: list[str], tmp_path: Path) -> None:
    assert ids(over(tmp_path, {"rules": [{**NEW, **place}]})) == expected


@pytest.mark.parametrize(("place", "expected"), [({"before": "a"}, ["c", "a", "b"]), ({"after": "a"}, ["a", "c", "b"])])
def test_a_rule_of_a_known_id_that_names_a_place_moves_there(
    place: dict[str, str], expected: list[str], tmp_path: Path
) -> None:
    assert ids(over(tmp_path, {"rules": [{**NEW, "id": "c", **place}]})) == expected


def test_a_rule_may_stand_beside_one_that_the_same_layer_adds(tmp_path: Path) -> None:
    second = {**NEW, "id": "newer", "before": "new"}
    assert ids(over(tmp_path, {"rules": [{**NEW, "after": "a"}, second]})) == ["a", "newer", "new", "b", "c"]


@pytest.mark.parametrize("place", [{}, {"before": "a", "after": "b"}])
def test_where_the_first_rule_counts_one_place_must_be_named(place: dict[str, str], tmp_path: Path) -> None:
    text, fix = problem(over(tmp_path, {"rules": [{**NEW, **place}]}))
    assert "must say where it stands" in text
    assert fix == "add before: ID or after: ID"


def test_elsewhere_a_new_rule_comes_last_and_a_place_may_be_named(tmp_path: Path) -> None:
    unique = {**TABLE, "hit": "unique"}
    assert ids(over(tmp_path / "1", {"rules": [NEW]}, unique)) == ["a", "b", "c", "new"]
    assert ids(over(tmp_path / "2", {"rules": [{**NEW, "before": "b"}]}, unique)) == ["a", "new", "b", "c"]


def test_options_need_no_place_even_where_the_first_rule_counts(tmp_path: Path) -> None:
    table = {**TABLE, "options": [{"id": "o", "when": {"age": 1}}]}
    assert ids(over(tmp_path, {"options": [{"id": "p", "when": {}}]}, table), "options") == ["o", "p"]


def test_a_place_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    assert problem(over(tmp_path, {"rules": [{**NEW, "after": "z"}]})) == ("there is no z here", "use one of a, b, c")


def test_what_is_retired_goes_with_what_only_it_used(tmp_path: Path) -> None:
    """Rule b alone reads `stage` and gives `wait`."""
    raw = over(tmp_path, {"retire": ["b"]}).tables["choice"].raw
    assert [rule["id"] for rule in raw["rules"]] == ["a", "c"]
    assert (raw["inputs"], list(raw["outcomes"])) == (["age"], ["yes", "no"])


def test_what_another_rule_still_uses_stays(tmp_path: Path) -> None:
    raw = over(tmp_path, {"retire": ["b"], "rules": [{**NEW, "id": "a", "when": {"stage": "I"}, "then": "wait"}]})
    assert raw.tables["choice"].raw["inputs"] == ["stage"]
    assert list(raw.tables["choice"].raw["outcomes"]) == ["yes", "wait"]


def test_what_was_idle_before_is_left_to_the_verifier(tmp_path: Path) -> None:
    table = {**TABLE, "inputs": ["age", "stage", "spare"], "outcomes": {**TABLE["outcomes"], "never": {}}}
    raw = over(tmp_path, {"retire": ["b"]}, table).tables["choice"].raw
    assert (raw["inputs"], list(raw["outcomes"])) == (["age", "spare"], ["yes", "no", "never"])


def test_options_factors_and_groups_are_retired_as_rules_are(tmp_path: Path) -> None:
    table = {
        "table": "mixed",
        "inputs": ["age"],
        "options": [{"id": "o", "when": {"age": 1}}, {"id": "p"}],
        "factors": [{"id": "f", "rules": []}, {"id": "g", "rules": []}],
        "groups": {"m": {}, "n": {}},
    }
    raw = over(tmp_path, {"retire": ["p", "g", "n"]}, table).tables["mixed"].raw
    assert ([e["id"] for e in raw["options"]], [e["id"] for e in raw["factors"]]) == (["o"], ["f"])
    assert list(raw["groups"]) == ["m"]


def test_what_is_not_there_cannot_be_retired(tmp_path: Path) -> None:
    found = problem(over(tmp_path, {"retire": ["z"]}))
    assert found == ("there is no z to retire", "use one of a, b, c")


def test_inputs_are_added_outcomes_replaced_by_name_and_everything_else_as_a_whole(tmp_path: Path) -> None:
    change = {"inputs": ["sex", "age"], "outcomes": {"no": {"text": "No."}, "maybe": {}}, "title": "Our choice"}
    raw = over(tmp_path, {**change, "rules": [{**NEW, "when": {"sex": "f"}, "then": "maybe", "before": "a"}]})
    content = raw.tables["choice"].raw
    assert content["inputs"] == ["age", "stage", "sex"]
    assert content["outcomes"] == {"yes": {}, "no": {"text": "No."}, "wait": {}, "maybe": {}}
    assert content["title"] == "Our choice"


def test_every_entry_of_a_layer_is_signed_and_none_of_the_base(tmp_path: Path) -> None:
    sources = over(tmp_path, {"rules": [{**NEW, "before": "a"}, {**TABLE["rules"][2], "then": "no"}]})
    signed = {rule["id"]: rule.get("pack") for rule in sources.tables["choice"].raw["rules"]}
    assert signed == {"new": "ours", "a": None, "b": None, "c": "ours"}


def test_the_points_of_factors_and_all_that_groups_share_are_signed(tmp_path: Path) -> None:
    table: dict[str, Any] = {"table": "mixed", "inputs": []}
    change = {
        "factors": [{"id": "f", "rules": [{"points": 1}]}],
        "groups": {"m": {"unless": [{"when": {}}]}},
        "shared": {"otherwise": {}, "confirmed_by": {}, "open": {}, "unless": [{"when": {}}]},
    }
    raw = over(tmp_path, change, table).tables["mixed"].raw
    shared, factor, group = raw["shared"], raw["factors"][0], raw["groups"]["m"]
    entries = [factor, factor["rules"][0], group, group["unless"][0], shared["unless"][0]]
    entries += [shared[name] for name in ("otherwise", "confirmed_by", "open")]
    assert [entry["pack"] for entry in entries] == ["ours"] * 8


def test_what_a_layer_changes_is_said_in_words(tmp_path: Path) -> None:
    facts = {
        "base": {"parameters": {"most": {"default": 5}}, "facts": {"old": {"first_of": ["x"]}}},
        "ours": {
            "parameters": {"most": {"default": 3, "unit": "lesions"}},
            "facts": {"old": {"first_of": ["y"]}, "fresh": {"first_of": ["z"]}},
            "headline": {"count": "old"},
        },
    }
    change = {
        "title": "Ours",
        "rules": [{**NEW, "before": "a"}, TABLE["rules"][0]],
        "outcomes": {"no": {}},
        "retire": ["b"],
    }
    sources = over(tmp_path, change, facts=facts)
    assert sources.changes == {
        "ours": [
            "parameter most: default 3, unit lesions",
            "fact old: replaced",
            "fact fresh: added",
            "table choice: new added; a replaced; no replaced; b retired",
        ]
    }
    assert sources.parameters == {"most": {"default": 3, "unit": "lesions"}}
    assert sources.facts["old"].raw == {"first_of": ["y"]}
    assert sources.headline == {"count": "old"}
