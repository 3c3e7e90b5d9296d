"""Forms of studies, and what two people entered otherwise, as data and as text."""

from dataclasses import dataclass

from oligoscope.literature.extraction import Difference, Doubt


@dataclass(frozen=True)
class Form:
    """A form that was written."""

    path: str
    record: int
    text: str


@dataclass(frozen=True)
class Compared:
    """files: one or two.  differences: between the two.  doubts: each with its file."""

    files: tuple[str, ...]
    differences: tuple[Difference, ...]
    doubts: tuple[tuple[str, Doubt], ...]


def form_json(found: Form) -> dict[str, object]:
    """Where it lies."""
    return {"record": found.record, "file": found.path}


def form_text(found: Form) -> str:
    """Where it lies, and what is to be done with it."""
    return (
        f"{found.path} is written, without any number: fill it in from the report.\n"
        "A second person fills in one of their own; `oligoscope literature compare` shows where they differ,\n"
        "and `oligoscope evidence pool --evidence FOLDER` takes it in.\n"
    )


def compared_json(found: Compared) -> dict[str, object]:
    """Places and both entries; null where one is not there."""
    return {
        "files": list(found.files),
        "differences": [
            {"place": each.place, "one": _plain(each.one), "other": _plain(each.other)} for each in found.differences
        ],
        "doubts": [{"file": file, "result": doubt.result, "problem": doubt.problem} for file, doubt in found.doubts],
    }


def compared_text(found: Compared) -> str:
    """A line each."""
    lines = []
    if len(found.files) > 1:
        lines.append(f"{len(found.differences)} entries differ" if found.differences else "Both say the same.")
        lines += [f"  {each.place}: {_shown(each.one)} | {_shown(each.other)}" for each in found.differences]
    lines += [f"{file}, {doubt.result}: {doubt.problem}" for file, doubt in found.doubts]
    if not found.doubts:
        lines.append("Every number stands in the sentence that is quoted for it.")
    return "\n".join(lines) + "\n"


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, (bool, int, float, str, list, dict)) else str(value)


def _shown(value: object) -> str:
    return "(not there)" if value is None else str(value)
