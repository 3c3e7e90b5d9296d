"""Which sign separates the columns of an export: the one by which most of the first rows are as wide as the header."""

import pytest

from oligoscope.chart.sources.encodings import _width


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("a;b\n1;2\n", 2),
        ("a;b\n1;2\n1;2;3\n", 2),
        ("a;b\n1;2;3\n", 1),  # half of them is not most
        ("a;b\n1;2;3\n1;2;3\n", 1),
        ('a;b\n"1;5";2\n', 2),
        ("a\n1\n", 1),
        ("", 1),
    ],
)
def test_most_rows_decide(text: str, cells: int) -> None:
    assert _width(text, ";") == cells
