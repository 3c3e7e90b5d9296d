"""Evaluate what occurs once, not every row: combinations of masks, their answers, and the way back."""

from collections.abc import Callable, Mapping
from typing import Any

import narwhals as nw

from oligoscope.tables.columnar.bits import Expr
from oligoscope.tables.columnar.engines import Engine

MOST_BITS = 52
"""Bits of one key: Spark divides whole numbers as doubles, which hold no more exactly."""


def by_distinct(
    frame: Any,
    masks: Mapping[str, tuple[Expr, int]],
    engine: Engine,
    evaluate: Callable[[Any], Any],
    what: str,
) -> Any:
    """Evaluate once for every combination of masks that occurs, and join the answers back: charts repeat, so this is far less than every row.

    masks: for each mask its expression and number of bits.  evaluate: from a frame with a column a mask to the same with the answers added.
    what: a name for this evaluation, under which an engine may keep answers between batches.
    """
    keys = _packed(masks)
    names = [f"key__{n}" for n in range(len(keys))]
    terms = {name: nw.sum_horizontal(*(part for _, part, _, _ in key)) for name, key in zip(names, keys, strict=True)}
    frame = engine.settle(frame.with_columns(**terms))
    unpacked = {mask: (nw.col(name) // (1 << start)) % (1 << bits) for name, key in zip(names, keys, strict=True) for mask, _, start, bits in key}

    def evaluate_keys(distinct: Any) -> Any:
        return evaluate(engine.settle(distinct.with_columns(**unpacked))).drop(*masks)

    distinct = frame.select(*names).unique(names)
    answered = engine.seen.answer(what, distinct, names, evaluate_keys) if engine.seen else evaluate_keys(distinct)
    return engine.attach(frame, answered, names)


def _packed(masks: Mapping[str, tuple[Expr, int]]) -> list[list[tuple[str, Expr, int, int]]]:
    """The masks shifted side by side into as few whole numbers as hold them: (mask, its term, first bit, bits) for each number."""
    keys: list[list[tuple[str, Expr, int, int]]] = [[]]
    used = 0
    for name, (expression, bits) in masks.items():
        if used + bits > MOST_BITS:
            keys.append([])
            used = 0
        keys[-1].append((name, expression.cast(nw.Int64) * (1 << used), used, bits))
        used += bits
    return keys
