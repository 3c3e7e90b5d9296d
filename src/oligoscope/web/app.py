"""The application: its routes, what guards them, and whether it is well."""

from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from fastapi import FastAPI
from pydantic import BaseModel
from starlette.staticfiles import StaticFiles

from oligoscope import __version__, api
from oligoscope.store import Cases, Database, default_url
from oligoscope.web import board, kept, pages, rest
from oligoscope.web.problems import add_handlers
from oligoscope.web.safety import LOOPBACK, Guard


class Health(BaseModel):
    """That it answers, and by which release."""

    status: str = "ok"
    oligoscope: str = __version__
    knowledge: str


def create_app(
    packs: Sequence[Path | str] = (),
    evidence: Sequence[Path | str] = (),
    hosts: Sequence[str] = LOOPBACK,
    database: str | None = None,
) -> FastAPI:
    """The web application, by the packaged knowledge with these packs laid over it.

    evidence: folders with further studies.  hosts: names by which it may be asked for.  database: where cases are
    kept; else SQLite in the user's data folder.  Raises OligoscopeError.
    """
    knowledge = api.load_knowledge(*packs, evidence=evidence)
    app = FastAPI(
        title="oligoscope",
        version=__version__,
        description="Evidence and decision support for oligometastatic NSCLC. Not a medical device.",
        openapi_url=f"{rest.PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    add_handlers(app)
    app.include_router(rest.router(knowledge))
    app.include_router(rest.fhir_router(knowledge))
    app.include_router(pages.router(knowledge))
    cases = Cases(Database(database or default_url()))
    app.include_router(kept.router(knowledge, cases))
    app.include_router(board.router(knowledge, cases))
    static = Path(str(resources.files("oligoscope.web"))) / "static"
    app.mount("/static", StaticFiles(directory=static), name="static")

    @app.get("/health", summary="Whether it answers, and by which release")
    def health() -> Health:
        return Health(knowledge=knowledge.version)

    app.add_middleware(Guard, hosts=hosts)
    return app
