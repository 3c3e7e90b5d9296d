"""What a simulated screening showed, as data and as text."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from oligoscope.literature.simulate import Simulated


def simulated_json(found: "Simulated") -> dict[str, object]:
    """Names as INTERFACES has them; seconds: of one run, on average."""
    return {
        "records": found.records,
        "included": found.included,
        "wss95": round(found.wss95, 4),
        "recall_at_10pct": round(found.recall_at_10, 4),
        "recall_interval_coverage": round(found.coverage, 4),
        "recall_intervals": found.intervals,
        "recall_interval_mean_width": round(found.mean_width, 4),
        "seconds": round(sum(run.seconds for run in found.runs) / len(found.runs), 3),
        "runs": [
            {
                "wss95": round(run.wss95, 4),
                "recall_at_10pct": round(run.recall_at_10, 4),
                "read_until_95pct": run.read_95,
                "read_until_98pct": run.read_98,
                "foretold_more_until_98pct": run.expected_98,
                "seconds": round(run.seconds, 3),
            }
            for run in found.runs
        ],
    }


def simulated_text(found: "Simulated") -> str:
    """In words."""
    runs = found.runs
    lines = [
        f"{found.records} records, {found.included} included; {len(runs)} readings, "
        "each from one included and one excluded record, which count nowhere",
        f"  work saved at 95 % recall  {found.wss95:.3f} (mean; {_span([run.wss95 for run in runs])})",
        f"  recall after a tenth       {found.recall_at_10:.3f} (mean; {_span([run.recall_at_10 for run in runs])})",
        f"  95 % intervals of recall   hold the truth in {found.covered} of {found.intervals} random stops; "
        f"mean width {found.mean_width:.2f}",
    ]
    for n, run in enumerate(runs, 1):
        more = run.read_98 - run.read_95
        foretold = f"{run.expected_98} foretold" if run.expected_98 is not None else "not foretold: too few finds"
        lines.append(f"  reading {n}: 95 % after {run.read_95} records, 98 % after {more} more ({foretold})")
    return "\n".join(lines) + "\n"


def _span(values: list[float]) -> str:
    return f"{min(values):.3f} to {max(values):.3f}"
