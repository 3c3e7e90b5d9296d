import pytest

from oligoscope.report.body_map import CENTRE, PAIRED, PLACES, Mark, describe, marks

FIELDS = {
    "id": "L1",
    "location": "unknown",
    "zone": "unknown",
    "size_cm": "1",
    "response": "stable",
    "metastasis": "true",
}


def drawn(organ: str, side: str) -> Mark:
    (mark,) = marks([{**FIELDS, "organ": organ, "side": side}])
    return mark


@pytest.mark.parametrize("organ", PAIRED)
def test_a_side_is_drawn_only_where_it_is_known(organ: str) -> None:
    """The patient's right is on the reader's left."""
    assert drawn(organ, "right").x < CENTRE < drawn(organ, "left").x
    for side in ("unknown", "midline", "bilateral"):
        assert drawn(organ, side).x == CENTRE
    assert [drawn(organ, side).sure for side in ("left", "unknown")] == [True, False]


def test_lesions_of_one_place_stand_apart() -> None:
    found = list(marks([{**FIELDS, "organ": "liver", "side": "unknown", "id": str(n)} for n in range(6)]))
    assert len({(mark.x, mark.y) for mark in found}) == 6


def test_an_organ_without_a_place_is_not_drawn() -> None:
    assert "unknown" not in PLACES
    assert marks([{**FIELDS, "organ": "unknown", "side": "left"}]) == []


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({}, "distant nodes, left, 1 cm, stable"),
        ({"side": "unknown", "size_cm": "unknown"}, "distant nodes, size unknown, stable"),
        ({"location": "elsewhere", "zone": "central"}, "distant nodes, left, elsewhere, central, 1 cm, stable"),
        ({"response": "unknown"}, "distant nodes, left, 1 cm, course unknown"),
        ({"response": "partial_response"}, "distant nodes, left, 1 cm, partial response"),
        ({"metastasis": "false"}, "distant nodes, left, 1 cm, stable, not a metastasis"),
        ({"metastasis": "true or false"}, "distant nodes, left, 1 cm, stable, perhaps not a metastasis"),
    ],
)
def test_a_lesion_in_words_says_what_is_not_known(changed: dict[str, str], told: str) -> None:
    assert describe({**FIELDS, "organ": "distant_nodes", "side": "left", **changed}) == told


@pytest.mark.parametrize(("size", "radius"), [("1", 6.2), ("2", 8.4), ("20", 14), ("unknown", 5), ("<1", 5)])
def test_a_larger_lesion_is_drawn_larger_up_to_a_limit(size: str, radius: float) -> None:
    (mark,) = marks([{**FIELDS, "organ": "liver", "side": "unknown", "size_cm": size}])
    assert mark.radius == pytest.approx(radius)


def test_a_mark_has_the_name_and_the_course_of_its_lesion() -> None:
    lesions = [
        {**FIELDS, "organ": "liver", "side": "unknown", "id": "unknown", "response": "new"},
        {**FIELDS, "organ": "brain", "side": "left", "response": "complete_response"},
    ]
    assert [(mark.label, mark.course) for mark in marks(lesions)] == [("1", "grow"), ("L1", "shrink")]
