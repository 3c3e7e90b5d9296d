import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from oligoscope import compiled as module
from oligoscope.compiled import compiled


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A cache folder of its own, for a package with one file."""
    package = tmp_path / "package"
    package.mkdir()
    (package / "rules.yaml").write_text("a")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(module, "PACKAGE", package)
    module._folder.cache_clear()
    yield package
    module._folder.cache_clear()


def test_what_was_built_is_kept(folder: Path) -> None:
    assert compiled("rules", lambda: [1, 2]) == [1, 2]
    assert compiled("rules", lambda: pytest.fail("built again")) == [1, 2]


def test_a_changed_file_has_it_built_again_and_the_old_is_dropped(folder: Path) -> None:
    compiled("rules", lambda: "old")
    os.utime(folder / "rules.yaml", ns=(1, 1))
    module._folder.cache_clear()
    assert compiled("rules", lambda: "new") == "new"
    assert len(list(module._folder().parent.iterdir())) == 1


def test_a_torn_file_does_no_harm(folder: Path) -> None:
    compiled("rules", lambda: "whole")
    (module._folder() / "rules.pickle").write_bytes(b"\x80\x05torn")
    assert compiled("rules", lambda: "whole") == "whole"


def test_a_folder_that_cannot_be_written_does_no_harm(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    assert compiled("rules", lambda: "built") == "built"
