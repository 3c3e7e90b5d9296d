"""Would the reference itself, over the combinations that occur, be fast enough for a cohort? Then numpy could go.

    python benchmarks/reference_over_combinations.py REGISTRY

Assesses a registry (CSV folder), notes every combination that numpy evaluates, and lets the reference's own search
evaluate each of them again, answers and decisiveness of every input, needs left out. Prints both times by table, and
the run's.
"""

import importlib
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

from oligoscope.cli.main import main as command
from oligoscope.tables import reference
from oligoscope.tables.compile import CompiledPart, CompiledTable
from oligoscope.tables.domain import Choices

run = importlib.import_module("oligoscope.tables.columnar.run")
Rows = list[tuple[int, ...]]


def cells_of(
    part: CompiledPart, names: Sequence[str], edges: dict[str, list[float]]
) -> Callable[[tuple[int, ...]], tuple[int, ...]]:
    """From a row of masks, cut as fine as any part needs, to the masks of this part's own cells."""
    maps: list[list[int] | None] = []
    for name, cells in zip(part.grid.inputs, part.grid.cells, strict=True):
        wide = edges.get(name)
        maps.append([next(k for k, c in enumerate(cells) if c.low <= e <= c.high) for e in wide] if wide else None)
    places = [names.index(name) for name in part.grid.inputs]

    def convert(row: tuple[int, ...]) -> tuple[int, ...]:
        found = []
        for place, own in zip(places, maps, strict=True):
            mask = row[place]
            if own is not None:
                mask = sum({1 << own[bit] for bit in range(len(own)) if mask >> bit & 1})
            found.append(mask)
        return tuple(found)

    return convert


def by_reference(table: CompiledTable, names: Sequence[str], rows: Rows, edges: dict[str, list[float]]) -> None:
    """What the reference works out for these combinations."""
    if table.totals:
        totals = table.totals
        for row in rows:
            masks = {name: row[names.index(name)] for name in totals.inputs}
            outcomes = totals.outcomes(masks)
            totals.range(masks)
            for name in totals.inputs if len(outcomes) > 1 else ():
                if totals.can_change(masks, name):
                    answers = [k for k in range(masks[name].bit_length()) if masks[name] >> k & 1]
                    sum(len(totals.outcomes({**masks, name: 1 << k})) == 1 for k in answers)
        return
    for part in table.parts:
        convert = cells_of(part, names, edges)
        for row in rows:
            reference._explore(part.grid, convert(row))


def main() -> None:
    met: list[tuple[CompiledTable, list[str], Rows, dict[str, list[float]]]] = []
    seconds: dict[str, list[float]] = defaultdict(lambda: [0, 0.0, 0.0])
    evaluate = vars(run)["table_answers"]

    def noting(table, inputs, masks, rankings):  # type: ignore[no-untyped-def]  # as `table_answers`
        start = time.perf_counter()
        found = evaluate(table, inputs, masks, rankings)
        seconds[table.name][1] += time.perf_counter() - start
        edges = {n: inputs._edges[n] for n in inputs.names if not isinstance(inputs.domains[n], Choices)}
        rows = list(zip(*(mask.tolist() for mask in masks.values()), strict=True))
        seconds[table.name][0] += len(rows)
        met.append((table, list(masks), rows, edges))
        return found

    vars(run)["table_answers"] = noting
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        command(["cohort", "assess", sys.argv[1], "-o", str(Path(folder) / "out")])
        whole = time.perf_counter() - start
    for table, names, rows, edges in met:
        start = time.perf_counter()
        by_reference(table, names, rows, edges)
        seconds[table.name][2] += time.perf_counter() - start
    for name, (n, fast, slow) in sorted(seconds.items(), key=lambda pair: -pair[1][2]):
        print(f"{name:<28}{n:>9.0f} combinations   numpy {fast:7.2f} s   reference {slow:7.2f} s")
    fast, slow = (sum(each[k] for each in seconds.values()) for k in (1, 2))
    print(
        f"the run {whole:.1f} s, with the reference about {whole - fast + slow:.1f} s: {(whole - fast + slow) / whole:.2f} times"
    )


if __name__ == "__main__":
    main()
