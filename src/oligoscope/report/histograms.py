"""The dose in structures as text and as data: every number with the band in which the files leave it open."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from oligoscope.dose.dvh import Banded, StructureDose
from oligoscope.report.wording import DISCLAIMER

BAND = "In brackets the band that slices, outline, ends and dose grid leave open."


@dataclass(frozen=True)
class Stored:
    """What the planning system stored of a structure. cm3 and Gy, from the bins of its histogram."""

    volume_cc: float
    mean_gy: float
    max_gy: float


@dataclass(frozen=True)
class Histograms:
    """structures: in the order of the file.  stored: by the place of the structure.  warnings: of the files."""

    structures: Sequence[StructureDose]
    warnings: Sequence[str]
    stored: Mapping[int, Stored] = field(default_factory=dict)


def histograms_text(found: Histograms) -> str:
    """One line per structure, then what was met."""
    rows = [list(_cells(one)) for one in found.structures]
    widths = [max(map(len, column)) for column in zip_longest(*rows, fillvalue="")]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip() for row in rows]
    lines += [f"  caution  {text}" for text in (*found.warnings, *_each_warning(found))]
    for place, stored in found.stored.items():
        own = f"{stored.volume_cc:.2f} cc, mean {stored.mean_gy:.2f} Gy, maximum {stored.max_gy:.2f} Gy"
        lines.append(f"  stored   {found.structures[place].name}: {own}, as the planning system has it")
    return "\n".join([*lines, f"  note     {BAND}", DISCLAIMER]) + "\n"


def _cells(one: StructureDose) -> Iterator[str]:
    yield one.name or "(without a name)"
    if one.reason:
        yield f"no volume: {one.reason}"
        return
    yield banded(one.volume)
    reasons = {told.reason for told in one.metrics.values() if told.value is None}
    if len(reasons) == 1 and all(told.value is None for told in one.metrics.values()):
        yield f"no dose: {reasons.pop()}"
        return
    for name, told in one.metrics.items():
        yield f"{name} {banded(told)}"


def banded(told: Banded) -> str:
    """A value with its unit and its band, which is rounded outwards.

    >>> banded(Banded(60.974, 60.9561, 60.9911, "Gy"))
    '60.97 Gy [60.95, 61.00]'
    >>> banded(Banded(None, None, None, "Gy", "it has only 0.1 cc"))
    'not told: it has only 0.1 cc'
    """
    if told.value is None or told.low is None or told.high is None:
        return f"not told: {told.reason}"
    low, high = math.floor(told.low * 100 + 1e-9) / 100, math.ceil(told.high * 100 - 1e-9) / 100
    return f"{told.value:.2f}{'' if told.unit == '%' else ' '}{told.unit} [{low:.2f}, {high:.2f}]"


def _each_warning(found: Histograms) -> Iterator[str]:
    for one in found.structures:
        yield from (f"{one.name}: {text}" for text in one.warnings)


def histograms_json(found: Histograms) -> dict[str, object]:
    """Volumes in cm3 (cc), doses in Gy; null with a reason where it cannot be told."""
    return {
        "structures": [structure_json(one, found.stored.get(place)) for place, one in enumerate(found.structures)],
        "warnings": list(found.warnings),
    }


def structure_json(one: StructureDose, stored: Stored | None) -> dict[str, object]:
    """One structure."""
    return {
        "name": one.name,
        "volume_cc": one.volume.value,
        "volume_low_cc": one.volume.low,
        "volume_high_cc": one.volume.high,
        "covered_percent": one.covered_percent,
        "reason": one.reason or None,
        "metrics": {name: _metric_json(told) for name, told in one.metrics.items()},
        "stored": None if stored is None else vars(stored),
        "warnings": list(one.warnings),
        "parts": [structure_json(part, None) for part in one.parts],
    }


def _metric_json(told: Banded) -> dict[str, object]:
    content: dict[str, object] = {"value": told.value, "low": told.low, "high": told.high, "unit": told.unit}
    return content | ({"reason": told.reason} if told.reason else {})
