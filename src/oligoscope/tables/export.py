"""A table for readers: Markdown for reviewers, CSV for spreadsheets. One row for each rule and alternative."""

import csv
import io
from collections.abc import Iterator

from oligoscope.tables.model import Decision, Part, Rule, Score, Table

ANY = "-"


def rows_of(part: Part) -> Iterator[tuple[Rule, dict[str, str]]]:
    """Each rule with each of its alternatives, conditions as text."""
    for rule in part.rules:
        for alternative in rule.when:
            yield rule, {name: str(condition) for name, condition in alternative.items()}


def to_markdown(table: Table) -> str:
    """Title, question, provenance and a grid of rules for each part."""
    lines = [
        f"# {table.title}",
        "",
        table.question,
        "",
        f"Table `{table.name}`, kind {table.kind}, hit policy {table.hit}, status {table.provenance.status}.",
    ]
    if table.settings:
        lines += ["", "Parameters: " + ", ".join(f"{name} = {value:g}" for name, value in table.settings.items()) + "."]
    lines += ["", table.provenance.note] if table.provenance.note else []
    if table.outcomes:
        lines += ["", "| Outcome | Meaning | Published results |", "| --- | --- | --- |"]
        lines += [f"| {o.code} | {o.label} | {', '.join(o.expects)} |" for o in table.outcomes]
    for part in table.parts:
        heading = [] if isinstance(table, Decision) else [f"## {part.label or part.id}", ""]
        lines += ["", *heading, *([part.text, ""] if part.text else []), *_grid_markdown(part)]
    if isinstance(table, Score):
        lines += [
            "",
            "| Band | Total | Outcome |",
            "| --- | --- | --- |",
            *(f"| {b.id} | {b.low:g} to {b.high:g} | {b.then} |" for b in table.bands),
        ]
    return "\n".join(lines) + "\n"


def _grid_markdown(part: Part) -> Iterator[str]:
    inputs = part.inputs
    yield "| Rule | " + " | ".join(inputs) + " | Then | Cites | Status | Note |"
    yield "| --- |" + " --- |" * (len(inputs) + 4)
    for rule, conditions in rows_of(part):
        cells = " | ".join(conditions.get(name, ANY) for name in inputs)
        source = rule.provenance
        notes = " ".join(note for note in (rule.text, source.note) if note)
        told = (rule.id or "otherwise", cells, rule.then, ", ".join(source.cites), source.status, notes)
        yield f"| {' | '.join(told)} |"


def to_csv(table: Table) -> str:
    """One line for each rule: part, rule, a column for each input, then, cites, status."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["part", "rule", *table.inputs, "then", "cites", "status"])
    for part in table.parts:
        for rule, conditions in rows_of(part):
            cells = [conditions.get(name, ANY) for name in table.inputs]
            writer.writerow(
                [
                    "" if isinstance(table, Decision) else part.id,
                    rule.id,
                    *cells,
                    rule.then,
                    "|".join(rule.provenance.cites),
                    rule.provenance.status,
                ]
            )
    return text.getvalue()
