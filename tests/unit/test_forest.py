"""A hazard ratio lies in a forest where the scale below it says."""

import math
import re

import pytest

from oligoscope.report.registry.figures import _mark, _ratio_scale


def numbers(part: str, *names: str) -> list[float]:
    return [float(found[1]) for name in names if (found := re.search(rf' {name}="(-?[\d.]+)"', part))]


def ends(line: str) -> list[float]:
    """The places from the left between which a line runs."""
    found = re.search(r'd="M([\d.]+) [\d.]+L([\d.]+) ', line)
    assert found
    return [float(found[1]), float(found[2])]


@pytest.mark.parametrize("widest", [2, 5, 20])
def test_a_mark_stands_over_its_number(widest: int) -> None:
    limit = math.log(widest)
    texts = [part for part in _ratio_scale(limit, 100) if part.startswith("<text")]
    scale = {re.sub("<[^>]*>", "", part): numbers(part, "x")[0] for part in texts}
    assert {"0.5", "1", "2"} <= scale.keys()
    line, box = _mark(50, math.log(1.4), math.log(1), math.log(2), limit, "black")
    assert ends(line) == pytest.approx([scale["1"], scale["2"]], abs=0.1)
    (x, width) = numbers(box, "x", "width")
    assert x + width / 2 == pytest.approx(scale["1.4"], abs=0.1)
    (lower,) = list(_mark(50, math.log(1.4), math.log(0.5), math.log(2), limit, "black"))[:1]
    assert ends(lower) == pytest.approx([scale["0.5"], scale["2"]], abs=0.1)


def test_what_lies_beyond_the_scale_ends_at_its_edge_and_has_no_mark() -> None:
    limit = math.log(2)
    scale = {re.sub("<[^>]*>", "", part): numbers(part, "x")[0] for part in _ratio_scale(limit, 100) if "<text" in part}
    (line,) = _mark(50, math.log(3), math.log(1), math.log(9), limit, "black")
    assert ends(line) == pytest.approx([scale["1"], scale["2"]], abs=0.1)
