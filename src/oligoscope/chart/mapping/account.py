"""What a mapping made of an export, as data and in lines: every cell is used, mapped, or counted."""

from collections.abc import Iterator, Mapping

from oligoscope.chart.mapping.document import Plain
from oligoscope.chart.mapping.source import MappedSource
from oligoscope.chart.mapping.tally import Tally

_MOST_NAMED = 12


def account(source: MappedSource) -> dict[str, Plain]:
    """By column of the export what it became and how many of its cells were used. Once every piece was read."""
    return {
        "file": source.mapping.name,
        "tables": [
            {
                "file": tally.label,
                "read_as": tally.said,
                "rows": tally.n_rows,
                "rows_not_taken": tally.n_not_taken,
                "columns": [_column(tally, heading) for heading in tally.fields],
            }
            for tally in source.tallies
        ],
    }


def _column(tally: Tally, heading: str) -> dict[str, Plain]:
    seen = [each for (_, name, _), each in tally.seen.items() if name == heading]
    return {
        "column": heading,
        "fields": list(tally.fields[heading]),
        "ignored": heading in tally.ignored,
        "filled": tally.filled[heading],
        "read": tally.used[heading],
        "missing_codes": max((each.n_missing for each in seen), default=0),
        "unmapped": dict(tally.unmapped.get(heading, {})),
    }


def lines(source: MappedSource) -> Iterator[str]:
    """What a person should know after a run: how each file was read, what was not used, what has no meaning."""
    for tally in source.tallies:
        n_used = sum(1 for fields in tally.fields.values() if fields)
        rows = f", {tally.n_not_taken} of them not taken" if tally.n_not_taken else ""
        yield (
            f"{tally.label} by {source.mapping.name} ({tally.said}): {tally.n_rows} rows{rows}, "
            f"{n_used} of {len(tally.fields)} columns used"
        )
        if tally.not_used:
            yield f"  not used: {_some(tally.not_used)} (list them under `ignored` to have this unsaid)"
        for table, there in tally.without_rows.items():
            yield f"  no row is taken for {table} ({there})"
        for heading, codes in tally.unmapped.items():
            yield f"  unmapped in {heading}: {_counted(codes)}"
        for told in tally.personal:
            yield f"  look at {told}"
        if tally.passed_over:
            yield f"  filled in rows of which the column is not read: {_counted(tally.passed_over)}"


def _some(names: list[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(name or "(no heading)" for name in names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _counted(counts: Mapping[str, int]) -> str:
    found = [f"{name} {n} times" for name, n in sorted(counts.items(), key=lambda pair: -pair[1])]
    return _some(found)
