"""One case under two releases of the knowledge: what they answer differently."""

from oligoscope.assess.answer import Answer


def differences_text(answer: Answer) -> str:
    """Each answer that differs, as the other release gives it and as the current one does; "" where none was asked."""
    if answer.release is None:
        return ""
    lines = [f"\nUNDER {answer.release.knowledge} AND UNDER {answer.knowledge}"]
    found = [f"  {change}" for change in answer.release.changes if change.answers_otherwise]
    return "\n".join([*lines, *(found or ["  Every answer is the same."])]) + "\n"
