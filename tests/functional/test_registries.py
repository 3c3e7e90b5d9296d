"""A registry in the background: read, assessed, reported; taken up again after its server was killed."""

import multiprocessing
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing.queues import SimpleQueue
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from oligoscope.store import Database
from oligoscope.store.jobs import SILENT_SECONDS, Job, Jobs
from oligoscope.web import create_app
from oligoscope.web.registries import _told
from oligoscope.web.settings import LOOPBACK, Settings
from oligoscope.web.work import Asked
from oligoscope.web.worker import Worker

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    url = f"sqlite:///{tmp_path / 'cases.sqlite'}"
    with TestClient(create_app(Settings(database=url, hosts=(*LOOPBACK, "testserver")))) as found:
        yield found


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("registry")
    made = [sys.executable, str(ROOT / "scripts/make_example_registry.py"), str(folder), "--patients", "40"]
    subprocess.run(made, check=True, capture_output=True)
    return folder


def uploaded(client: TestClient, files: list[Path], name: str, *works: str) -> str:
    given = [("files", (path.name, path.read_bytes())) for path in files]
    said = client.post(
        "/cohort", files=given, data={"name": name, "work": works or ("assess",)}, follow_redirects=False
    )
    assert said.status_code == 303, said.text
    return str(said.headers["location"])


def ended(client: TestClient, where: str) -> str:
    for _ in range(900):
        page: str = client.get(f"{where}/progress").text
        if "hx-get" not in page:
            return page
        time.sleep(0.2)
    raise AssertionError(page)


def tables_of(registry: Path) -> list[Path]:
    return sorted(path for path in registry.iterdir() if path.suffix in (".csv", ".parquet"))


def test_processes_that_are_forked_of_one_application_are_told_apart(tmp_path: Path) -> None:
    """Else one would go on with a job that the other has taken up."""
    database = Database(f"sqlite:///{tmp_path / 'cases.sqlite'}")
    worker, fork = Worker(Jobs(database), lambda _: ()), multiprocessing.get_context("fork")
    database.close()
    names: SimpleQueue[str] = fork.SimpleQueue()

    def begin() -> None:
        worker.start()
        names.put(worker.name)
        worker.stop()

    processes = [fork.Process(target=begin) for _ in range(2)]
    for process in processes:
        process.start()
    told = {names.get() for _ in processes}
    for process in processes:
        process.join(20)
        assert process.exitcode == 0
    assert len(told) == 2
    assert all(told)


def test_what_was_not_begun_waits_and_what_runs_says_its_step(tmp_path: Path) -> None:
    (tmp_path / "found").mkdir()
    Asked(("assess", "report")).keep(tmp_path)
    job = Job("1", "anna", "Forty", str(tmp_path), "waiting", "", "", "2026-11-23T10:00:00")
    assert {name: _told(job)[name] for name in ("place", "of", "is_going")} == {"place": 0, "of": 3, "is_going": True}
    second = replace(job, state="running", step=Asked(("assess",)).steps[1][1])
    assert (_told(second)["place"], _told(second)["of"]) == (2, 3)


def test_a_registry_is_read_assessed_and_reported(client: TestClient, registry: Path, tmp_path: Path) -> None:
    tables = tables_of(registry)
    where = uploaded(client, tables, "Forty", "assess", "report", "validate")
    page = ended(client, where)
    assert "Done." in page
    assert "40" in page
    says = {
        "assess/summary.html": "40 patients assessed",
        "report/report.html": "Survival in the registry",
        "validate/validation.html": "Registry",
    }
    for name, words in says.items():
        assert f'href="{where}/files/{name}"' in page
        shown = client.get(f"{where}/files/{name}").text
        assert words in shown
        assert shown.count("<style nonce=") == 1
        assert ' style="' not in shown, "a browser would leave it out"
    shown = client.get(f"{where}/files/report/report.html").text
    used, ruled = (set(re.findall(form, shown)) for form in (r' data-style="(\d+)"', r'\[data-style="(\d+)"\]{'))
    assert used == ruled != set(), "every part of a figure has the colour that was said of it"
    assert client.get(f"{where}/files/report/figures/flow.svg").text.startswith("<svg")
    answers = next(name for name in ("assess/answers.csv", "assess/answers.parquet") if f"files/{name}" in page)
    assert len(client.get(f"{where}/files/{answers}").content) > 1000
    for name in ("..%2Fgiven%2Fpatients.csv", "../asked.json", "nothing", "%2E%2E", "check.txt", "report"):
        assert client.get(f"{where}/files/{name}").status_code == 404
    folder = tmp_path / "registries"
    assert [oct(path.stat().st_mode & 0o777) for path in folder.iterdir()] == ["0o700"]
    assert client.post(f"{where}/erase").status_code == 200
    assert not list(folder.iterdir())
    assert client.get(where).status_code == 404


def test_what_cannot_be_read_says_so(client: TestClient, tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("nonsense\n1\n")
    page = ended(client, uploaded(client, [bad], "Bad"))
    assert "It could not be done" in page
    assert str(tmp_path) not in page
    for name, content in (("a.exe", b"x"), ("", b"")):
        said = client.post("/cohort", files=[("files", (name or "empty.csv", content))], data={"work": "assess"})
        assert said.status_code == 422
        assert "no registry" in said.text
    two = [("files", ("a.csv", b"x")), ("files", ("b/a.csv", b"y"))]
    twice = client.post("/cohort", files=two, data={"work": "assess"})
    assert "two of them have one name" in twice.text
    for asked, says in (({}, "nothing was asked for"), ({"work": "simulate"}, "assess, report, validate")):
        said = client.post("/cohort", files=two, data=asked)
        assert said.status_code == 422
        assert says in said.text


def test_more_is_made_of_a_registry_that_is_there(client: TestClient, registry: Path) -> None:
    where = uploaded(client, tables_of(registry), "Forty")
    assert client.post(where, data={"work": "report"}).status_code == 422, "it is worked on"
    ended(client, where)
    said = client.post(where, data={"work": "report", "endpoint": "PFS", "from": "primary_dx_date"})
    assert said.status_code == 200
    page = ended(client, where)
    assert "Done." in page
    assert f"{where}/files/assess/summary.html" in page, "what was made before is still there"
    shown = client.get(f"{where}/files/report/report.json").json()
    assert (shown["endpoint"], shown["from"]) == ("PFS", "primary_dx_date")
    for asked, says in (({}, "nothing was asked for"), ({"work": "report", "from": "birth"}, "omd_dx_date")):
        said = client.post(where, data=asked)
        assert said.status_code == 422
        assert says in said.text


def test_a_job_goes_on_when_its_process_was_killed(tmp_path: Path, registry: Path) -> None:
    """A process claims the job and is killed; who comes next takes it up once it has been silent for long enough."""
    url, now = f"sqlite:///{tmp_path / 'cases.sqlite'}", [1_800_000_000.0]
    jobs = Jobs(Database(url), lambda: now[0])
    jobs.add("0" * 36, "Forty", str(tmp_path / "none"), "anna")
    first = jobs.claim("one")
    assert isinstance(first, Job)
    assert jobs.claim("two") is None, "somebody works on it"
    now[0] += SILENT_SECONDS - 1
    assert jobs.say(first.id, "one", "reading")
    now[0] += SILENT_SECONDS - 1
    assert jobs.claim("two") is None, "it was heard of"
    now[0] += 2
    again = jobs.claim("two")
    assert again
    assert again.id == first.id
    assert not jobs.say(first.id, "one", "reading"), "the old one has lost it"
    assert jobs.say(first.id, "two", "", "done", "done")
    assert jobs.claim("three") is None


def test_a_server_that_was_killed_is_followed_by_one_that_ends_the_job(tmp_path: Path, registry: Path) -> None:
    from oligoscope.store.models import JobRow

    url = f"sqlite:///{tmp_path / 'cases.sqlite'}"
    tables = tables_of(registry)
    code = (
        "import sys, os, time; from fastapi.testclient import TestClient; from oligoscope.web import create_app\n"
        "from oligoscope.web.settings import Settings, LOOPBACK\n"
        "with TestClient(create_app(Settings(database=sys.argv[1], hosts=(*LOOPBACK, 'testserver')))) as client:\n"
        "    files = [('files', (os.path.basename(p), open(p, 'rb').read())) for p in sys.argv[2:]]\n"
        "    where = client.post('/cohort', files=files, data={'work': 'assess'}, follow_redirects=False).headers['location']\n"
        "    while 'Step' not in client.get(where).text: time.sleep(0.02)\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    killed = subprocess.run([sys.executable, "-c", code, url, *map(str, tables)], capture_output=True, text=True)
    assert killed.returncode == -9, killed.stderr
    database = Database(url)
    (job,) = Jobs(database).list()
    assert job.state == "running"
    with database.writing() as session:  # As if it had been silent for long.
        session.get_one(JobRow, job.id).beat = 0
    with TestClient(create_app(Settings(database=url, hosts=(*LOOPBACK, "testserver")))) as client:
        assert "Done." in ended(client, f"/cohort/{job.id}")
    assert Path(job.folder).exists()


def test_of_a_long_name_of_a_file_a_refusal_says_sixty_letters(client: TestClient) -> None:
    said = client.post("/cohort", files=[("files", ("n" * 99 + ".pdf", b"x"))], data={"work": "assess"}).text
    assert "n" * 60 in said
    assert "n" * 61 not in said
