"""What is kept between runs is used only while it is whole, ours, and of the files as they are."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from oligoscope.files import cache
from oligoscope.files.cache import kept


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one file, and a cache folder of its own."""
    folder = tmp_path / "pack"
    folder.mkdir()
    (folder / "rules.yaml").write_text("a")
    monkeypatch.setattr(cache, "_folder", lambda: tmp_path / "cache")
    return folder


def keep(source: Path, make: Callable[[], Any] = lambda: {"a": [1, 2]}) -> Any:
    return kept("rules", ("x 1",), [source], make, lambda content: content)


def file_of(source: Path) -> Path:
    (file,) = (source.parent / "cache").glob("rules-*.json")
    return file


def not_again() -> Any:
    pytest.fail("made again")


def test_what_was_made_is_kept(source: Path) -> None:
    assert keep(source) == {"a": [1, 2]}
    assert keep(source, not_again) == {"a": [1, 2]}


def test_a_changed_file_has_it_made_again_and_the_old_is_dropped(source: Path) -> None:
    keep(source)
    os.utime(source / "rules.yaml", ns=(1, 1))
    assert keep(source, lambda: "new") == "new"
    assert keep(source, not_again) == "new"
    file_of(source)


def test_only_the_latest_are_kept(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MOST_FILES", 3)
    for number in range(5):
        kept("rules", (str(number),), [source], lambda: 1, int)
        for age, file in enumerate(sorted((source.parent / "cache").iterdir())):
            os.utime(file, ns=(age, age))
    assert len(list((source.parent / "cache").iterdir())) == 3


def test_other_parameters_are_kept_apart(source: Path) -> None:
    keep(source)
    assert kept("rules", ("x 2",), [source], lambda: "other", str) == "other"
    assert keep(source, not_again) == {"a": [1, 2]}


def test_a_folder_that_is_empty_decides_nothing_until_something_lies_in_it(source: Path) -> None:
    def beside(make: Callable[[], Any]) -> Any:
        return kept("rules", ("x 1",), [source, extracted], make, lambda content: content)

    extracted = source.parent / "extracted"
    extracted.mkdir()
    keep(source)
    assert beside(not_again) == {"a": [1, 2]}
    (extracted / "doe.yaml").write_text("study: doe")
    assert beside(lambda: "with doe") == "with doe"
    assert beside(not_again) == "with doe"


@pytest.mark.parametrize("missing", [True, False])
def test_a_folder_that_is_missing_or_closed_is_not_taken_for_an_empty_one(
    missing: bool, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = source.parent / "other"
    keep(source)
    if not missing:
        other.mkdir()

        def closed(folder: Path) -> Any:
            raise PermissionError(folder)

        monkeypatch.setattr(Path, "iterdir", closed)
    assert kept("rules", ("x 1",), [source, other], lambda: "looked into", str) == "looked into"


def spoilt(what: str, file: Path) -> None:
    whole = file.read_text()
    if what == "torn":
        file.write_text(whole[:-2])
    elif what == "changed":
        file.write_text(whole.replace("[1,2]", "[1,3]"))
    elif what == "no JSON":
        file.write_text("\x80\x05")
    elif what == "a folder":
        file.unlink()
        file.mkdir()
    elif what == "a pipe":
        file.unlink()
        os.mkfifo(file)
    elif what == "others may write":
        file.chmod(0o666)


@pytest.mark.parametrize("what", ["torn", "changed", "no JSON", "a pipe", "others may write"])
def test_a_spoilt_file_is_made_anew(what: str, source: Path) -> None:
    keep(source)
    spoilt(what, file_of(source))
    made = []
    assert keep(source, lambda: made.append(1) or {"a": [1, 2]}) == {"a": [1, 2]}  # type: ignore[func-returns-value]
    assert made == [1]
    assert keep(source, not_again) == {"a": [1, 2]}


def test_a_folder_in_its_place_does_no_harm(source: Path) -> None:
    keep(source)
    spoilt("a folder", file_of(source))
    assert keep(source, lambda: "made") == "made"


def test_a_cache_that_cannot_be_written_does_no_harm(source: Path) -> None:
    (source.parent / "cache").write_text("a file where the folder should be")
    assert keep(source, lambda: "made") == "made"


def test_planted_content_of_another_shape_is_not_taken_for_knowledge(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even with a right digest: what cannot be rebuilt as typed knowledge is made anew."""
    from oligoscope.knowledge import build

    monkeypatch.setattr(cache, "_folder", lambda: tmp_path / "cache")
    build._load.cache_clear()
    whole = build.load()
    (file,) = (tmp_path / "cache").glob("knowledge-*.json")
    for planted in ("null", "{}", '"x"', "[]", json.dumps(["touch", ["Popen", 0]]), "[[1, 7]]", '["x", [1, 0]]'):
        file.write_text(f"{cache._digest(planted)}\n{planted}")
        build._load.cache_clear()
        assert [step.name for step in build.load().steps] == [step.name for step in whole.steps]
    build._load.cache_clear()
