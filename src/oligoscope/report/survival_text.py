"""What all answers of survival analysis share: rows used, times, P values and intervals in words."""

from collections.abc import Sequence

from oligoscope.files.columns import Sample

NOT_REACHED = "not reached"


def rows_json(sample: Sample) -> dict[str, object]:
    """How many rows were read and used, and which columns had missing cells."""
    missing = [{"column": name, "rows": n} for name, n in sample.missing.items()]
    return {"read": sample.read, "used": sample.used, "left_out": sample.read - sample.used, "missing": missing}


def rows_text(sample: Sample) -> str:
    """The same as a line."""
    said = f"{sample.used} of {sample.read} rows used"
    if not sample.missing:
        return f"{said}; nothing that is needed is missing"
    missing = ", ".join(f"{name} in {n}" for name, n in sample.missing.items())
    return f"{said}; {sample.read - sample.used} left out for a missing cell ({missing}): complete cases only"


def p_text(p: float | None) -> str:
    """A P value as journals print it.

    >>> p_text(0.00001), p_text(0.0423), p_text(0.5)
    ('P < 0.001', 'P = 0.042', 'P = 0.50')
    """
    if p is None:
        return "P cannot be told"
    return "P < 0.001" if p < 0.001 else f"P = {p:.3f}" if p < 0.1 else f"P = {p:.2f}"


def number(value: float | None, digits: int = 4) -> str:
    """A number with so many digits that count, or a dash."""
    if value is None:
        return "-"
    shown = f"{value:.{digits}g}"
    return f"{value:.0f}" if "e+" in shown and abs(value) < 1e12 else shown


def ratio(value: float | None) -> str:
    """A ratio with four digits that count, so that those of a column look alike; a dash where there is none.

    >>> ratio(1.1), ratio(0.0391234), ratio(1.5e-10)
    ('1.100', '0.03912', '1.500e-10')
    """
    return "-" if value is None else f"{value:#.4g}".removesuffix(".")


def reached(value: float | None) -> str:
    """A time, or that it was not reached."""
    return NOT_REACHED if value is None else number(value)


def table(rows: Sequence[Sequence[str]], indent: str = "  ") -> list[str]:
    """Columns side by side: the first to the left, numbers to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        indent
        + "  ".join(c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True)))
        for row in rows
    ]
