"""A plug-in of pytest for `code_mutants.py`: coverage notes which test is running, its fixtures included.

What a fixture shared by a file reaches belongs to the file: each of its tests may look at what came of it.
"""

import json
import os
import time
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path

import pytest
from coverage import Coverage

SPENT = "SECONDS_SPENT"
"""Names the file to which the seconds of processor time of each test function are written: time on the clock grows with
whatever else the machine does.
"""
_spent: dict[str, float] = defaultdict(float)
_running, _began = "", 0.0


def _switch(context: str) -> None:
    running = Coverage.current()
    if running is not None:
        running.switch_context(context)


def pytest_runtest_logstart(nodeid: str, location: tuple[str, int | None, str]) -> None:  # noqa: ARG001  # pytest's names
    """From here on lines belong to this test."""
    global _running, _began
    _running, _began = nodeid.partition("[")[0], time.process_time()
    _switch(_running)


def pytest_runtest_logfinish(nodeid: str, location: tuple[str, int | None, str]) -> None:  # noqa: ARG001  # pytest's names
    """What the test took, in this process."""
    _spent[nodeid.partition("[")[0]] += time.process_time() - _began


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[object], request: pytest.FixtureRequest
) -> Generator[None, object, object]:
    """While a shared fixture is made, lines belong to the file that shares it."""
    file = request.node.nodeid if fixturedef.scope != "function" else ""
    if file:
        _switch(file)
    try:
        return (yield)
    finally:
        if file:
            _switch(_running)


def pytest_sessionfinish() -> None:
    """Write down what the tests took."""
    Path(os.environ[SPENT]).write_text(json.dumps(_spent), "utf-8")
