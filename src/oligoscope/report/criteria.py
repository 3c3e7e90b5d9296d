"""The criteria of a review as they were read from records, as data and as text."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from oligoscope.literature.inclusion import Told


@dataclass(frozen=True)
class Read:
    """By record its title, and every criterion."""

    records: Mapping[int, tuple[str, tuple[Told, ...]]]


def read_json(found: Read) -> dict[str, object]:
    """Each criterion with its word, and each sentence with the values it reads as; none where it only speaks of it."""
    return {
        "records": [
            {
                "record": key,
                "criteria": [
                    {
                        "id": each.id,
                        "text": each.text,
                        "word": each.word,
                        "sentences": [{"sentence": one.sentence, "reads": list(one.reads)} for one in each.spoken],
                        "statement": each.statement or None,
                        "note": each.note or None,
                    }
                    for each in told
                ],
            }
            for key, (_, told) in found.records.items()
        ]
    }


def read_text(found: Read) -> str:
    """A line for each criterion, its sentences below."""
    blocks = [
        "\n".join([f"[{key}] {title or '(no title)'}", *criteria_lines(told)])
        for key, (title, told) in found.records.items()
    ]
    return "\n\n".join(blocks) + "\n"


def criteria_lines(told: Sequence[Told]) -> Iterator[str]:
    """Criteria of which something is said, each with its sentences; then those that are open, in a line."""
    for each in told:
        if each.spoken:
            yield f"  {each.word}: {each.text}{f' ({each.note})' if each.note else ''}"
            yield from (f"      “{one.sentence}”" for one in each.spoken)
    silent = [each.text for each in told if not each.spoken]
    if silent:
        yield f"  not said: {'; '.join(silent)}"
