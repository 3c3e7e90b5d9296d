import itertools
import math
import random

import pytest

from oligoscope.report.body_map import CENTRE, GAP, MIDLINE, PAIRED, PLACES, SHAPES, Mark, marks, path
from oligoscope.report.chart import LesionRow


def row(organ: str = "liver", side: str = "unknown", name: str = "L1", **more: str) -> LesionRow:
    kept = {"location": "unknown", "zone": "unknown", "size_cm": "1", "response": "stable", **more}
    return LesionRow(name, organ, kept["size_cm"], kept["response"], (), organ, side, treated=False, **kept)


def drawn(organ: str, side: str, **more: str) -> Mark:
    (mark,) = marks([row(organ, side, **more)])
    return mark


@pytest.mark.parametrize("organ", PAIRED)
def test_a_side_is_drawn_only_where_it_is_known(organ: str) -> None:
    """The patient's right is on the reader's left."""
    assert drawn(organ, "right").x < CENTRE < drawn(organ, "left").x
    for side in ("unknown", "midline", "bilateral"):
        assert drawn(organ, side).x == CENTRE
    assert [drawn(organ, side).sure for side in ("left", "unknown")] == [True, False]


@pytest.mark.parametrize(("organ", "location"), MIDLINE)
def test_a_place_on_the_midline_needs_no_side(organ: str, location: str) -> None:
    mark = drawn(organ, "unknown", location=location)
    assert (mark.x, mark.sure) == (CENTRE, True)


def test_a_place_within_the_organ_is_drawn_there() -> None:
    central, peripheral = (drawn("lung", "left", zone=zone) for zone in ("central", "peripheral"))
    assert CENTRE < central.x < peripheral.x
    assert drawn("brain", "left", location="infratentorial").y > drawn("brain", "left").y
    assert drawn("liver", "unknown").x < CENTRE < drawn("spleen", "unknown").x


@pytest.mark.parametrize("side", ["left", "unknown"])
def test_no_lesion_covers_another_and_none_changes_its_side(side: str) -> None:
    found = marks([row("lung", side, f"L{n}", size_cm=str(n % 4 + 1)) for n in range(15)])
    for place, one in enumerate(found):
        assert all(math.hypot(one.x - m.x, one.y - m.y) > one.radius + m.radius for m in found[:place])
        assert one.x > CENTRE if side == "left" else one.x == CENTRE


def test_a_lesion_is_left_out_only_where_no_place_is_free() -> None:
    """Places that were refused are remembered; for a smaller lesion there may be room all the same."""
    source = random.Random(1)
    rows = [row("other", name=str(n), size_cm=source.choice(("5", "3", "1", "0"))) for n in range(90)]
    found = marks(rows)
    drawn_names = {mark.label for mark in found}
    undrawn = [each for each in rows if each.name not in drawn_names]
    first_refused = rows.index(undrawn[0])
    assert {each.size_cm for each in undrawn} == {"5", "3", "1", "0"}
    assert any(each.name in drawn_names for each in rows[first_refused:])
    middle = int(PLACES["other"][1])
    for lesion in undrawn:
        radius = drawn("other", "unknown", size_cm=lesion.size_cm).radius
        for y in range(middle - 399, middle + 400, 3):
            assert any(abs(y - mark.y) < radius + mark.radius + GAP for mark in found), (lesion, y)


def test_names_stand_apart_in_their_column() -> None:
    found = marks([row(organ, "left", organ) for organ in PLACES] + [row("lung", "right", f"R{n}") for n in range(6)])
    for side in (True, False):
        heights = sorted(mark.label_y for mark in found if mark.left == side)
        assert all(b - a >= 14.9 for a, b in itertools.pairwise(heights))


def test_an_organ_without_a_place_is_not_drawn() -> None:
    assert "unknown" not in PLACES
    assert marks([row("unknown", "left")]) == []


@pytest.mark.parametrize(("size", "radius"), [("1", 6.2), ("2", 8.4), ("20", 14), ("unknown", 5), ("<1", 5)])
def test_a_larger_lesion_is_drawn_larger_up_to_a_limit(size: str, radius: float) -> None:
    assert drawn("liver", "unknown", size_cm=size).radius == pytest.approx(radius)


def test_every_course_has_a_shape_of_its_own() -> None:
    """Without colour: what grows, what is gone and what is not known are told apart by their outline."""
    courses = [*SHAPES, "unknown"]
    assert len({drawn("liver", "unknown", response=course).path for course in courses}) == len(courses)


def test_a_mark_has_the_name_and_the_text_of_its_lesion() -> None:
    mark = drawn("liver", "unknown")
    assert (mark.label, mark.text) == ("L1", "liver 1, stable")


@pytest.mark.parametrize(("shape", "corners"), [("up", 3), ("down", 3), ("square", 4), ("diamond", 4), ("star", 10)])
def test_a_shape_is_closed_and_has_its_corners(shape: str, corners: int) -> None:
    assert path(shape, 5).count("L") == corners - 1
    assert path(shape, 5).endswith("z")
