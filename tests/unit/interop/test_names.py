"""Which organ a structure is: by a standard name or the hospital's mapping, never by likeness."""

import pytest

from oligoscope.api import load_knowledge
from oligoscope.errors import NotAllowed
from oligoscope.interop.names import _names, read_mapping, read_names

LIMITS = load_knowledge().limits


def organ(name: str, **mapping: str | None) -> str | None:
    return read_names([name], LIMITS, mapping)[0].organ


def test_every_name_of_the_file_is_of_an_organ_that_limits_speak_of() -> None:
    names = _names()
    assert {*names.whole.values(), *names.part.values()} <= set(LIMITS.organs)
    assert not set(names.whole) & set(names.part)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("SpinalCord", "spinal_cord"),
        ("SPINALCORD", "spinal_cord"),
        ("SpinalCanal", "spinal_cord"),
        ("BrachialPlex_L", "brachial_plexus"),
        ("R_BrachialPlex", "brachial_plexus"),
        ("Chestwall_R", "chest_wall"),
        ("Lungs", "lungs"),
        ("Lungs-GTV", "lungs_minus_gtv"),
        ("Esophagus", "oesophagus"),
        ("oesophagus", "oesophagus"),
        ("BronchialTree", "proximal_bronchial_tree"),
    ],
)
def test_a_name_that_is_taken(name: str, expected: str) -> None:
    assert organ(name) == expected


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("Spinal Cord", "spinal_cord"),
        ("SpinalCord_PRV05", "spinal_cord"),
        ("BRSTEM", "brainstem"),
        ("Lung_L", "lungs"),
        ("L_Lung", "lungs"),
        ("Lungs-ITV", "lungs"),
        ("Optic Chiasm", "optic_pathway"),
        ("PTV_5000", ""),
        ("zGTV", ""),
        ("Couch", ""),
        ("", ""),
    ],
)
def test_what_is_only_like_a_name_is_suggested_and_not_taken(name: str, suggestion: str) -> None:
    read = read_names([name], LIMITS)[0]
    assert (read.organ, read.suggestion) == (None, suggestion)


def test_a_planning_risk_volume_is_not_its_organ() -> None:
    assert "planning risk volume, 5 mm" in read_names(["SpinalCord_PRV05"], LIMITS)[0].how


def test_the_mapping_stands_before_all_else() -> None:
    assert organ("Cord 5mm", **{"Cord 5mm": "cord"}) == "spinal_cord"
    assert organ("SpinalCord", SpinalCord=None) is None


@pytest.mark.parametrize(("mapping", "said"), [({"Heart": "hart"}, "heart"), ({"Hart": "heart"}, "Heart")])
def test_a_mapping_of_what_is_not_there_is_refused(mapping: dict[str, str | None], said: str) -> None:
    with pytest.raises(NotAllowed) as refused:
        read_names(["Heart"], LIMITS, mapping)
    assert said in refused.value.fix


def test_a_mapping_as_a_file() -> None:
    assert read_mapping("names: {Cord 5mm: spinal_cord, Couch: null}", "x") == {
        "Cord 5mm": "spinal_cord",
        "Couch": None,
    }
    for wrong in (
        "",
        "[]",
        "names: [a]",
        "names: {a: 3}",
        "Cord: spinal_cord",
        "names: {a: b}\nmore: 1",
        "names: {",
        "a: &b [*b]",
    ):
        with pytest.raises(NotAllowed, match="no mapping"):
            read_mapping(wrong, "x")
