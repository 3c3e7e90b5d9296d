"""The application: its routes, what guards them, and whether it is well."""

from importlib import resources
from pathlib import Path

from fastapi import FastAPI
from pydantic import BaseModel
from starlette.staticfiles import StaticFiles

from oligoscope import __version__, api
from oligoscope.store import Cases, Database, default_url
from oligoscope.store.hooks import Hooks
from oligoscope.web import board, cds_hooks, kept, pages, rest
from oligoscope.web.problems import add_handlers
from oligoscope.web.safety import Guard
from oligoscope.web.settings import Settings
from oligoscope.web.tokens import Clients


class Health(BaseModel):
    """That it answers, and by which release."""

    status: str = "ok"
    oligoscope: str = __version__
    knowledge: str


def create_app(settings: Settings | None = None) -> FastAPI:
    """The web application. Raises OligoscopeError for packs, keys or a database that cannot be used."""
    settings = settings or Settings()
    knowledge = api.load_knowledge(*settings.packs, evidence=settings.evidence)
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
    opened = Database(settings.database or default_url())
    cases, hooks = Cases(opened), Hooks(opened)
    app.include_router(cds_hooks.router(knowledge, hooks, Clients(settings.cds_clients, hooks), settings.fhir_servers))
    app.include_router(kept.router(knowledge, cases))
    app.include_router(board.router(knowledge, cases))
    static = Path(str(resources.files("oligoscope.web"))) / "static"
    app.mount("/static", StaticFiles(directory=static), name="static")

    @app.get("/health", summary="Whether it answers, and by which release")
    def health() -> Health:
        return Health(knowledge=knowledge.version)

    app.add_middleware(Guard, hosts=settings.hosts)
    return app
