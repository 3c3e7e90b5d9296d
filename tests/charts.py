"""Random charts with unknowns, sets, intervals, partial dates and incomplete lists, as a case and as a cohort's rows alike."""

import random
from typing import Any

from oligoscope.vocabulary.fields import FieldSpec, list_fields, scalar_fields
from oligoscope.vocabulary.values import Choice, Day, Flag, Procedure, Quantity, Scale, Text, spell

ASSESSED = "2024-06-30"
Row = dict[str, str]


class Charts:
    """A seeded source of charts. `p_unknown`: how often a field is left out."""

    def __init__(self, seed: int, p_unknown: float = 0.3) -> None:
        self.random, self.p_unknown = random.Random(seed), p_unknown

    def chart(self) -> tuple[Row, list[Row] | None, list[Row] | None]:
        """(scalar columns, lesions, systemic therapies) as text."""
        self.p_unknown = self.random.choice((0.0, 0.05, 0.3, 0.6))
        row = {"assessed": ASSESSED}
        for spec in scalar_fields():
            if spec.name not in ("assessed", "case", "birth_date") and self.random.random() >= self.p_unknown:
                row[spec.column] = self.value(spec)
        if self.random.random() < 0.3:
            row.pop("age", None)
            row["birth_date"] = self.day(1930, 1980)
        for name in ("hist_polymetastatic", "hist_oligometastatic", "diffuse_disease"):
            if name in row and self.random.random() < 0.5:
                row[name] = "false"
        if row.get("diffuse_disease") == "false" and row.get("malignant_effusion") == "true":
            row["malignant_effusion"] = "false"
        lesions = [self.item("lesions") for _ in range(self.random.choice((0, 1, 1, 2, 2, 3, 3, 4, 5, 6, 8)))]
        therapies = [self.item("systemic_therapy") for _ in range(self.random.choice((0, 1, 1, 2)))]
        return row, lesions, therapies or None

    def item(self, name: str) -> Row:
        found = {}
        for spec in list_fields(name):
            if not isinstance(spec.kind, Text) and spec.name != "metastasis" and self.random.random() >= self.p_unknown:
                found[spec.column] = self.value(spec)
        if name == "lesions" and self.random.random() < 0.1:
            found["metastasis"] = self.random.choice(("false", "true", "false|true"))
        if "start" in found and "stop" in found:
            found["start"], found["stop"] = sorted((found["start"], found["stop"]))
            if found["stop"] < found["start"][:4]:
                found.pop("stop")
        if name == "lesions" and "organ" not in found:
            found["side"] = "left"
        if not found:
            found["start" if name == "systemic_therapy" else "side"] = "2023-01" if name == "systemic_therapy" else "left"
        return found

    def value(self, spec: FieldSpec) -> str:
        kind, choose = spec.kind, self.random
        if isinstance(kind, Procedure) and choose.random() < 0.4:
            return self.day(2023, 2024)
        if isinstance(kind, Choice):
            return self.some(list(kind.labels))
        if isinstance(kind, Flag):
            return self.some(["true", "false"])
        if isinstance(kind, Scale):
            return self.some([spell(step) for step in kind.steps])
        if isinstance(kind, Day):
            return self.day(2021, 2024)
        if isinstance(kind, Quantity):
            return self.quantity(kind)
        return "text"

    def some(self, labels: list[str]) -> str:
        if self.random.random() < 0.12:
            return "|".join(self.random.sample(labels, min(len(labels), self.random.choice((2, 3)))))
        return self.random.choice(labels)

    def day(self, first: int, last: int) -> str:
        year, month, day = self.random.randint(first, last), self.random.randint(1, 12), self.random.randint(1, 31)
        month = min(month, 5) if year == 2024 else month
        if self.random.random() < 0.2:
            return self.random.choice((f"{year}", f"{year}-{month:02d}")) if year < 2024 else f"{year}-{month:02d}"
        day = min(day, 28) if month == 2 else min(day, 30)
        return f"{year}-{month:02d}-{self.random.choice((day, 30 if month != 2 else 28, 1)):02d}"

    def quantity(self, kind: Quantity) -> str:
        nice = {"years": (60, 69, 70, 75), "months": (1, 2.9, 3, 6, 6.1, 12), "cycles": (1, 3, 4, 6), "mm": (0, 18, 30, 40, 48, 50), "cm": (0.4, 1.2, 3, 5.5)}
        numbers = [n for n in nice.get(kind.unit, (1, 2, 3)) if not kind.whole or n == int(n)]
        a, b = sorted(self.random.choice(numbers) for _ in range(2))
        roll = self.random.random()
        if roll < 0.08:
            return f"{a:g}..{b:g}"
        if roll < 0.16:
            return f"{self.random.choice(('<', '<=', '>', '>=') if a > 0 else ('>', '>='))}{a:g}"
        if roll < 0.2:
            return f"{a:g}|{b:g}"
        return f"{a:g}"


def as_document(row: Row, lesions: list[Row] | None, therapies: list[Row] | None) -> dict[str, Any]:
    """The chart as a case file has it."""
    document: dict[str, Any] = {}
    for spec in scalar_fields():
        if spec.column in row:
            *sections, name = spec.path.split(".")
            target = document
            for section in sections:
                target = target.setdefault(section, {})
            target[name] = row[spec.column]
    if lesions is not None:
        document["lesions"] = lesions
    if therapies is not None:
        document["systemic_therapy"] = therapies
    return document
