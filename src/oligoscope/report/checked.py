"""What was understood of a registry, for a terminal and as data."""

from collections.abc import Iterator

from oligoscope.cohort.check import Checked, ColumnRead
from oligoscope.files.documents import Plain

_WIDEST = 34


def checked_as_json(found: Checked) -> dict[str, Plain]:
    """By column what it was read as."""
    return {
        "patients_accepted": found.n_patients,
        "patients_left_out": found.n_left_out,
        "rows_rejected": found.n_rejected,
        "files": [{"file": file, "read_as": said} for file, said in found.said.items()],
        "columns": [
            {
                "file": each.file,
                "column": each.column,
                "fields": list(each.fields),
                "rows": each.n_rows,
                "unknown": each.n_unknown,
                "rejected": each.n_rejected,
                "examples": [{"cell": cell, "read_as": value, "n": n} for cell, value, n in each.examples],
            }
            for each in found.columns
        ],
        "not_used": {file: list(columns) for file, columns in found.not_used.items()},
        "personal": list(found.personal),
    }


def checked_as_text(found: Checked) -> str:
    """File by file, column by column."""
    return "\n".join(_lines(found)) + "\n"


def _lines(found: Checked) -> Iterator[str]:
    for file, said in found.said.items():
        columns = [each for each in found.columns if each.file == file]
        yield f"{file} ({said})"
        wide = min(_WIDEST, max((len(each.column) for each in columns), default=0))
        made = min(_WIDEST, max((len(", ".join(each.fields)) for each in columns), default=0))
        for each in columns:
            fields = ", ".join(each.fields)
            yield f"  {each.column:{wide}}  {fields:{made}}  {_unknown(each):>12}  {_examples(each)}".rstrip()
        if file in found.not_used:
            yield f"  not used: {', '.join(name or '(no heading)' for name in found.not_used[file])}"
    yield from (f"look at {told}" for told in found.personal)
    left_out = f"{found.n_rejected} entries rejected ({found.n_left_out} patients left out)"
    yield f"{found.n_patients} patients could be assessed, {left_out}"


def _unknown(each: ColumnRead) -> str:
    return f"{100 * each.n_unknown / each.n_rows:.0f} % unknown" if each.n_rows else "no rows"


def _examples(each: ColumnRead) -> str:
    shown = [
        f"{cell}{'' if value == cell else f' = {value}' if value else ' not understood'} ({n})"
        for cell, value, n in each.examples
    ]
    rejected = [f"{each.n_rejected} rejected"] if each.n_rejected else []
    return "; ".join([*rejected, ", ".join(shown)] if shown else rejected)
