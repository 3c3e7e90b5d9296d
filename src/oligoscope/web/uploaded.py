"""A registry that was sent: kept for its owner alone and put down to be worked on; and what came out of it."""

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from starlette.datastructures import FormData, UploadFile

from oligoscope.errors import NotAllowed
from oligoscope.store.jobs import RUNNING, WAITING, Job, Jobs, new_id
from oligoscope.web.problems import Refused
from oligoscope.web.work import FOUND, GIVEN, MAPPING, Asked, asked

MOST_FILES, MOST_FIELDS = 21, 10
"""Of a form: twenty tables and a mapping; its boxes."""
FORMS = (".csv", ".parquet", ".xlsx")
GOING = (WAITING, RUNNING)


def wanted(given: FormData) -> Asked:
    """What a form asks for. Raises NotAllowed."""
    works = [str(each) for each in given.getlist("work")]
    return asked(works, str(given.get("endpoint") or ""), str(given.get("from") or ""))


def taken(given: FormData, jobs: Jobs, folder: Path, who: str) -> str:
    """Keep what a form holds and put it down; the id of the job. folder: where registries lie.  Raises NotAllowed."""
    work, files = wanted(given), _sent(given)
    names = [re.split(r"[/\\]", each.filename or "")[-1] for each in files]
    wrong = [each for each in names if each != MAPPING and not each.lower().endswith(FORMS)]
    if not any(each != MAPPING for each in names) or wrong:
        allowed = f"the tables of a registry: {', '.join(FORMS)}"
        raise NotAllowed("files", (wrong or ["none"])[0][:60], allowed, "this is no registry")
    if len(set(names)) != len(names):
        raise NotAllowed("files", "", "", "two of them have one name", "give each table once")
    job_id = new_id()
    place = folder / job_id / GIVEN
    place.mkdir(parents=True, mode=0o700)
    (folder / job_id).chmod(0o700)
    for each, own in zip(files, names, strict=True):
        with (place / re.sub(r"[^\w.-]", "_", own)).open("wb") as out:
            shutil.copyfileobj(each.file, out, 1 << 20)
    work.keep(folder / job_id)
    jobs.add(job_id, str(given.get("name") or "").strip() or names[0], str(folder / job_id), who)
    return job_id


def files_of(job: Job) -> Sequence[str]:
    """What came out, once the job has ended: paths such as report/report.html."""
    place = Path(job.folder) / FOUND
    if job.state in GOING or not place.is_dir():
        return []
    return sorted(path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file())


def file_of(job: Job, name: str) -> Path:
    """One of `files_of`. Raises Refused for anything else."""
    there = files_of(job)
    if name not in there:
        raise Refused(404, "No such file", f"{name[:40]}; there are: {', '.join(there) or 'none yet'}")
    return Path(job.folder) / FOUND / name


def erased(job_id: str, jobs: Jobs, who: str) -> None:
    """Take a registry and its results away. Raises NotKept."""
    shutil.rmtree(jobs.remove(job_id, who).folder, ignore_errors=True)


def _sent(given: FormData) -> list[UploadFile]:
    """The files of a form; the mapping among them has a name of its own."""
    files = [each for each in given.getlist("files") if isinstance(each, UploadFile) and each.size]
    mapping = given.get("mapping")
    if isinstance(mapping, UploadFile) and mapping.size:
        mapping.filename = MAPPING
        files.append(mapping)
    return files
