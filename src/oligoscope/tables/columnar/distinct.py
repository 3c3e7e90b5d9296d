"""Evaluate what occurs once, not every row: combinations of masks, what they lead to, and the way back."""

from collections.abc import Callable, Mapping
from typing import Any

import narwhals as nw

from oligoscope.tables.columnar.bits import Expr
from oligoscope.tables.columnar.engines import Engine
from oligoscope.tables.columnar.met import Evaluated
from oligoscope.tables.columnar.rows import Integers

MOST_BITS = 52
"""Bits of one key: Spark divides whole numbers as doubles, which hold no more exactly."""


def by_distinct(
    frame: Any,
    masks: Mapping[str, tuple[Expr, int]],
    engine: Engine,
    evaluate: Callable[[Mapping[str, Integers]], Evaluated],
    what: str,
) -> Any:
    """Evaluate once for every combination of masks that occurs, and give each row what it leads to: charts repeat, so
    this is far less than every row.

    masks: for each mask its expression and number of bits.  evaluate: from the combinations, a column a mask, to what
    each leads to. what: a name for this evaluation, under which an engine may keep answers between batches.
    """
    keys = _packed(masks)
    names = [f"key__{n}" for n in range(len(keys))]
    terms = {name: nw.sum_horizontal(*(part for _, part, _, _ in key)) for name, key in zip(names, keys, strict=True)}

    def evaluate_keys(found: Mapping[str, Integers]) -> Evaluated:
        return evaluate(
            {
                mask: found[name] >> start & (1 << bits) - 1
                for name, key in zip(names, keys, strict=True)
                for mask, _, start, bits in key
            }
        )

    return engine.answer(what, engine.settle(frame.with_columns(**terms)), names, evaluate_keys)


def _packed(masks: Mapping[str, tuple[Expr, int]]) -> list[list[tuple[str, Expr, int, int]]]:
    """The masks shifted side by side into as few whole numbers as hold them: (mask, its term, first bit, bits) for each
    number.
    """
    keys: list[list[tuple[str, Expr, int, int]]] = [[]]
    used = 0
    for name, (expression, bits) in masks.items():
        if used + bits > MOST_BITS:
            keys.append([])
            used = 0
        keys[-1].append((name, expression.cast(nw.Int64) * (1 << used), used, bits))
        used += bits
    return keys
