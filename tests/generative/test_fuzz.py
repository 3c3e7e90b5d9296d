"""Nothing breaks it: whatever comes in, an exit code of four, a message with its place, nothing half-done."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, seed, settings

from tests.support.fuzzing import Input, any_input, complaints, in_process


@pytest.fixture(scope="module", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> object:
    """Packs that are broken on purpose do not push a user's own out of the cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@seed(20261126)
@settings(max_examples=250, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(any_input())
def test_whatever_comes_in_ends_well(given: Input) -> None:
    outcome = in_process(given)
    assert complaints(given, outcome) == [], (given, outcome.err[-2000:])


def test_a_finding_is_told(tmp_path: Path) -> None:
    """The judge itself: a trace, a wrong code, an escape and a silent refusal are found."""
    from tests.support.fuzzing import Outcome

    nothing = Input(("assess",))
    for outcome in (
        Outcome(1, "", "Traceback (most recent call last)\nValueError: x"),
        Outcome(None, "", "fail: more than 10 s"),
        Outcome(0, "\x1b[2J", ""),
        Outcome(2, "", ""),
        Outcome(2, "", "something is wrong somewhere"),
        Outcome(2, "", "case.yaml: wrong", ("out/answers.csv",)),
        Outcome(0, "", ""),
    ):
        assert complaints(nothing, outcome), outcome
    assert not complaints(nothing, Outcome(2, "", "case.yaml:3 patient.ecog: 'x' is not allowed"))
