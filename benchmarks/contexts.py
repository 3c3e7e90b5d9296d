"""A plug-in of pytest for `code_mutants.py`: coverage notes which test is running, its fixtures included."""

from coverage import Coverage


def pytest_runtest_logstart(nodeid: str, location: tuple[str, int | None, str]) -> None:  # noqa: ARG001  # pytest's names
    """From here on lines belong to this test."""
    running = Coverage.current()
    if running is not None:
        running.switch_context(nodeid)
